"""How far the points of a grid are from the surfaces of the atoms."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from amorph_flows.analysis.structure._images import with_images
from amorph_flows.analysis.structure._snapshot import perpendicular_widths
from amorph_flows.arrays import FloatArray

_FIRST_REACH_A = 4.0


def clearance_of_grid(
    positions: FloatArray, cell: FloatArray, radii_a: FloatArray, spacing_a: float
) -> FloatArray:
    """Return the distance of each grid point to the nearest surface of an atom, Å.

    Negative inside an atom. Periodic images of any number are seen, in cells of any shape.

    Parameters
    ----------
    positions
        Å, shape ``(n_atoms, 3)``.
    cell
        Row vectors, Å, shape ``(3, 3)``.
    radii_a
        Of each atom, Å, shape ``(n_atoms,)``.
    spacing_a
        Largest distance of neighbouring points along a cell vector, Å.

    Returns
    -------
    FloatArray
        Shape ``(n_a, n_b, n_c)``, points at multiples of the cell vectors over those numbers.
    """
    shape = np.ceil(np.linalg.norm(cell, axis=1) / spacing_a).astype(int)
    axes = [np.arange(n) / n for n in shape]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3) @ cell
    fractional = positions @ np.linalg.inv(cell) % 1.0
    clearance = np.full(len(points), np.inf)
    left, reach = np.arange(len(points)), _FIRST_REACH_A
    while len(left):
        images, atoms, _ = with_images(fractional, cell, reach / perpendicular_widths(cell))
        radii = radii_a[atoms]
        for radius in np.unique(radii):
            tree = cKDTree(images[radii == radius])
            distances = tree.query(points[left], distance_upper_bound=reach)[0]
            clearance[left] = np.minimum(clearance[left], distances - radius)
        # an atom beyond the reach may have a nearer surface than one within
        left = left[clearance[left] > reach - radii_a.max()]
        reach *= 2
    return clearance.reshape(shape)
