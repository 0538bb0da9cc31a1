"""Diffusivities, with intervals that respect correlation, from slopes of mean-square displacement.

A slope is a sum of weights times mean-square displacements at a few lags. The weights are those of
generalised least squares with the covariance that overlapping displacements of a random walk have
(Qian, Sheetz and Elson, Biophys. J. 60, 910 (1991); Bullerjahn, von Bülow and Hummer, J. Chem.
Phys. 153, 024116 (2020); McCluskey et al., J. Chem. Theory Comput. 21, 79 (2025)). Its error is not
taken from that model but from the scatter of the same slope over blocks of time, each longer than
the longest lag, so correlations among ions count (Flyvbjerg and Petersen, J. Chem. Phys. 91, 461
(1989)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from amorph_flows.analysis.transport._displacements import DisplacementSamples
from amorph_flows.arrays import FloatArray, IntArray

A2_PER_FS_IN_CM2_PER_S = 0.1
"""1 Å²/fs = 0.1 cm²/s."""
DIMENSIONS = 3
MOST_BLOCKS = 40
ENOUGH_BLOCKS = 12
BLOCK_PER_LAG = 1.5
"""Least length of a block of time over the longest lag; twice that where blocks are enough."""


@dataclass(frozen=True)
class Slope:
    """A slope of mean-square displacement against lag.

    Parameters
    ----------
    per_frame
        Å² per frame.
    blocks
        The same slope in each block of time.
    block_sizes
        Time origins in each block.
    """

    per_frame: float
    blocks: FloatArray
    block_sizes: FloatArray

    @property
    def standard_error(self) -> float:
        """Standard error from the scatter over blocks, Å² per frame; inf for one block."""
        return _standard_error(self.blocks, self.block_sizes)

    @property
    def relative_error(self) -> float:
        """Standard error over slope; inf where the slope is not positive."""
        return self.standard_error / self.per_frame if self.per_frame > 0 else float("inf")

    @property
    def quantile(self) -> float:
        """Student's factor of the 95 % interval."""
        return float(stats.t.ppf(0.975, max(1, len(self.blocks) - 1)))


def _standard_error(blocks: FloatArray, sizes: FloatArray) -> float:
    """Return the standard error of a weighted mean of blocks."""
    if len(blocks) < 2:
        return float("inf")
    shares = sizes / sizes.sum()
    variance = np.sum(shares**2 * (blocks - np.sum(shares * blocks)) ** 2)
    return float(np.sqrt(variance * len(blocks) / (len(blocks) - 1)))


def random_walk_covariance(lags: IntArray) -> FloatArray:
    """Return the covariance of overlapping mean-square displacements of a long random walk.

    Per origin and per step variance squared: 2 Σ_δ o(δ)², with o the number of common steps of two
    displacements that start δ apart; for lags n ≤ m it is n²(m - n + 1) + n(n - 1)(2n - 1)/3
    (Qian et al. 1991).

    Parameters
    ----------
    lags
        Frames.
    """
    n = np.minimum.outer(lags, lags).astype(float)
    m = np.maximum.outer(lags, lags).astype(float)
    covariance: FloatArray = 2 * (n**2 * (m - n + 1) + n * (n - 1) * (2 * n - 1) / 3)
    return covariance


def slope_weights(lags: IntArray) -> FloatArray:
    """Return the weights w with which slope = Σ w MSD, for MSD = constant + slope lag.

    Parameters
    ----------
    lags
        At least two lags, frames.
    """
    design = np.column_stack([np.ones(len(lags)), lags])
    information = np.linalg.solve(random_walk_covariance(lags), design)
    weights: FloatArray = np.linalg.solve(design.T @ information, information.T)[1]
    return weights


def independent_walks(slope: Slope, samples: DisplacementSamples, chosen: IntArray) -> float:
    """Return how many independent ions would give a slope its error, at most their number.

    Parameters
    ----------
    slope
        Fitted to the lags below.
    samples
        Squared displacements by lag and origin.
    chosen
        Indices into ``samples.lags``.
    """
    weights = slope_weights(samples.lags[chosen])
    n_origins = sum(len(piece[chosen[-1]]) for piece in samples.tracer)
    of_one = weights @ random_walk_covariance(samples.lags[chosen]) @ weights
    walks = of_one / (DIMENSIONS * n_origins * slope.relative_error**2)
    return float(np.clip(walks, 1.0, samples.n_ions))


