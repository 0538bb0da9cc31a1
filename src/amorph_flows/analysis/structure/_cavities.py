"""Connected regions of a periodic grid, and the directions that they run through the cell in."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from amorph_flows.arrays import IntArray

_Winding = tuple[int, int, int]


@dataclass(frozen=True)
class Cavities:
    """Regions of a grid that are connected, periodic images included.

    Parameters
    ----------
    labels
        Region of each point from 1; 0 where there is none.
    dimensions
        Independent directions in which each region runs on without an end, 0 to 3, shape
        ``(n_regions,)``.
    """

    labels: IntArray
    dimensions: IntArray


def find_cavities(inside: npt.NDArray[np.bool_]) -> Cavities:
    """Return the connected regions; points are neighbours if their boxes touch.

    Parameters
    ----------
    inside
        Which points belong to any, shape ``(n_a, n_b, n_c)``.
    """
    pieces, n_pieces = ndimage.label(inside, np.ones((3, 3, 3)))
    labels = pieces.astype(np.int64)
    joined = _Joined(n_pieces + 1)
    for one, other, *step in _through_faces(labels):
        joined.join(one, other, (step[0], step[1], step[2]))
    roots = np.array([joined.find(piece)[0] for piece in range(n_pieces + 1)])
    kept = np.unique(roots[1:])
    number_of = np.zeros(n_pieces + 1, dtype=np.int64)
    number_of[kept] = np.arange(1, len(kept) + 1)
    windings = [joined.windings.get(root, []) for root in kept.tolist()]
    return Cavities(
        labels=number_of[roots][labels],
        dimensions=np.array(
            [np.linalg.matrix_rank(np.array(w)) if w else 0 for w in windings], dtype=np.int64
        ),
    )


def _through_faces(labels: IntArray) -> list[list[int]]:
    """Return the pieces that touch through a face of the cell: two and the step, once each."""
    shape = np.array(labels.shape)
    inner = np.zeros(labels.shape, dtype=bool)
    inner[1:-1, 1:-1, 1:-1] = True
    points = np.argwhere((labels > 0) & ~inner)
    found = []
    for offset in list(product((-1, 0, 1), repeat=3))[14:]:  # the other half is the way back
        steps, wrapped = np.divmod(points + offset, shape)
        others = labels[tuple(wrapped.T)]
        crossing = steps.any(axis=1) & (others > 0)
        touching = np.column_stack([labels[tuple(points.T)], others, steps])[crossing]
        found.append(np.unique(touching, axis=0))
    once: list[list[int]] = np.concatenate(found).tolist()
    return once


class _Joined:
    """Pieces that are joined through the faces of the cell, each with its cell in its region."""

    def __init__(self, n_pieces: int) -> None:
        self._parents = [(n, (0, 0, 0)) for n in range(n_pieces)]
        self.windings: dict[int, list[_Winding]] = {}

    def find(self, piece: int) -> tuple[int, _Winding]:
        """Return the first piece of a region, and the cell of this one relative to it."""
        parent, cell = self._parents[piece]
        if parent == piece:
            return piece, (0, 0, 0)
        root, of_parent = self.find(parent)
        self._parents[piece] = root, _sum(cell, of_parent)
        return self._parents[piece]

    def join(self, piece: int, other: int, step: _Winding) -> None:
        """Say that the image of another piece, a step of cells on, touches a piece."""
        root, cell = self.find(piece)
        other_root, other_cell = self.find(other)
        apart = _sum(_sum(cell, step), (-other_cell[0], -other_cell[1], -other_cell[2]))
        if root == other_root:
            if any(apart):
                self.windings.setdefault(root, []).append(apart)
            return
        self._parents[other_root] = root, apart
        self.windings.setdefault(root, []).extend(self.windings.pop(other_root, []))


def _sum(first: _Winding, second: _Winding) -> _Winding:
    return first[0] + second[0], first[1] + second[1], first[2] + second[2]
