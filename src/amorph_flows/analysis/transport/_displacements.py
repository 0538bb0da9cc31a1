"""Displacements at single lags: their non-Gaussian parameter, and plain slopes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from amorph_flows.analysis.transport._ion_paths import IonPath
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
    return np.array([non_gaussian(squared_displacements(paths, int(lag))) for lag in lags])


def non_gaussian(squares_a2: FloatArray) -> float:
    """Return α₂ of squared displacements; nan where nothing moves.

    Parameters
    ----------
    squares_a2
        Å², of any number of ions and origins.
    """
    second = float(squares_a2.sum()) / squares_a2.size
    fourth = float(squares_a2 @ squares_a2) / squares_a2.size
    return 3 * fourth / (5 * second**2) - 1 if second > 1e-12 else float("nan")


def plain_slope(paths: Sequence[IonPath], first: int, last: int) -> float:
    """Return the growth of the mean-square displacement from one lag to another, Å² per frame.

    Parameters
    ----------
    paths
        Continuous pieces.
    first, last
        Frames.
    """
    early, late = (squared_displacements(paths, lag).mean() for lag in (first, last))
    return float((late - early) / (last - first))


def squared_displacements(paths: Sequence[IonPath], lag: int) -> FloatArray:
    """Return the squared displacements of all ions from all time origins, Å².

    Parameters
    ----------
    paths
        Continuous pieces.
    lag
        Frames.

    Returns
    -------
    FloatArray
        One dimension; empty where no piece is longer than the lag.
    """
    found = [np.empty(0)]
    for piece in paths:
        if piece.path.shape[2] > lag:
            squares = np.zeros((piece.path.shape[1], piece.path.shape[2] - lag))
            for axis in piece.path:
                squares += (axis[:, lag:] - axis[:, :-lag]) ** 2
            found.append(squares.ravel())
    return np.concatenate(found)
