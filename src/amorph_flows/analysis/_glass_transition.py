"""Glass transition temperature from energy, enthalpy or volume against temperature."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import auto

import numpy as np
import numpy.typing as npt
from scipy.special import fdtrc, fdtri

from amorph_flows.analysis.verdict import Answer, Verdict
from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError

_GRID = 2000


class TransitionVerdict(Answer):
    """Whether the curve bends once between the glass and the liquid."""

    FOUND = auto()
    NO_BEND = auto()
    AT_THE_EDGE = auto()


@dataclass(frozen=True)
class TransitionThresholds:
    """Limits within which a bend counts as a glass transition.

    Parameters
    ----------
    significance
        Largest probability that scatter about one straight line bends as much (F test; as the
        bend may be anywhere, some 2 % of straight lines pass 1 %).
    points_on_each_side
        Fewest temperatures below and above the whole interval of the transition.
    """

    significance: float = 0.01
    points_on_each_side: int = 2


@dataclass(frozen=True)
class GlassTransition:
    """Two straight lines that meet at the glass transition.

    Parameters
    ----------
    temperature_k
        Where they meet, K.
    interval_k
        Its 95 % interval, K, from the profile of the squared residuals.
    glass_slope, liquid_slope
        Slopes below and above, in units of the property per K (heat capacities if it is energy
        or enthalpy).
    value
        The property at the transition.
    probability
        Of such a bend if the truth were one straight line.
    transition
        Whether it was found.
    """

    temperature_k: float
    interval_k: tuple[float, float]
    glass_slope: float
    liquid_slope: float
    value: float
    probability: float
    transition: Verdict

    @property
    def verdict(self) -> Answer | str:
        """The answer of `transition`."""
        return self.transition.answer

    @property
    def reason(self) -> str:
        """The reason of `transition`."""
        return self.transition.reason


def fit_glass_transition(
    temperatures_k: npt.ArrayLike,
    values: npt.ArrayLike,
    thresholds: TransitionThresholds | None = None,
) -> GlassTransition:
    """Fit ``y = a + b T + c max(0, T - T_g)`` by least squares and judge the bend.

    Parameters
    ----------
    temperatures_k
        Temperatures of the cooling run, K, shape ``(n,)``, in any order.
    values
        Energy, enthalpy or volume at each, any unit, shape ``(n,)``.
    thresholds
        Limits of the verdict.

    Raises
    ------
    InputError
        If the shapes differ, a number is not finite, or there are fewer than six different
        temperatures.
    """
    limits = thresholds or TransitionThresholds()
    t, y = np.asarray(temperatures_k, dtype=float), np.asarray(values, dtype=float)
    if t.ndim != 1 or t.shape != y.shape or not np.isfinite([t, y]).all():
        raise InputError(
            f"temperatures {t.shape} and values {y.shape} must be finite and of one length"
        )
    if len(np.unique(t)) < 6:
        raise InputError(
            f"there are {len(np.unique(t))} different temperatures; at least 6 are needed for two "
            "lines"
        )
    distinct = np.unique(t)
    grid = np.linspace(distinct[1], distinct[-2], _GRID)
    residuals = _hinge_residuals(t, y, grid)
    best = int(residuals.argmin())
    t_g = float(grid[best])
    a, b, c = np.linalg.lstsq(_hinge(t, t_g), y, rcond=None)[0]
    freedom = len(t) - 4
    inside = grid[residuals <= _profile_limit(residuals[best], freedom)]
    low, high = float(inside[0]), float(inside[-1])
    probability = _bend_probability(t, y, residuals[best], freedom)
    return GlassTransition(
        temperature_k=t_g,
        interval_k=(low, high),
        glass_slope=float(b),
        liquid_slope=float(b + c),
        value=float(a + b * t_g),
        probability=probability,
        transition=_judge(t, (low, t_g, high), probability, limits),
    )


def _hinge(t: FloatArray, bend: float) -> FloatArray:
    return np.column_stack([np.ones_like(t), t, np.clip(t - bend, 0.0, None)])


def _hinge_residuals(t: FloatArray, y: FloatArray, bends: FloatArray) -> FloatArray:
    """Return the squared residual of the best hinge with each bend, shape ``(n_bends,)``."""
    line = np.linalg.qr(np.column_stack([np.ones_like(t), t]))[0]
    hinges = np.clip(t[:, None] - bends, 0.0, None)
    beyond_line = hinges - line @ (line.T @ hinges)
    y_beyond_line = y - line @ (line.T @ y)
    explained = (y_beyond_line @ beyond_line) ** 2 / (beyond_line**2).sum(axis=0)
    residuals: FloatArray = np.clip((y_beyond_line**2).sum() - explained, 0.0, None)
    return residuals


def _profile_limit(smallest: float, freedom: int) -> float:
    """Return the squared residual at which one parameter leaves its 95 % interval."""
    quantile = float(fdtri(1, freedom, 0.95))
    return smallest * (1.0 + quantile / freedom) + np.finfo(float).tiny


def _bend_probability(t: FloatArray, y: FloatArray, smallest: float, freedom: int) -> float:
    """Return the p value of the hinge's two extra parameters against one straight line."""
    line = np.polynomial.Polynomial.fit(t, y, 1)
    straight = float(((y - line(t)) ** 2).sum())
    noise = max(smallest / freedom, np.finfo(float).eps ** 2 * float((y**2).sum()))
    if noise == 0.0:
        return 1.0
    return float(fdtrc(2, freedom, (straight - smallest) / 2 / noise))


def _judge(
    t: FloatArray,
    transition: tuple[float, float, float],
    probability: float,
    limits: TransitionThresholds,
) -> Verdict:
    low, t_g, high = transition
    below, above = int((t < low).sum()), int((t > high).sum())
    answer, meaning = TransitionVerdict.FOUND, "two lines meet"
    if probability > limits.significance:
        answer, meaning = TransitionVerdict.NO_BEND, "one straight line explains the curve"
    elif min(below, above) < limits.points_on_each_side:
        answer, meaning = TransitionVerdict.AT_THE_EDGE, "the bend is too near an end of the range"
    return Verdict(
        question="glass transition?",
        answer=answer,
        passed=answer is TransitionVerdict.FOUND,
        scope="numerical",
        reason=f"{meaning}: T_g = {t_g:.0f} K (95 % {low:.0f} to {high:.0f} K), {below} "
        f"temperatures below and {above} above, probability of a straight line {probability:.2g}",
        numbers={"temperature_k": t_g, "probability": probability},
        thresholds=asdict(limits),
    )
