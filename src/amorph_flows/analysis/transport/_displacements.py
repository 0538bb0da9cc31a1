"""Displacements at single lags: their non-Gaussian parameter, and plain slopes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from amorph_flows.analysis.transport._msd import IonPath
from amorph_flows.arrays import FloatArray, IntArray

_LONGEST_SHARE = 1 / 8
"""Longest lag of the ladder over the longest piece."""


def lag_ladder(n_frames: int) -> IntArray:
    """Return lags in frames that grow by about √2, from 1 to an eighth of a piece.

    Parameters
    ----------
    n_frames
        Of the piece.
    """
    longest = max(2, int(n_frames * _LONGEST_SHARE))
    rungs = 2 ** np.arange(0, 2 * np.log2(longest) + 1e-9)
    return np.unique(np.append(np.round(np.sqrt(rungs)).astype(np.int64), longest))


def non_gaussian_parameter(paths: Sequence[IonPath], lags: IntArray) -> FloatArray:
    """Return α₂ = 3<r⁴>/(5<r²>²) - 1 at some lags; nan where nothing moves.

    Parameters
    ----------
    paths
        Continuous pieces.
    lags
        Frames.
    """
    return np.array([_non_gaussian(paths, int(lag)) for lag in lags])


def plain_slope(paths: Sequence[IonPath], first: int, last: int) -> float:
    """Return the growth of the mean-square displacement from one lag to another, Å² per frame.

    Parameters
    ----------
    paths
        Continuous pieces.
    first, last
        Frames.
    """
    early, late = (np.concatenate(_squares(paths, lag)).mean() for lag in (first, last))
    return float((late - early) / (last - first))


def _squares(paths: Sequence[IonPath], lag: int) -> list[FloatArray]:
    """Return the squared displacements over ions and time origins, by piece, Å²."""
    found = []
    for piece in paths:
        if piece.path.shape[2] > lag:
            squares = np.zeros((piece.path.shape[1], piece.path.shape[2] - lag))
            for axis in piece.path:
                squares += (axis[:, lag:] - axis[:, :-lag]) ** 2
            found.append(squares.ravel())
    return found


def _non_gaussian(paths: Sequence[IonPath], lag: int) -> float:
    squares = _squares(paths, lag)
    count = sum(s.size for s in squares)
    second = sum(float(s.sum()) for s in squares) / count
    fourth = sum(float(s @ s) for s in squares) / count
    return 3 * fourth / (5 * second**2) - 1 if second > 1e-12 else float("nan")
