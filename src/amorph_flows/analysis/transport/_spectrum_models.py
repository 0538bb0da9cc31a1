"""Models of the spectrum of steps, fitted by Whittle's likelihood and weighted by their evidence.

S(ω) = A + V·2(1 - cos ω) + Σ B_i M_i(ω): random steps, vibration, and up to two memories, or one
whose times are spread, as in disordered solids. The likelihood of periodograms is Whittle's
(P. Whittle, Ark. Mat. 2, 423 (1953)): -ν Σ_k d_k (ln S_k + P_k/S_k), with d_k half the degrees of
freedom and ν the number of independent series among ions and axes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import optimize

from amorph_flows.analysis.transport._spectrum import BinnedSpectrum, Memory
from amorph_flows.arrays import FloatArray

PENALTY = 4.0
"""Taken off the logarithm of the likelihood for each memory: prior odds and volume of its two
parameters; half of it for the one of vibration. As large as ln N, plain jumps would be told best,
but memories would be missed in runs that are too short to show them; this value was chosen on walks
with known truth. A memory that goes on in the same direction counts twice: ions in solids go back,
and a few slow waves in a short run look like flight."""
_BROAD = (3.0, 5.0)
"""Widths of ln τ of broad memories that are tried: factors of 20 and 150 in time."""
_LONGEST_SHARE = 1 / 8
"""Longest memory time over the longest piece."""
_BROAD_LONGER = 2.5
"""By how much the longest time of a broad memory may be longer than that: its mean is shorter."""
_APART = 0.5
"""Least distance of ln τ between two memories."""
_STEP = 0.02
_VIBRATION = 1  # place of V among the amplitudes


@dataclass(frozen=True)
class SpectrumModel:
    """One model of the spectrum, fitted.

    Parameters
    ----------
    memories
        None, one or two.
    amplitudes
        A, V, and the value of each memory at zero frequency, Å².
    deviance
        Σ d (ln S + P/S).
    fitted
        S in every bin, Å².
    vibrates
        Whether V was fitted; else it is 0.
    """

    memories: tuple[Memory, ...]
    amplitudes: FloatArray
    deviance: float
    fitted: FloatArray
    vibrates: bool = True

    @property
    def at_zero(self) -> float:
        """S(0) of a long run, Å² per frame: 2D along each axis."""
        return float(self.amplitudes[0] + self.amplitudes[2:].sum())

    @property
    def at_once(self) -> float:
        """C(0) without vibration, Å² per frame: what S(0) would be if steps had no memory."""
        shares = np.array([memory.at_once for memory in self.memories])
        return float(self.amplitudes[0] + self.amplitudes[2:] @ shares)

    @property
    def intercept(self) -> float:
        """Constant of the mean-square displacement at long lags along one axis, Å²."""
        offsets = np.array([memory.offset for memory in self.memories])
        return float(2 * self.amplitudes[1] - self.amplitudes[2:] @ offsets)


def solve_amplitudes(
    freedom: FloatArray, power: FloatArray, design: FloatArray
) -> tuple[float, FloatArray, FloatArray]:
    """Return deviance, amplitudes and spectrum of the best sum of shapes, by Fisher scoring.

    Parameters
    ----------
    freedom, power
        Of the bins.
    design
        Shapes as columns.
    """
    least = 1e-4 * float(power.min()) + 1e-300
    amplitudes = np.linalg.lstsq(design / power[:, None], np.ones(len(power)), rcond=None)[0]
    fitted = design @ amplitudes
    if (fitted <= least).any():
        amplitudes = np.zeros(design.shape[1])
        amplitudes[0] = power.mean() / design[:, 0].mean()
        fitted = design @ amplitudes
    deviance = float(np.sum(freedom * (np.log(fitted) + power / fitted)))
    for _ in range(40):
        weights = freedom / fitted**2
        information = design.T @ (weights[:, None] * design)
        score = design.T @ (weights * (power - fitted))
        step = np.linalg.lstsq(information, score, rcond=1e-12)[0]
        length, better = 1.0, False
        while length > 1e-3 and not better:
            tried = design @ (amplitudes + length * step)
            if (tried > least).all():
                new = float(np.sum(freedom * (np.log(tried) + power / tried)))
                better = new <= deviance
            length /= 2
        if not better:
            break
        gained = deviance - new
        amplitudes, fitted, deviance = amplitudes + 2 * length * step, tried, new
        if gained < 1e-7:
            break
    return deviance, np.asarray(amplitudes), np.asarray(fitted)


def fit_models(spectrum: BinnedSpectrum) -> list[SpectrumModel]:
    """Return the models, fitted: no memory, one, two, one whose times are spread, and random steps.

    Random steps alone, without vibration, come last: where ions do not vibrate, the vibration that
    all others fit would make the interval √3 times as wide.

    Parameters
    ----------
    spectrum
        Of all pieces.
    """
    highest = float(np.log(max(spectrum.longest * _LONGEST_SHARE, 4.0)))
    grid = np.linspace(0.0, highest, max(6, int(highest / 0.45)))
    models = [
        _fit(spectrum, ()),
        _fit(spectrum, (_best_time(spectrum, grid, 0.0),)),
        _fit(spectrum, _best_pair(spectrum, grid[::2], highest)),
    ]
    late = np.append(grid, highest + np.log(_BROAD_LONGER))
    broad = [_fit(spectrum, (_best_time(spectrum, late, width),)) for width in _BROAD]
    return [*models, min(broad, key=lambda model: model.deviance), _random_steps(spectrum)]


def evidence(models: Sequence[SpectrumModel], n_series: float) -> FloatArray:
    """Return the weights of the models, which add to 1.

    Parameters
    ----------
    models
        Fitted to the same spectrum.
    n_series
        ν, independent series among ions and axes.
    """
    penalties = [
        len(m.memories) + int(np.sum(m.amplitudes[2:] > 0)) + m.vibrates / 2 for m in models
    ]
    logarithm = np.array([-n_series * m.deviance for m in models]) - PENALTY * np.array(penalties)
    weights = np.exp(logarithm - logarithm.max())
    return np.asarray(weights / weights.sum())


def gradient(
    spectrum: BinnedSpectrum,
    model: SpectrumModel,
    functional: Callable[[SpectrumModel], float],
) -> FloatArray:
    """Return the weights of bins with which a number that follows from the fit is Σ weight·power.

    Exact for amplitudes; the times of the memories enter to first order.

    Parameters
    ----------
    spectrum
        Of all pieces.
    model
        Fitted to it.
    functional
        Of a model, linear in its amplitudes.
    """
    design = spectrum.design(model.memories)
    fitted = [place for place in range(design.shape[1]) if place != _VIBRATION or model.vibrates]
    columns = [design[:, fitted]]
    slopes = [functional(replace(model, amplitudes=row)) for row in np.eye(design.shape[1])[fitted]]
    for place, memory in enumerate(model.memories):
        late, early = memory.later(_STEP), memory.later(-_STEP)
        change = (spectrum.shape(late) - spectrum.shape(early)) / (2 * _STEP)
        columns.append((model.amplitudes[2 + place] * change)[:, None])
        moved = [functional(_with_memory(model, place, m)) for m in (late, early)]
        slopes.append((moved[0] - moved[1]) / (2 * _STEP))
    jacobian = np.column_stack(columns)
    weights = spectrum.freedom / model.fitted**2
    return np.asarray(
        (jacobian @ _inverse(jacobian.T @ (weights[:, None] * jacobian)) @ np.array(slopes))
        * weights
    )


def _inverse(information: FloatArray) -> FloatArray:
    """Return the inverse of an information matrix whose parameters differ in scale."""
    scale = np.sqrt(np.diag(information)) + 1e-300
    both = np.outer(scale, scale)
    return np.asarray(np.linalg.pinv(information / both, rcond=1e-9) / both)


def _with_memory(model: SpectrumModel, place: int, memory: Memory) -> SpectrumModel:
    memories = (*model.memories[:place], memory, *model.memories[place + 1 :])
    return replace(model, memories=memories)


def _fit(spectrum: BinnedSpectrum, memories: tuple[Memory, ...]) -> SpectrumModel:
    deviance, amplitudes, fitted = solve_amplitudes(
        spectrum.freedom, spectrum.power, spectrum.design(memories)
    )
    return SpectrumModel(memories, amplitudes, deviance, fitted)


def _random_steps(spectrum: BinnedSpectrum) -> SpectrumModel:
    deviance, (level,), fitted = solve_amplitudes(
        spectrum.freedom, spectrum.power, np.ones((len(spectrum.power), 1))
    )
    return SpectrumModel((), np.array([level, 0.0]), deviance, fitted, vibrates=False)


def _deviance(spectrum: BinnedSpectrum, *memories: Memory) -> float:
    return solve_amplitudes(spectrum.freedom, spectrum.power, spectrum.design(memories))[0]


def _best_time(spectrum: BinnedSpectrum, grid: FloatArray, width: float) -> Memory:
    """Return the one memory of a width that fits best."""
    tried = [_deviance(spectrum, Memory(float(time), width)) for time in grid]
    place = int(np.argmin(tried))
    first, last = grid[max(place - 1, 0)], grid[min(place + 1, len(grid) - 1)]
    found = optimize.minimize_scalar(
        lambda time: _deviance(spectrum, Memory(float(time), width)),
        bounds=(float(first), float(last)),
        method="bounded",
        options={"xatol": 0.02},
    )
    return Memory(float(found.x), width)


def _best_pair(spectrum: BinnedSpectrum, grid: FloatArray, highest: float) -> tuple[Memory, Memory]:
    """Return the two memories, one exponential each, that fit best together."""
    pairs = [(a, b) for place, a in enumerate(grid) for b in grid[place + 1 :]]
    start = min(pairs, key=lambda pair: _deviance(spectrum, *map(Memory, map(float, pair))))

    def badness(times: FloatArray) -> float:
        inside = np.clip(times, 0.0, highest)
        close = max(0.0, _APART - abs(float(times[1] - times[0])))
        return _deviance(spectrum, *map(Memory, map(float, inside))) + 1e3 * close

    found = optimize.minimize(
        badness,
        np.array(start),
        method="Nelder-Mead",
        options={"xatol": 0.05, "fatol": 0.01, "maxfev": 60},
    )
    first, second = np.clip(found.x, 0.0, highest)
    return Memory(float(first)), Memory(float(second))
