"""The first sharp diffraction peak, and calculated against measured S(Q)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError

_STEP = 0.02
_SMOOTHING = 0.08
_PROMINENCE = 0.1
_RANGE = (0.5, 3.0)


@dataclass(frozen=True)
class DiffractionPeak:
    """A peak of S(Q).

    Parameters
    ----------
    q_inv_a
        Its place, 1/Å; 2π over it is the length of the order behind it.
    height
        S there.
    width_inv_a
        Its full width at half of its prominence, 1/Å.
    """

    q_inv_a: float
    height: float
    width_inv_a: float


def first_sharp_diffraction_peak(
    q_inv_a: npt.ArrayLike, s: npt.ArrayLike
) -> DiffractionPeak | None:
    """Return the first peak of S(Q) between 0.5 and 3 1/Å; None where there is none.

    S(Q) is smoothed by 0.08 1/Å; a peak stands out by 0.1.

    Parameters
    ----------
    q_inv_a
        |Q|, increasing, 1/Å, shape ``(n_q,)``.
    s
        S(Q), shape ``(n_q,)``.
    """
    from scipy.signal import find_peaks, peak_widths

    q, values = np.asarray(q_inv_a, dtype=float), np.asarray(s, dtype=float)
    grid = np.arange(q[0], q[-1], _STEP)
    smooth = gaussian_filter1d(np.interp(grid, q, values), _SMOOTHING / _STEP, mode="nearest")
    tops = find_peaks(smooth, prominence=_PROMINENCE)[0]
    inside = tops[(grid[tops] >= _RANGE[0]) & (grid[tops] <= _RANGE[1])]
    if not len(inside):
        return None
    top = int(inside[0])
    width = float(peak_widths(smooth, [top], rel_height=0.5)[0][0]) * _STEP
    return DiffractionPeak(float(grid[top]), float(smooth[top]), width)


def read_curve(path: str | Path) -> FloatArray:
    """Return a measured curve from a file of two columns.

    Parameters
    ----------
    path
        Text; columns are parted by blanks, tabs or commas, lines that begin with # are skipped.

    Returns
    -------
    FloatArray
        Shape ``(n, 2)``, sorted by the first column.

    Raises
    ------
    InputError
        If the file is absent, does not have two columns of numbers, or has fewer than two lines.
    """
    try:
        text = Path(path).read_text().replace(",", " ")
    except OSError as error:
        raise InputError(f"the measured curve {path} cannot be read: {error}") from error
    lines = [line.partition("#")[0].split() for line in text.splitlines()]
    rows = [row for row in lines if row]
    for number, row in enumerate(rows, start=1):
        if len(row) != 2:
            raise InputError(
                f"the measured curve {path} has {len(row)} columns in row {number}; give two: "
                "Q in 1/Å and S"
            )
    try:
        curve = np.array(rows, dtype=float)
    except ValueError as error:
        raise InputError(f"the measured curve {path} holds what is no number: {error}") from error
    if len(curve) < 2 or not np.isfinite(curve).all():
        raise InputError(f"the measured curve {path} needs at least two rows of finite numbers")
    sorted_curve: FloatArray = curve[np.argsort(curve[:, 0])]
    return sorted_curve


def curve_deviation(q_inv_a: npt.ArrayLike, s: npt.ArrayLike, measured: npt.ArrayLike) -> float:
    """Return R = sqrt(Σ (S - S_measured)² / Σ S_measured²) where both curves are.

    Wright, J. Non-Cryst. Solids 159, 264 (1993), in Q instead of r.

    Parameters
    ----------
    q_inv_a, s
        The calculated curve, shape ``(n_q,)`` each.
    measured
        The measured one, shape ``(n, 2)``.

    Raises
    ------
    InputError
        If the curves do not overlap.
    """
    q, curve = np.asarray(q_inv_a, dtype=float), np.asarray(measured, dtype=float)
    both = curve[(curve[:, 0] >= q[0]) & (curve[:, 0] <= q[-1])]
    if not both.any():
        raise InputError(
            f"the measured curve is from {curve[0, 0]:g} to {curve[-1, 0]:g} 1/Å and the "
            f"calculated one from {q[0]:g} to {q[-1]:g} 1/Å; give one that overlaps"
        )
    calculated = np.interp(both[:, 0], q, np.asarray(s, dtype=float))
    return float(np.sqrt(((calculated - both[:, 1]) ** 2).sum() / (both[:, 1] ** 2).sum()))
