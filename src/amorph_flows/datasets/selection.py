"""Selection by MaxVol: the rows of a matrix that span the most volume, and rows to add.

Sources: S. Goreinov et al., in Matrix Methods: Theory, Algorithms and Applications (World
Scientific, 2010), p. 247; E. Podryabinkin and A. Shapeev, Comput. Mater. Sci. 140 (2017) 171.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import qr

from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import CalculationError, InputError

_MAX_SWAPS_PER_COLUMN = 100


def maxvol(matrix: FloatArray, tolerance: float = 1.01, start: IntArray | None = None) -> IntArray:
    """Return rows that form a submatrix of locally maximal volume.

    No swap of one of the rows for another raises the volume ``|det|`` by more than the factor
    ``tolerance``; equivalently, every row is a combination of the chosen ones with coefficients
    of at most ``tolerance`` (Goreinov et al., theorem 1).

    Parameters
    ----------
    matrix
        Shape ``(n_rows, n_columns)`` with at least as many rows as columns and full column rank.
    tolerance
        Above 1.
    start
        Rows to start from, shape ``(n_columns,)``; None takes those of a pivoted QR.

    Returns
    -------
    IntArray
        Distinct row numbers, shape ``(n_columns,)``.

    Raises
    ------
    InputError
        If the matrix has too few rows or is rank deficient, or the tolerance is not above 1.
    CalculationError
        If the swaps do not end.
    """
    _check(matrix, tolerance)
    rows = pivot_rows(matrix) if start is None else np.array(start, dtype=np.int64)
    coefficients = _coefficients(matrix, rows)
    n_swaps = _MAX_SWAPS_PER_COLUMN * matrix.shape[1]
    for _ in range(n_swaps):
        row, column = divmod(int(np.argmax(np.abs(coefficients))), matrix.shape[1])
        pivot = coefficients[row, column]
        if abs(pivot) <= tolerance:
            return rows
        change = coefficients[row].copy()
        change[column] -= 1.0
        coefficients -= np.outer(coefficients[:, column] / pivot, change)
        rows[column] = row
    raise CalculationError(
        f"MaxVol did not end after {n_swaps} swaps; raise the tolerance {tolerance}"
    )


def pivot_rows(matrix: FloatArray) -> IntArray:
    """Return the rows that a QR factorisation with pivoting takes first.

    Parameters
    ----------
    matrix
        Shape ``(n_rows, n_columns)``.

    Returns
    -------
    IntArray
        Row numbers, shape ``(n_columns,)``.
    """
    pivots = qr(matrix.T, mode="r", pivoting=True)[1]
    return np.asarray(pivots[: matrix.shape[1]], dtype=np.int64)


def additions(
    active: FloatArray, candidates: Sequence[FloatArray], limit: int, tolerance: float = 1.01
) -> list[int]:
    """Return the candidates that enlarge an active set, most needed first.

    Each turn takes the candidate with the largest grade, puts its rows into the active set by
    MaxVol and grades the others again, so that a second one of the same kind is not taken.

    Parameters
    ----------
    active
        The active set, shape ``(n_columns, n_columns)``, not singular.
    candidates
        The rows of each candidate, shape ``(n_rows, n_columns)``.
    limit
        How many to return at most.
    tolerance
        Candidates with a smaller grade add nothing.

    Returns
    -------
    list of int
        Indices of candidates.
    """
    chosen: list[int] = []
    held = active.copy()
    while len(chosen) < limit:
        inverse = np.linalg.inv(held)
        grades = [np.abs(rows @ inverse).max(initial=0.0) for rows in candidates]
        for index in chosen:
            grades[index] = 0.0
        best = int(np.argmax(grades)) if grades else -1
        if best < 0 or grades[best] <= tolerance:
            break
        chosen.append(best)
        joined = np.vstack([held, candidates[best]])
        held = joined[maxvol(joined, tolerance, start=np.arange(len(held)))]
    return chosen


def _coefficients(matrix: FloatArray, rows: IntArray) -> FloatArray:
    try:
        return np.ascontiguousarray(np.linalg.solve(matrix[rows].T, matrix.T).T)
    except np.linalg.LinAlgError as error:
        raise InputError(
            "the matrix is rank deficient: project the redundant columns out before MaxVol"
        ) from error


def _check(matrix: FloatArray, tolerance: float) -> None:
    if matrix.ndim != 2 or matrix.shape[0] < matrix.shape[1] or not matrix.size:
        raise InputError(f"MaxVol needs at least as many rows as columns, not {matrix.shape}")
    if not np.all(np.isfinite(matrix)):
        raise InputError("the matrix for MaxVol has entries that are not finite")
    if tolerance <= 1.0:
        raise InputError(f"the tolerance of MaxVol must be above 1, not {tolerance}")
