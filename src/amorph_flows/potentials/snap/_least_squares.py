"""Linear least squares whose rows come in blocks, with all their digits.

Bispectrum components are nearly collinear: the condition number of their rows is 1e6 to 1e12, its
square is beyond double precision, and normal equations would lose most digits. So each block is
reduced by a QR factorisation together with the triangle of all before (TSQR; Demmel et al., SIAM J.
Sci. Comput. 34 (2012) A206), which needs the memory of some blocks, however many rows there are.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.linalg import lapack

from amorph_flows.arrays import FloatArray

_BLOCK = 4
_MIN_ROWS = 1000


class Triangle:
    """The triangle R of the QR factorisation of rows with their labels in the last column.

    Whatever the rows were, ``|A x - b| = |R [x, -1]|``.

    Parameters
    ----------
    n_columns
        Number of unknowns.
    """

    def __init__(self, n_columns: int) -> None:
        self.n_columns = n_columns
        self._width = n_columns + 1
        rows = max((_BLOCK + 1) * self._width, _MIN_ROWS)
        self._held = np.empty((rows, self._width), order="F")
        self._filled = 0

    def add(self, rows: FloatArray, labels: FloatArray) -> None:
        """Take in rows and their labels.

        Parameters
        ----------
        rows
            Shape ``(n, n_columns)``.
        labels
            Shape ``(n,)``.
        """
        done = 0
        while done < len(rows):
            if self._filled == len(self._held):
                self._reduce()
            end = min(len(rows), done + len(self._held) - self._filled)
            into = slice(self._filled, self._filled + end - done)
            self._held[into, :-1] = rows[done:end]
            self._held[into, -1] = labels[done:end]
            self._filled += end - done
            done = end

    def matrix(self) -> FloatArray:
        """Return R, shape ``(at most n_columns + 1, n_columns + 1)``."""
        if self._filled > self._width:
            self._reduce()
        return self._held[: self._filled].copy()

    def _reduce(self) -> None:
        reduced = reduced_rows(self._held[: self._filled])
        self._filled = len(reduced)
        self._held[: self._filled] = reduced


def reduced_rows(rows: FloatArray) -> FloatArray:
    """Return the triangle of the QR factorisation of a matrix; with few rows, all of them.

    Parameters
    ----------
    rows
        Shape ``(n, n_columns)``.
    """
    if len(rows) <= rows.shape[1]:
        return rows
    factors = lapack.dgeqrf(rows, lwork=64 * rows.shape[1])[0]
    return np.triu(factors[: rows.shape[1]])


class RidgeProblem:
    """Least squares of weighted groups of rows, solved for one ridge after another.

    The loss is ``sum_k w_k |A_k x - b_k|² + ridge |D x|²``, with D the lengths of the columns.

    Parameters
    ----------
    triangles
        R of each group.
    weights
        Weight of each group; groups that are not named do not count.
    """

    def __init__(self, triangles: Mapping[str, FloatArray], weights: Mapping[str, float]) -> None:
        weighted = [np.sqrt(w) * triangles[name] for name, w in weights.items() if w > 0.0]
        whole = reduced_rows(np.vstack(weighted))
        self._lengths = np.sqrt(np.sum(whole[:, :-1] ** 2, axis=0))
        self._lengths[self._lengths == 0.0] = np.inf  # nothing is known of its coefficient
        left, self._values, self._right = np.linalg.svd(
            whole[:, :-1] / self._lengths, full_matrices=False
        )
        self._labels = left.T @ whole[:, -1]

    def solve(self, ridge: float) -> FloatArray:
        """Return the unknowns; with no ridge, the shortest of the best (in scaled columns).

        Parameters
        ----------
        ridge
            At least 0.
        """
        values = self._values
        kept = values > values.max(initial=0.0) * np.finfo(float).eps * len(self._lengths)
        inverse = np.where(kept, values, 0.0) / np.where(kept, values**2 + ridge, 1.0)
        return (self._right.T @ (inverse * self._labels)) / self._lengths


def squared_error(triangle: FloatArray, unknowns: FloatArray) -> float:
    """Return ``|A x - b|²`` of the rows that a triangle stands for.

    Parameters
    ----------
    triangle
        R.
    unknowns
        x, shape ``(n_columns,)``.
    """
    return float(np.sum((triangle[:, :-1] @ unknowns - triangle[:, -1]) ** 2))
