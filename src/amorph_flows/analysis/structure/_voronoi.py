"""Voronoi cells of the atoms of a periodic structure, by Qhull."""

from __future__ import annotations

import numpy as np

from amorph_flows.analysis.structure._images import with_images
from amorph_flows.analysis.structure._snapshot import perpendicular_widths
from amorph_flows.arrays import FloatArray, IntArray

_FIRST_MARGIN = 3.0
"""Margin at first, in units of the mean distance of atoms."""


def voronoi_volumes(positions: FloatArray, cell: FloatArray) -> FloatArray:
    """Return the volume nearer to each atom than to any other, Å³, shape ``(n_atoms,)``.

    The images within a margin are tessellated with the atoms. What bounds the cell of an atom is at
    most twice as far from it as the farthest corner of that cell; where that is beyond the margin,
    the margin grows.

    Parameters
    ----------
    positions
        Å, shape ``(n_atoms, 3)``.
    cell
        Row vectors, Å, shape ``(3, 3)``.
    """
    fractional = positions @ np.linalg.inv(cell) % 1.0
    margin = _FIRST_MARGIN * float(abs(np.linalg.det(cell)) / len(positions)) ** (1 / 3)
    while True:
        points = _atoms_then_images(fractional, cell, margin)
        volumes, needed = _volumes(points, len(positions), margin)
        if needed <= margin:
            return volumes
        margin = 1.01 * needed


def _atoms_then_images(fractional: FloatArray, cell: FloatArray, margin_a: float) -> FloatArray:
    """Return the atoms, and after them their images: as far as a margin, and one on each side."""
    ordered = np.sort(fractional, axis=0)
    gaps = np.diff(ordered, axis=0, append=ordered[:1] + 1.0).max(axis=0)
    margins = np.maximum(margin_a / perpendicular_widths(cell), 1.001 * gaps)
    points, _, shifts = with_images(fractional, cell, margins)
    return points[np.argsort(shifts.any(axis=1), kind="stable")]


def _volumes(points: FloatArray, n_atoms: int, margin_a: float) -> tuple[FloatArray, float]:
    """Return the volumes of the cells of the first points, and the margin that they need.

    A cell is made of pyramids on its faces: V = Σ area · (d / 2) / 3, with d the distance of the
    two points that a face parts.
    """
    from scipy.spatial import Voronoi

    found = Voronoi(points)
    kept = np.flatnonzero((found.ridge_points < n_atoms).any(axis=1))
    faces = [found.ridge_vertices[face] for face in kept]
    sizes = np.array([len(face) for face in faces])
    indices = np.concatenate(faces)
    if indices.min() < 0:  # a cell without an end
        return np.zeros(n_atoms), 2.0 * margin_a
    corners = found.vertices[indices]
    starts: IntArray = np.cumsum(sizes) - sizes
    following = np.arange(len(corners)) + 1
    following[starts + sizes - 1] = starts
    hub = np.repeat(corners[starts], sizes, axis=0)
    triangles = np.cross(corners - hub, corners[following] - hub)
    areas = np.linalg.norm(np.add.reduceat(triangles, starts), axis=1) / 2.0
    first, second = found.ridge_points[kept].T
    pyramids = areas * np.linalg.norm(points[first] - points[second], axis=1) / 6.0
    volumes = np.zeros(n_atoms)
    for end in (first, second):
        own = end < n_atoms
        np.add.at(volumes, end[own], pyramids[own])
    centre = np.repeat(points[np.minimum(first, second)], sizes, axis=0)
    return volumes, 2.0 * float(np.linalg.norm(corners - centre, axis=1).max())
