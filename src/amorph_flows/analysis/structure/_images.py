"""Periodic images of atoms around their cell."""

from __future__ import annotations

import numpy as np

from amorph_flows.arrays import FloatArray, IntArray


def with_images(
    fractional: FloatArray, cell: FloatArray, margins: FloatArray
) -> tuple[FloatArray, IntArray, IntArray]:
    """Return the atoms of a cell and their images within margins around it.

    Parameters
    ----------
    fractional
        Coordinates from 0 to 1, shape ``(n_atoms, 3)``.
    cell
        Row vectors, Å, shape ``(3, 3)``.
    margins
        In lengths of the cell vectors, shape ``(3,)``.

    Returns
    -------
    tuple
        Where they are, Å, shape ``(n, 3)``; which atom each is, shape ``(n,)``; and in which cell,
        shape ``(n, 3)``. Those of one cell are in the order of the atoms.
    """
    axes = [np.arange(-n, n + 1) for n in np.ceil(margins).astype(int)]
    offsets = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3)
    placed = fractional + offsets[:, None]
    near = ((placed > -margins) & (placed < 1.0 + margins)).all(axis=2)
    image, atom = np.nonzero(near)
    return placed[image, atom] @ cell, atom, offsets[image]
