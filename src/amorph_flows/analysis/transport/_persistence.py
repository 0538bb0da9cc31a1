"""How long an ion stays fast: the correlation of ranks between displacements at two times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import fft

from amorph_flows.arrays import FloatArray

_ORIGINS_PER_LAG = 4
_SIGNIFICANT = 2.0
"""Standard errors above zero at which ranks count as correlated."""


@dataclass(frozen=True)
class MobilityPersistence:
    """Spearman's correlation of the ions' displacements with their displacements later on.

    Displacements at two origins have no frame in common: their distance is the lag or more.
    A displacement is a random number even of an ion whose rate never changes, so the correlation
    begins below 1; what tells how long rates last is its fall from there.

    Parameters
    ----------
    distances_fs
        Between origins, from the lag to half the longest continuous piece, fs; empty where no
        piece is twice as long as the lag.
    rank_correlation
        At each distance, the mean over ions and pairs of origins.
    standard_errors
        Of the correlation at each distance, had ions no memory at all.
    fast_time_fs
        Time beyond the lag at which the correlation has fallen to 1/e of its first value: how
        long an ion stays fast. 0 where ranks have no correlation at the first distance; None
        where it has not fallen so far by the last distance, or there is none.
    """

    distances_fs: FloatArray
    rank_correlation: FloatArray
    standard_errors: FloatArray
    fast_time_fs: float | None

    @property
    def next_rank_correlation(self) -> float | None:
        """The correlation with the displacement that follows at once; None without any."""
        return float(self.rank_correlation[0]) if len(self.rank_correlation) else None


def mobility_persistence(
    paths: Sequence[FloatArray], lag: int, spacing_fs: float
) -> MobilityPersistence:
    """Return how long ions keep their rank by displacement.

    Parameters
    ----------
    paths
        Unwrapped ions of each continuous piece, Å, shape ``(3, n_ions, n_frames)``.
    lag
        Frames of one displacement.
    spacing_fs
        Spacing of frames, fs.
    """
    stride = max(1, lag // _ORIGINS_PER_LAG)
    first = -(-lag // stride)
    longest = max((path.shape[2] for path in paths), default=0) // 2 // stride
    if longest < first:
        nothing = np.empty(0)
        return MobilityPersistence(nothing, nothing, nothing, None)
    sums, pairs = np.zeros(longest + 1), np.zeros(longest + 1)
    for path in paths:
        if path.shape[2] > lag:
            moved = path[:, :, lag::stride] - path[:, :, :-lag:stride]
            _add_correlation(np.einsum("xat,xat->ta", moved, moved), sums, pairs)
    kept = np.arange(first, longest + 1)
    kept = kept[pairs[kept] > 0]
    n_ions = paths[0].shape[1]
    correlation = sums[kept] / pairs[kept]
    shared = 1.0 - np.arange(0, lag, stride) / lag  # of two displacements some origins apart
    alike = 2.0 * np.sum(shared**4) - 1.0  # squares correlate as shared²; a product of two as ⁴
    errors = np.sqrt(np.minimum(alike / pairs[kept], 1.0) / (n_ions - 1))
    distances = kept * stride * spacing_fs
    return MobilityPersistence(
        distances, correlation, errors, _decay_time(distances, correlation, errors)
    )


def _add_correlation(squared: FloatArray, sums: FloatArray, pairs: FloatArray) -> None:
    """Add the correlation of ranks at each distance of origins, over pairs of origins."""
    from scipy.stats import rankdata  # takes a second to import

    ranks = rankdata(squared, axis=1)
    ranks -= ranks.mean(axis=1, keepdims=True)
    ranks /= np.maximum(np.linalg.norm(ranks, axis=1, keepdims=True), np.finfo(float).tiny)
    n = len(ranks)
    spectrum = np.abs(fft.rfft(ranks, fft.next_fast_len(2 * n), axis=0)) ** 2
    of_all = fft.irfft(spectrum.sum(axis=1), fft.next_fast_len(2 * n))
    reach = min(n, len(sums))
    sums[:reach] += of_all[:reach]
    pairs[:reach] += np.arange(n, n - reach, -1)


def _decay_time(distances: FloatArray, correlation: FloatArray, errors: FloatArray) -> float | None:
    """Return where the correlation has fallen to 1/e of its first value, beyond the first."""
    if not len(correlation):
        return None
    if correlation[0] < _SIGNIFICANT * errors[0]:
        return 0.0
    below = np.flatnonzero(correlation <= correlation[0] / np.e)
    if not len(below):
        return None
    after = int(below[0])
    high, low = correlation[after - 1], correlation[after]
    share = (high - correlation[0] / np.e) / (high - low)
    at = distances[after - 1] + share * (distances[after] - distances[after - 1])
    return float(at - distances[0])
