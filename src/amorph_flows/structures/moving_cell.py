"""How far the cell of MD under pressure may change in one run, of engines and of LAMMPS."""

from __future__ import annotations

import numpy as np

from amorph_flows.arrays import FloatArray
from amorph_flows.structures._supercell import perpendicular_widths

MAX_VOLUME_RATIO = 3.0
"""Volume over that at the start above which a cell has exploded; its inverse: collapsed."""

MIN_HEIGHT_RATIO = 0.5
"""Distance of opposite faces over that at the start below which a cell has flattened."""


def runaway(cell: FloatArray, start: FloatArray) -> str:
    """Return what has become of a cell that ran away, or nothing if it is whole.

    Parameters
    ----------
    cell, start
        Row vectors now and at the start, Å, shape ``(3, 3)``.
    """
    ratio = abs(np.linalg.det(cell) / np.linalg.det(start))
    if not 1 / MAX_VOLUME_RATIO < ratio < MAX_VOLUME_RATIO:
        what = "exploded" if ratio > 1 else "collapsed"
        return f"the cell has {what} to {ratio:.3g} times its first volume"
    flatness = float((perpendicular_widths(cell) / perpendicular_widths(start)).min())
    if flatness < MIN_HEIGHT_RATIO:
        return (
            f"the cell has flattened to {flatness:.2f} of its first height (a melt needs "
            "coupling = 'isotropic')"
        )
    return ""
