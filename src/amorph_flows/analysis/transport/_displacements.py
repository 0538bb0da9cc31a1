"""Squared displacements at a ladder of lags, kept apart by time origin for honest error bars."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from amorph_flows.analysis.transport._msd import IonPath
from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import TrajectoryError

LONGEST_LAG_SHARE = 1 / 8
"""Longest lag that a slope may rest on, as a share of the longest piece."""


@dataclass(frozen=True)
class DisplacementSamples:
    """Squared displacements by lag and time origin.

    Parameters
    ----------
    lags
        Frames, increasing by about √2, up to an eighth of the longest piece.
    tracer
        For each piece, for each lag: mean over ions of |Δr|² at every origin, Å².
    collective
        The same for |Σ Δr|²/N.
    msd, mscd
        Their means over pieces and origins, Å².
    non_gaussian
        α₂ = 3<r⁴>/(5<r²>²) - 1 at each lag; nan where nothing moves.
    long_lags
        A quarter and a half of the longest piece, frames: too noisy for a slope, but a line that
        misses them widely is no line.
    long_msd
        Mean-square displacement there, Å².
    long_variance
        Relative variance that it has there for one random walk in one dimension.
    spacing_fs
        Spacing of frames, fs.
    n_ions
        Number of ions.
    """

    lags: IntArray
    tracer: list[list[FloatArray]]
    collective: list[list[FloatArray]]
    msd: FloatArray
    mscd: FloatArray
    non_gaussian: FloatArray
    long_lags: IntArray
    long_msd: FloatArray
    long_variance: FloatArray
    spacing_fs: float
    n_ions: int

    @property
    def n_frames(self) -> int:
        """Frames of the longest piece."""
        return max(len(piece[0]) for piece in self.tracer) + int(self.lags[0])


def lag_ladder(longest: int) -> IntArray:
    """Return lags in frames that grow by about √2, from 1 to the longest.

    Parameters
    ----------
    longest
        The last lag, at least 1.
    """
    rungs = 2 ** np.arange(0, 2 * np.log2(max(longest, 1)) + 1e-9)
    ladder = np.round(np.sqrt(rungs)).astype(np.int64)
    return np.unique(np.append(ladder, longest))


def sample_displacements(
    paths: Sequence[IonPath], lags: IntArray | None = None
) -> DisplacementSamples:
    """Return squared displacements of ions and of their sum at a ladder of lags.

    Parameters
    ----------
    paths
        Continuous pieces of the same system.
    lags
        Frames, increasing; the ladder if not given.

    Raises
    ------
    TrajectoryError
        If no piece has the eight frames that the ladder needs.
    """
    longest_piece = max((p.path.shape[2] for p in paths), default=0)
    if longest_piece < 8:
        raise TrajectoryError(
            f"the longest continuous piece has {longest_piece} frames; a slope needs at least 8"
        )
    if lags is None:
        lags = lag_ladder(max(2, int(longest_piece * LONGEST_LAG_SHARE)))
    pieces = [p.path for p in paths if p.path.shape[2] > lags[-1]]
    tracer, collective, fourth = zip(*(_of_piece(p, lags) for p in pieces), strict=True)
    counts = np.array([[p.shape[2] - lag for lag in lags] for p in pieces])
    msd = _mean(tracer, counts)
    r4 = np.sum(np.array(fourth) * counts, axis=0) / counts.sum(0)
    gaussian = np.where(msd > 1e-12, 5 * msd**2 / 3, np.nan)
    long_lags = np.array([longest_piece // 4, longest_piece // 2])
    return DisplacementSamples(
        lags=lags,
        tracer=list(tracer),
        collective=list(collective),
        msd=msd,
        mscd=_mean(collective, counts),
        non_gaussian=r4 / gaussian - 1,
        long_lags=long_lags,
        long_msd=np.array([_long_msd(pieces, lag) for lag in long_lags]),
        long_variance=np.array([_long_variance(pieces, lag) for lag in long_lags]),
        spacing_fs=paths[0].spacing_fs,
        n_ions=pieces[0].shape[1],
    )


def _of_piece(
    path: FloatArray, lags: IntArray
) -> tuple[list[FloatArray], list[FloatArray], list[float]]:
    """Return tracer and collective squares by lag and origin, and mean fourth powers."""
    n_ions = path.shape[1]
    centre = path.sum(axis=1)
    tracer: list[FloatArray] = []
    collective: list[FloatArray] = []
    fourth: list[float] = []
    for lag in lags:
        squares = np.zeros((n_ions, path.shape[2] - lag))
        for axis in path:
            moved = axis[:, lag:] - axis[:, :-lag]
            squares += moved * moved
        tracer.append(squares.mean(axis=0))
        fourth.append(float(np.einsum("at,at->", squares, squares) / squares.size))
        collective.append(np.sum((centre[:, lag:] - centre[:, :-lag]) ** 2, axis=0) / n_ions)
    return tracer, collective, fourth


def _mean(samples: Sequence[list[FloatArray]], counts: IntArray) -> FloatArray:
    """Return the mean over pieces and origins at each lag."""
    sums = np.array([[float(lag.sum()) for lag in piece] for piece in samples])
    mean: FloatArray = sums.sum(0) / counts.sum(0)
    return mean


def _long_msd(pieces: Sequence[FloatArray], lag: int) -> float:
    """Return the mean-square displacement at one lag over the pieces that are long enough, Å²."""
    total = count = 0.0
    for path in pieces:
        if path.shape[2] > lag:
            moved = path[:, :, lag:] - path[:, :, :-lag]
            total += float(np.einsum("xat,xat->", moved, moved))
            count += moved.shape[1] * moved.shape[2]
    return total / count


def _long_variance(pieces: Sequence[FloatArray], lag: int) -> float:
    """Return (2/K²) Σ_δ (K - |δ|) o(δ)²/n² over pieces of K origins (Qian et al. 1991)."""
    origins = [path.shape[2] - lag for path in pieces if path.shape[2] > lag]
    summed = 0.0
    for n_origins in origins:
        apart = np.arange(1, min(lag, n_origins))
        common = (1 - apart / lag) ** 2
        summed += 2 * (n_origins + 2 * float(np.sum((n_origins - apart) * common)))
    return summed / float(np.sum(origins)) ** 2
