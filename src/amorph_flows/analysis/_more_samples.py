"""How many more glasses, occupations or longer runs make an interval as short as asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import InputError

_MOST = 10_000
"""More than this many of anything is as good as never."""


@dataclass(frozen=True)
class Needed:
    """What makes an interval as short as asked, each alone.

    None where no number of it would do, or where the runs cannot tell.

    Parameters
    ----------
    factor
        The interval asked for over the present one.
    glasses
        How many more, with occupations and runs as the present ones.
    occupations
        How many more of each glass.
    run_length
        How many times as long each run, at a standard error that falls with its root.
    """

    factor: float
    glasses: int | None
    occupations: int | None
    run_length: float | None


def needed(
    factor: float, shares: Mapping[str, float], n_glasses: int, n_occupations: int
) -> Needed:
    """Return what makes an interval as short as asked, with Student's factor of each number.

    Parameters
    ----------
    factor
        The interval asked for over the present one, above 0.
    shares
        Of ``"glasses"``, ``"occupations"`` and ``"runs"`` in the variance of the value; what the
        runs cannot tell is left out.
    n_glasses, n_occupations
        Present numbers, all glasses together.

    Raises
    ------
    InputError
        If the factor is not above 0.
    """
    if not factor > 0:
        raise InputError(f"factor = {factor}: the interval asked for over the present one, above 0")
    more = np.arange(_MOST + 1)
    glasses: int | None = max(0, 3 - n_glasses)  # Student's factor is 12.7 with two
    if n_glasses > 1:
        glasses = _first(
            _student(n_glasses, more) * (n_glasses / (n_glasses + more)) ** 0.5, factor
        )
    occupations = None
    if "occupations" in shares:
        fewer = n_occupations / (n_occupations + n_glasses * more)
        rest = shares.get("glasses", 0.0)
        student = np.ones(len(more)) if n_glasses > 1 else _student(n_occupations, more)
        occupations = _first(student * np.sqrt(rest + (1 - rest) * fewer), factor)
    run_length = None
    if "runs" in shares:
        room = factor**2 - (1 - shares["runs"])
        run_length = max(1.0, shares["runs"] / room) if room > 0 else None
    return Needed(factor, glasses, occupations, run_length)


def _student(n: int, more: IntArray) -> FloatArray:
    """Return Student's factor with more members over that of now."""
    return np.asarray(stdtrit(n + more - 1, 0.975) / stdtrit(n - 1, 0.975))


def _first(ratios: FloatArray, factor: float) -> int | None:
    enough = ratios <= factor * (1 + 1e-9)
    return int(enough.argmax()) if enough.any() else None
