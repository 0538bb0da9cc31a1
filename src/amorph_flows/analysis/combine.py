"""One value of a quantity from several runs of several glasses, and how sure it is."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from amorph_flows.analysis._more_samples import Needed, needed
from amorph_flows.analysis._random_effects import Design, Effects, random_effects
from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError

_MOST_EXPONENT = 700.0


@dataclass(frozen=True)
class CombinedSamples:
    """A quantity of a population of glasses, from runs of some of them.

    Variances are squares of the unit of the values; with `log`, of the natural logarithm.

    Parameters
    ----------
    value
        Mean of the glasses; with `log` their geometric mean, which is the median of the
        population.
    interval
        Its 95 % interval; None for one run without an error.
    between
        Variance between glasses; None with one glass. It contains that between occupations where
        no glass has several of them, and that within a run where this is not known either.
    between_occupations
        Variance between occupations of one glass; None where no glass has several. It contains
        that within a run where this is not known.
    within
        Variance of one run: its mean squared error, or the scatter of repeated runs where errors
        are not known; None where neither is there.
    shares
        Parts of the variance of `value`, which sum to 1, from ``"glasses"``, ``"occupations"``
        and ``"runs"``; what is not known is left out. Empty where nothing scatters.
    n_glasses, n_occupations, n_runs
        How many there are, occupations of all glasses together.
    error_factor
        By how much the errors of the runs were enlarged, because repeated runs of one occupation
        scatter more; 1 where chance explains it.
    log
        Whether logarithms were combined.
    """

    value: float
    interval: tuple[float, float] | None
    between: float | None
    between_occupations: float | None
    within: float | None
    shares: dict[str, float]
    n_glasses: int
    n_occupations: int
    n_runs: int
    error_factor: float
    log: bool

    @property
    def complete(self) -> bool:
        """Whether the interval contains the scatter between glasses: there are at least two."""
        return self.n_glasses > 1

    @property
    def dominant(self) -> str | None:
        """Where most of the variance of `value` is from: a key of `shares`."""
        return max(self.shares, key=self.shares.__getitem__) if self.shares else None

    def needed(self, factor: float = 0.5) -> Needed:
        """Return how many more glasses, occupations or longer runs shorten the interval.

        The variances are taken to stay as they are, and Student's factor falls with the number of
        glasses (with one glass, of its occupations). With one glass, the glasses needed are two:
        three are the fewest whose Student's factor is not far above 2.

        Parameters
        ----------
        factor
            The interval asked for over the present one (with `log`, of the logarithm).

        Raises
        ------
        InputError
            If it is not above 0.
        """
        return needed(factor, self.shares, self.n_glasses, self.n_occupations)

    @property
    def reason(self) -> str:
        """One sentence on how many there are, what dominates, and what would halve the interval."""
        counts = f"{_count(self.n_glasses, 'glass')}, {_count(self.n_occupations, 'occupation')}"
        counts += f", {_count(self.n_runs, 'run')}"
        if not self.complete:
            return f"{counts}: the scatter between glasses is not in the interval; add 2 glasses"
        if self.dominant is None:
            return f"{counts}: nothing scatters"
        half = self.needed()
        ways = [_count(half.glasses, "more glass")] if half.glasses else []
        if half.occupations:
            ways.append(f"{_count(half.occupations, 'more occupation')} of each")
        if half.run_length:
            ways.append(f"runs {half.run_length:.1f} times as long")
        share = f"{100 * self.shares[self.dominant]:.0f} % of the variance is from {self.dominant}"
        return f"{counts}: {share}; {' or '.join(ways) or 'nothing alone'} would halve the interval"


def combine_samples(
    values: npt.ArrayLike,
    errors: Sequence[float | None] | npt.ArrayLike | None,
    groups: Sequence[Any] | npt.NDArray[Any],
    *,
    log: bool = False,
) -> CombinedSamples:
    """Combine the values of runs by a random-effects model of glasses and occupations.

    ``value = mean + glass + occupation + error of the run``, each of the last three with its own
    variance. The docs compare it with other estimators on samples of known variances.

    Parameters
    ----------
    values
        One for each run, shape ``(n_runs,)``.
    errors
        Standard error of each, in the unit of the values; None, nan or 0 where it is not known.
        None if none is.
    groups
        Which glass each run is of: a label, or a pair ``(glass, occupation)``. Runs of one glass
        without occupations are taken to be of one.
    log
        Combine logarithms: for what is positive and spreads over decades, as diffusivities. The
        error of a logarithm is the relative error.

    Raises
    ------
    InputError
        If there are no values, lengths differ, a value is not finite (with `log`, not positive),
        an error is negative or infinite, or a group is neither a label nor a pair.
    """
    y = _checked_values(values, log=log)
    sigma = _checked_errors(errors, len(y))
    design = Design.of(_checked_groups(groups, len(y)))
    if log:
        sigma, y = sigma / y, np.log(y)
    found = random_effects(y, sigma, design)
    centre, half = float(found.value), float(found.half_width)
    ends = [centre, centre - half, centre + half]
    if log:
        ends = np.exp(np.clip(ends, -_MOST_EXPONENT, _MOST_EXPONENT)).tolist()
    value, low, high = ends
    known = found.runs[~np.isnan(found.runs)]
    return CombinedSamples(
        value=value,
        interval=(low, high) if np.isfinite(half) else None,
        between=_number(found.glasses),
        between_occupations=_number(found.occupations),
        within=float(known.mean()) if len(known) else None,
        shares=_shares(found, design),
        n_glasses=len(design.occupations),
        n_occupations=len(design.runs),
        n_runs=len(y),
        error_factor=float(found.error_factor),
        log=log,
    )


def _shares(found: Effects, design: Design) -> dict[str, float]:
    """Return the parts of the variance of the value, by where they are from."""
    of_occupations = design.runs @ found.weights
    of_glasses = design.occupations @ of_occupations
    parts = {}
    if found.glasses is not None:
        parts["glasses"] = float(found.glasses * (of_glasses**2).sum())
    if found.occupations is not None:
        parts["occupations"] = float(found.occupations * (of_occupations**2).sum())
    if not np.isnan(found.runs).any():
        parts["runs"] = float((found.weights**2 * found.runs).sum())
    total = sum(parts.values())
    return {name: part / total for name, part in parts.items()} if total > 0 else {}


def _number(value: FloatArray | None) -> float | None:
    return None if value is None else float(value)


def _count(number: int, what: str) -> str:
    plural = f"{what}es" if what.endswith("s") else f"{what}s"
    return f"{number} {what if number == 1 else plural}"


def _checked_values(values: npt.ArrayLike, *, log: bool) -> FloatArray:
    y = _floats("values", values)
    if y.ndim != 1 or not len(y):
        raise InputError(f"values have the shape {y.shape}; one number for each run is needed")
    wrong = ~np.isfinite(y)
    if wrong.any():
        raise InputError(f"values {y[wrong].tolist()} of runs {_where(wrong)} are not finite")
    if log and (y <= 0).any():
        raise InputError(
            f"values {y[y <= 0].tolist()} of runs {_where(y <= 0)} have no logarithm; leave these "
            "runs out, or combine without log=True"
        )
    return y


def _checked_errors(errors: Any, n_runs: int) -> FloatArray:
    if errors is None:
        return np.full(n_runs, np.nan)
    sigma = _floats("errors", [np.nan if error is None else error for error in errors])
    if sigma.shape != (n_runs,):
        raise InputError(f"there are {n_runs} values and errors of the shape {sigma.shape}")
    wrong = (sigma < 0) | np.isinf(sigma)
    if wrong.any():
        raise InputError(
            f"errors {sigma[wrong].tolist()} of runs {_where(wrong)}; standard errors are positive "
            "and finite, None where not known"
        )
    return np.where(sigma == 0, np.nan, sigma)


def _checked_groups(groups: Any, n_runs: int) -> list[tuple[Hashable, Hashable]]:
    labels = groups.tolist() if isinstance(groups, np.ndarray) else list(groups)
    if len(labels) != n_runs:
        raise InputError(f"there are {n_runs} values and {len(labels)} groups")
    pairs = [tuple(one) if isinstance(one, tuple | list) else (one,) for one in labels]
    lengths = {len(pair) for pair in pairs}
    if not lengths <= {1, 2} or len(lengths) > 1:
        raise InputError(
            f"groups are {labels}; each is the label of a glass, or each a pair (glass, occupation)"
        )
    for pair in pairs:
        if any(part is None or part != part or not isinstance(part, Hashable) for part in pair):
            raise InputError(f"group {pair} is not named; give glass and occupation a label each")
    return [(pair[0], pair[-1] if len(pair) > 1 else 0) for pair in pairs]


def _floats(what: str, numbers: Any) -> FloatArray:
    try:
        return np.asarray(numbers, dtype=float)
    except (TypeError, ValueError) as error:
        raise InputError(f"{what} are {numbers!r}; one number for each run is needed") from error


def _where(wrong: npt.NDArray[np.bool_]) -> list[int]:
    return np.flatnonzero(wrong).tolist()
