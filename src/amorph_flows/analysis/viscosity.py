"""Viscosity from the fluctuations of the stress, and whether their integral has a plateau."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import auto

import numpy as np
import numpy.typing as npt
from ase import units
from scipy.special import chdtri, stdtrit

from amorph_flows.analysis.verdict import Answer, Verdict
from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError

_CONFIDENCE = 0.95
_GPA2_A3_FS_TO_PA_S = 1e18 * 1e-30 * 1e-15 / (units.kB / units.J)
"""From GPa² Å³ fs/k_B, with k_B in J/K, to Pa s K."""
_WEIGHTS = np.array([1.0, 1.0, 1.0, 2.0, 2.0, 2.0]) / 10.0
_GROWTH = 1.15
"""Ratio of the upper limits of the integral that are tried."""


class ViscosityVerdict(Answer):
    """Whether the integral of the stress correlation is the viscosity."""

    PLATEAU = auto()
    NO_PLATEAU = auto()
    SLOW_PART_MISSED = auto()
    SAMPLED_TOO_RARELY = auto()
    UNCERTAIN = auto()


@dataclass(frozen=True)
class ViscosityThresholds:
    """Limits within which an integral counts as a viscosity.

    Parameters
    ----------
    n_segments
        Parts of the run that are taken as independent; each tells one integral.
    change_significance
        Largest probability, by Student's t of the segments, of a change of the integral over a
        doubling of its upper limit that counts as a plateau.
    correlation_errors
        Root mean square of the correlation between a limit and its double, in units of its own
        standard error, above which it counts as not decayed.
    first_step
        Smallest correlation after one sample, over that at zero time.
    relative_error
        Largest half-width of the 95 % interval over the viscosity.
    slow_significance
        Probability below which the means of whole segments scatter too much for the viscosity.
    """

    n_segments: int = 10
    change_significance: float = 0.01
    correlation_errors: float = 2.0
    first_step: float = 0.5
    relative_error: float = 0.5
    slow_significance: float = 0.025


@dataclass(frozen=True)
class Viscosity:
    """Shear viscosity of one run by Green and Kubo.

    Parameters
    ----------
    viscosity_pa_s
        The integral up to the beginning of its plateau, or to the longest time where there is
        none, Pa s.
    interval_pa_s
        Its 95 % interval, from the scatter of the segments.
    plateau_fs
        Upper limit that was taken, fs.
    long_time_pa_s
        The same from the means of whole segments, which see all that is slow, Pa s.
    lags_fs
        Times of the curves, fs, shape ``(n,)``.
    correlation_gpa2
        Correlation of a shear stress at each, GPa².
    integral_pa_s, integral_error_pa_s
        Integral up to each, and its standard error, Pa s.
    plateau
        Whether the integral is the viscosity.
    """

    viscosity_pa_s: float
    interval_pa_s: tuple[float, float]
    plateau_fs: float
    long_time_pa_s: float
    lags_fs: FloatArray
    correlation_gpa2: FloatArray
    integral_pa_s: FloatArray
    integral_error_pa_s: FloatArray
    plateau: Verdict


def green_kubo_viscosity(
    stresses_gpa: npt.ArrayLike,
    step_fs: float,
    volume_a3: float,
    temperature_k: float,
    thresholds: ViscosityThresholds | None = None,
) -> Viscosity:
    """Return the viscosity of a liquid at equilibrium and judge its plateau.

    ``η = V/(10 k_B T) ∫ <P(0):P(t)> dt`` with P the traceless symmetric part of the stress, whose
    components all have the same integral in an isotropic liquid (P. J. Daivis and D. J. Evans, J.
    Chem. Phys. 100, 541 (1994)). Their means are known to be zero and not subtracted, so that a
    stress that is frozen in never decays. The upper limit is the first from which on no doubling of
    it changes the integral and the correlation is within its own error. What decays more slowly
    than the segments last, whose height may be too small to be seen in the correlation, is looked
    for in the means of whole segments, ``η = V t/(2 k_B T) <P²>`` for segments of length t
    (Einstein's and Helfand's form).

    Parameters
    ----------
    stresses_gpa
        Stress or pressure tensors at evenly spaced times, GPa, shape ``(n, 3, 3)``.
    step_fs
        Time between them, fs.
    volume_a3
        Of the cell, which is constant, Å³.
    temperature_k
        Temperature, K.
    thresholds
        Limits of the verdict.

    Raises
    ------
    InputError
        If the shape is another, a number is not finite or positive, or there are fewer than 20
        stresses for a segment.
    """
    limits = thresholds or ViscosityThresholds()
    stresses = np.asarray(stresses_gpa, dtype=float)
    _check(stresses, step_fs, volume_a3, temperature_k, limits)
    traceless = stresses - np.eye(3) * np.trace(stresses, axis1=1, axis2=2)[:, None, None] / 3
    shear = traceless[:, [0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
    length = len(shear) // limits.n_segments
    segments = shear[: length * limits.n_segments].reshape(limits.n_segments, length, 6)
    correlations = _correlations(segments)
    factor = _GPA2_A3_FS_TO_PA_S * volume_a3 / temperature_k
    parts = 0.5 * (correlations[:, 1:] + correlations[:, :-1]) * step_fs * factor
    integrals = np.concatenate([np.zeros((len(parts), 1)), np.cumsum(parts, axis=1)], axis=1)
    limit = _plateau(correlations, integrals, limits)
    chosen = integrals[:, limit if limit is not None else -1]
    value, error = float(chosen.mean()), float(chosen.std(ddof=1) / np.sqrt(len(chosen)))
    half = error * float(stdtrit(len(chosen) - 1, (1 + _CONFIDENCE) / 2))
    long_time = float(
        factor * step_fs * length / 2 * np.mean(segments.mean(axis=1) ** 2 @ _WEIGHTS)
    )
    end = (limit if limit is not None else correlations.shape[1] - 1) * step_fs
    mean = correlations.mean(axis=0)
    return Viscosity(
        viscosity_pa_s=value,
        interval_pa_s=(value - half, value + half),
        plateau_fs=end,
        long_time_pa_s=long_time,
        lags_fs=np.arange(len(mean), dtype=float) * step_fs,
        correlation_gpa2=mean,
        integral_pa_s=integrals.mean(axis=0),
        integral_error_pa_s=integrals.std(axis=0, ddof=1) / np.sqrt(len(integrals)),
        plateau=_judge(limit, end, value, half, long_time, float(mean[1] / mean[0]), limits),
    )


def _check(
    stresses: FloatArray,
    step_fs: float,
    volume_a3: float,
    temperature_k: float,
    limits: ViscosityThresholds,
) -> None:
    if stresses.ndim != 3 or stresses.shape[1:] != (3, 3) or not np.isfinite(stresses).all():
        raise InputError(f"stresses have the shape {stresses.shape}; give finite (n, 3, 3)")
    given = {"step_fs": step_fs, "volume_a3": volume_a3, "temperature_k": temperature_k}
    for name, number in given.items():
        if not (np.isfinite(number) and number > 0):
            raise InputError(f"{name} is {number}; give a positive number")
    least = 20 * limits.n_segments
    if len(stresses) < least:
        raise InputError(
            f"there are {len(stresses)} stresses; give at least {least}, and many more "
            "than the stress remembers"
        )
    if not np.ptp(stresses):
        raise InputError("all stresses are the same; record those of MD with a potential")


def _correlations(segments: FloatArray) -> FloatArray:
    """Return the correlation of a shear stress in each segment, shape ``(n_segments, n_lags)``."""
    length = segments.shape[1]
    spectrum = np.fft.rfft(segments, 2 * length, axis=1)
    products = np.fft.irfft(np.abs(spectrum) ** 2, 2 * length, axis=1)[:, : length // 2]
    counts = length - np.arange(products.shape[1])
    found: FloatArray = (products @ _WEIGHTS) / counts
    return found


def _plateau(
    correlations: FloatArray, integrals: FloatArray, limits: ViscosityThresholds
) -> int | None:
    """Return twice the first lag from which on the integral stays; None where there is none."""
    n, n_lags = correlations.shape
    mean = correlations.mean(axis=0)
    error = correlations.std(axis=0, ddof=1) / np.sqrt(n)
    most = float(stdtrit(n - 1, 1 - limits.change_significance / 2))
    tried, lag = [], 1
    while 2 * lag < n_lags:
        tried.append(lag)
        lag = max(lag + 1, int(lag * _GROWTH))
    found = None
    for lag in reversed(tried):
        change = integrals[:, 2 * lag] - integrals[:, lag]
        stays = abs(change.mean()) <= most * change.std(ddof=1) / np.sqrt(n)
        span = slice(lag, 2 * lag + 1)
        seen = np.sqrt(np.mean(mean[span] ** 2) / np.mean(error[span] ** 2))
        if not (stays and seen <= limits.correlation_errors):
            break
        found = 2 * lag
    return found


def _judge(
    limit: int | None,
    end_fs: float,
    value: float,
    half: float,
    long_time: float,
    first_step: float,
    limits: ViscosityThresholds,
) -> Verdict:
    freedom = 5 * limits.n_segments
    scatter = value * (float(chdtri(freedom, limits.slow_significance)) / freedom - 1)
    answer = ViscosityVerdict.PLATEAU
    told = f"η = {value:.3g} ± {half:.2g} Pa s (95 %), the integral stays from {end_fs:.3g} fs on"
    if limit is None:
        answer = ViscosityVerdict.NO_PLATEAU
        told = f"the integral still changes, or the correlation is not zero, at {end_fs / 2:.3g} fs"
    elif first_step < limits.first_step:
        answer = ViscosityVerdict.SAMPLED_TOO_RARELY
        told = f"{first_step:.0%} of the correlation is left after one sample; take more of them"
    elif half > limits.relative_error * abs(value):
        answer = ViscosityVerdict.UNCERTAIN
        told = f"η = {value:.3g} ± {half:.2g} Pa s (95 %); a longer run is needed"
    elif long_time > value + np.hypot(scatter, half):
        answer = ViscosityVerdict.SLOW_PART_MISSED
        told = (
            f"the means of segments ask for {long_time:.3g} Pa s, the integral for {value:.3g} ± "
            f"{half:.2g}: part of the stress decays more slowly than a segment lasts"
        )
    return Verdict(
        question="viscosity at its plateau?",
        answer=answer,
        passed=answer is ViscosityVerdict.PLATEAU,
        scope="numerical",
        reason=told,
        numbers={"viscosity_pa_s": value, "long_time_pa_s": long_time, "first_step": first_step},
        thresholds=asdict(limits),
    )
