"""How far two values are apart, in units of their combined error."""

from __future__ import annotations

import math
from dataclasses import dataclass

from amorph_flows.report._samples import standard_error

_Value = tuple[float, float | None]


@dataclass(frozen=True)
class Apart:
    """The second value against the first.

    Parameters
    ----------
    difference
        Second minus first.
    factor
        Second over first, of what is compared as logarithms.
    combined_error
        Root of the sum of both squared standard errors; with a factor, of logarithms. None where
        an error is not known.
    n_errors
        Size of the difference over its combined error; infinite where that is zero.
    """

    difference: float
    factor: float | None
    combined_error: float | None
    n_errors: float | None


def apart(first: _Value, second: _Value, *, log: bool) -> Apart:
    """Return how far two values are apart.

    Parameters
    ----------
    first, second
        Value and standard error, which with `log` is that of the logarithm; None: not known.
    log
        Whether logarithms are compared; both values are then positive.
    """
    difference = second[0] - first[0]
    factor = second[0] / first[0] if log else None
    if first[1] is None or second[1] is None:
        return Apart(difference, factor, None, None)
    combined = math.hypot(first[1], second[1])
    size = abs(math.log(factor)) if factor is not None else abs(difference)
    n_errors = size / combined if combined > 0 else (0.0 if size == 0 else math.inf)
    return Apart(difference, factor, combined, n_errors)


def standard_error_of(
    value: float | None, uncertainty: float | list[float] | None, *, log: bool
) -> float | None:
    """Return the standard error of a value, of its logarithm if that is compared.

    Parameters
    ----------
    value, uncertainty
        The value, and its standard error or 95 % interval; None where not known.
    log
        Whether logarithms are compared.
    """
    if value is None or uncertainty is None:
        return None
    if log and isinstance(uncertainty, list) and uncertainty[0] <= 0:
        return None
    error = standard_error(value, uncertainty, log=log)
    return error / value if log and error is not None else error
