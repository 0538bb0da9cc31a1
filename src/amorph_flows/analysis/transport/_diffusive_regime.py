"""The diffusive regime: lags at which the mean-square displacement is that of diffusion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from amorph_flows.analysis.transport._diffusion import (
    DIMENSIONS,
    Slope,
    fit_slope,
    independent_walks,
)
from amorph_flows.analysis.transport._displacements import DisplacementSamples
from amorph_flows.arrays import FloatArray, IntArray

CHECK_WINDOW = 4
"""Slopes are compared over windows from a lag to this many times that lag."""
FIT_WINDOW = 8
"""The slope that is reported rests on a window of this ratio, where there are enough lags."""


@dataclass(frozen=True)
class DiffusiveRegime:
    """Where the mean-square displacement grows linearly.

    Parameters
    ----------
    reached
        Whether such a regime was found.
    chosen
        Indices of the lags of the fit; the last ones where none was found.
    exponent
        d ln MSD / d ln t over the first lags of the fit: 1 diffusion, 2 ballistic, 0 caged.
    linear_share
        Share of the fitted line, at the longest lag, that grows with time; the rest is the
        constant that rattling in cages adds.
    later_slope_ratio
        Slope over the longest lags over the slope of the first ones.
    line_ratio
        Mean-square displacement at half the longest piece over the line extrapolated to there.
    non_gaussian
        α₂ at the first lag of the fit.
    """

    reached: bool
    chosen: IntArray
    exponent: float
    linear_share: float
    later_slope_ratio: float
    line_ratio: float
    non_gaussian: float


@dataclass(frozen=True)
class RegimeLimits:
    """Limits of the diffusive regime.

    Parameters
    ----------
    exponent_tolerance
        Largest distance of d ln MSD / d ln t from 1 at the start of the fit.
    cage_exponent
        Least exponent at the start of the fit if the share of the line that grows is within the
        tolerance of 1: there the rattling in cages still adds a constant.
    significance
        Probability below which the slope of a later window, or the mean-square displacement at a
        quarter or a half of the run, is taken to differ from the line.
    most_non_gaussian
        Largest α₂ at the start of the fit.
    """

    exponent_tolerance: float = 0.15
    cage_exponent: float = 0.5
    significance: float = 0.005
    most_non_gaussian: float = 1.0


def find_diffusive_regime(
    samples: DisplacementSamples, limits: RegimeLimits | None = None
) -> DiffusiveRegime:
    """Find the shortest lag from which the mean-square displacement is linear.

    From there on the logarithmic slope is near 1, the non-Gaussian parameter is small, and the
    slope of every later window agrees with the first within the scatter over blocks of time. The
    line must also meet the mean-square displacement at a quarter and a half of the longest piece,
    within what as many independent random walks would scatter.

    Parameters
    ----------
    samples
        Squared displacements by lag and origin.
    limits
        Thresholds; the defaults if not given.
    """
    limits = limits or RegimeLimits()
    lags = samples.lags
    last = max(int(np.searchsorted(lags, lags[-1] / CHECK_WINDOW, side="right")) - 1, 0)
    slopes = [fit_slope(samples, window(lags, s, CHECK_WINDOW)) for s in range(last + 1)]
    regimes = (_regime(samples, start, slopes, limits) for start in range(last + 1))
    last_one = None
    for regime in regimes:
        if regime.reached:
            return regime
        last_one = regime
    assert last_one is not None
    return last_one


def window(lags: IntArray, start: int, ratio: float) -> IntArray:
    """Return the indices of the lags from one of them to a multiple of it, at least two.

    Parameters
    ----------
    lags
        Frames.
    start
        Index of the first.
    ratio
        Last lag over first.
    """
    chosen = np.flatnonzero((lags >= lags[start]) & (lags <= ratio * lags[start]))
    return chosen if len(chosen) > 1 else np.arange(len(lags))[-2:]


def log_slope(samples: DisplacementSamples, chosen: IntArray) -> float:
    """Return d ln MSD / d ln t over some lags by least squares.

    Parameters
    ----------
    samples
        Squared displacements by lag and origin.
    chosen
        Indices into ``samples.lags``.
    """
    msd = np.maximum(samples.msd[chosen], 1e-300)
    return float(np.polyfit(np.log(samples.lags[chosen]), np.log(msd), 1)[0])


def _regime(
    samples: DisplacementSamples, start: int, slopes: list[Slope], limits: RegimeLimits
) -> DiffusiveRegime:
    """Judge the regime that begins at one lag."""
    lags, first, later = samples.lags, slopes[start], slopes[-1]
    chosen = window(lags, start, CHECK_WINDOW)
    exponent = log_slope(samples, chosen)
    constant = float(np.mean(samples.msd[chosen[:2]] - first.per_frame * lags[chosen[:2]]))
    grown = first.per_frame * float(lags[-1])
    linear_share = grown / (constant + grown) if constant + grown > 0 else float("nan")
    line = np.maximum(constant + first.per_frame * samples.long_lags, 1e-300)
    near_one = abs(exponent - 1) <= limits.exponent_tolerance or (
        limits.cage_exponent <= exponent < 1 and abs(linear_share - 1) <= limits.exponent_tolerance
    )
    reached = (
        first.per_frame > 0
        and near_one
        and float(samples.non_gaussian[start]) <= limits.most_non_gaussian
        and not any(_differ(first, s, limits.significance) for s in slopes[start + 1 :])
        and not _bends(first, samples, chosen, samples.long_msd / line, limits.significance)
    )
    ratio = FIT_WINDOW if FIT_WINDOW * lags[start] <= lags[-1] / 2 else CHECK_WINDOW
    return DiffusiveRegime(
        reached=bool(reached),
        chosen=window(lags, start, ratio),
        exponent=exponent,
        linear_share=linear_share,
        later_slope_ratio=later.per_frame / first.per_frame if first.per_frame else float("nan"),
        line_ratio=float(samples.long_msd[-1] / line[-1]),
        non_gaussian=float(samples.non_gaussian[start]),
    )


def _differ(early: Slope, late: Slope, significance: float) -> bool:
    """Tell whether two slopes differ by more than their scatter over blocks allows."""
    error = float(np.hypot(early.standard_error, late.standard_error))
    limit = float(stats.t.ppf(1 - significance / 2, max(1, len(late.blocks) - 1)))
    return abs(late.per_frame - early.per_frame) > limit * error


def _bends(
    slope: Slope,
    samples: DisplacementSamples,
    chosen: IntArray,
    ratios: FloatArray,
    significance: float,
) -> bool:
    """Tell whether long lags lie off the line by more than random walks scatter.

    The time-averaged square displacement of few walks is taken to be gamma distributed.
    """
    walks = independent_walks(slope, samples, chosen)
    for ratio, variance in zip(ratios, samples.long_variance, strict=True):
        shape = 1 / (variance / (DIMENSIONS * walks) + slope.relative_error**2)
        below = float(stats.gamma.cdf(ratio * shape, shape))
        if min(below, 1 - below) < significance / 4:
            return True
    return False