def fit_slope(samples: DisplacementSamples, chosen: IntArray, collective: bool = False) -> Slope:
    """Fit the slope of the mean-square displacement over some lags.

    Parameters
    ----------
    samples
        Squared displacements by lag and origin.
    chosen
        Indices into ``samples.lags``.
    collective
        The sum of displacements instead of single ions.
    """
    weights = slope_weights(samples.lags[chosen])
    series = samples.collective if collective else samples.tracer
    means = samples.mscd if collective else samples.msd
    blocks: list[FloatArray] = []
    sizes: list[FloatArray] = []
    for piece in series:
        longest = int(samples.lags[chosen[-1]])
        edges = _block_edges(len(piece[chosen[-1]]), longest, len(series))
        length = np.diff(edges).astype(float)
        sums = np.array([np.add.reduceat(piece[lag][: edges[-1]], edges[:-1]) for lag in chosen])
        blocks.append(weights @ (sums / length))
        sizes.append(length)
    return Slope(float(weights @ means[chosen]), np.concatenate(blocks), np.concatenate(sizes))


def _block_edges(n_origins: int, longest_lag: int, n_pieces: int) -> IntArray:
    """Return where blocks of time origins, longer than the longest lag, begin and end."""
    most = max(1, MOST_BLOCKS // n_pieces)
    long, short = (
        n_origins / (ratio * longest_lag) for ratio in (2 * BLOCK_PER_LAG, BLOCK_PER_LAG)
    )
    count = int(np.clip(max(long, min(short, ENOUGH_BLOCKS)), 1, most))
    return np.linspace(0, n_origins, count + 1).astype(np.int64)


@dataclass(frozen=True)
class Diffusivity:
    """A diffusivity with its 95 % interval.

    Parameters
    ----------
    cm2_s
        Slope/2d, cm²/s.
    interval_cm2_s
        95 % interval, cm²/s, symmetric in the logarithm.
    relative_error
        Standard error over value.
    n_blocks
        Blocks of time behind the error.
    """

    cm2_s: float
    interval_cm2_s: tuple[float, float]
    relative_error: float
    n_blocks: int


def diffusivity(slope: Slope, spacing_fs: float, dimensions: int = DIMENSIONS) -> Diffusivity:
    """Return slope/2d (Eq. 2 of Choyal et al., Small (2025)) and its interval.

    Parameters
    ----------
    slope
        Of a mean-square displacement.
    spacing_fs
        Spacing of frames, fs.
    dimensions
        d; 1 for the displacement along one axis.
    """
    scale = A2_PER_FS_IN_CM2_PER_S / (2 * dimensions * spacing_fs)
    value = slope.per_frame * scale
    return Diffusivity(
        value,
        log_interval(value, slope.relative_error, slope.quantile)
        if value > 0
        else (0.0, max(0.0, value + slope.quantile * slope.standard_error * scale)),
        slope.relative_error,
        len(slope.blocks),
    )


def log_interval(value: float, relative_error: float, quantile: float) -> tuple[float, float]:
    """Return the interval of a positive quantity, symmetric in its logarithm.

    Parameters
    ----------
    value
        Positive.
    relative_error
        Standard error over value.
    quantile
        Factor of the standard error.
    """
    half = quantile * relative_error
    upper = value * float(np.exp(half)) if half < 700 else float("inf")
    return value * float(np.exp(-half)), upper


def haven_ratio(tracer: Slope, collective: Slope) -> tuple[float, tuple[float, float]]:
    """Return H_R = D*/D_J and its 95 % interval.

    The error is of the logarithm, from the blocks' joint scatter, so that what the two have in
    common cancels.

    Parameters
    ----------
    tracer, collective
        Slopes over the same lags and blocks.
    """
    if tracer.per_frame <= 0 or collective.per_frame <= 0:
        return float("nan"), (0.0, float("inf"))
    value = tracer.per_frame / collective.per_frame
    joint = tracer.blocks / tracer.per_frame - collective.blocks / collective.per_frame
    error = _standard_error(joint, tracer.block_sizes)
    return value, log_interval(value, error, tracer.quantile)


def single_time_diffusivity(
    msd_a2: Sequence[float] | FloatArray, lag: int, spacing: float
) -> float:
    """Return D = MSD(Δt)/(2dΔt), cm²/s (Eq. 4 of Choyal et al., Small (2025)).

    Parameters
    ----------
    msd_a2
        Å², by lag in frames from zero.
    lag
        Δt in frames.
    spacing
        Spacing of frames, fs.
    """
    return float(msd_a2[lag]) / (2 * DIMENSIONS * lag * spacing) * A2_PER_FS_IN_CM2_PER_S
