"""The network of one structure as a graph that runs on through the periodic images."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from amorph_flows.analysis.structure._snapshot import perpendicular_widths
from amorph_flows.analysis.structure.coordination import Pair, find_bonds
from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.arrays import FloatArray, IntArray

Node: TypeAlias = tuple[int, int, int, int]
"""An atom and the cell that it is in."""
Ring: TypeAlias = list[Node]
"""Nodes in order around a ring."""


@dataclass(frozen=True)
class BondGraph:
    """Bonds of one structure.

    Parameters
    ----------
    fractional
        Atoms wrapped into the cell, shape ``(n_atoms, 3)``; cells of nodes count from there.
    cell
        Row vectors, Å, shape ``(3, 3)``.
    neighbours
        Nodes bonded to each atom of cell 0.
    longest_a
        The longest bond, Å.
    cutoffs_a
        The bond lengths that were used, Å.
    """

    fractional: FloatArray
    cell: FloatArray
    neighbours: tuple[tuple[Node, ...], ...]
    longest_a: float
    cutoffs_a: dict[Pair, float]

    @classmethod
    def of(cls, frame: Trajectory, pairs: dict[Pair, float | None]) -> BondGraph:
        """Return the graph of a frame.

        Parameters
        ----------
        frame
            A trajectory of one frame.
        pairs
            As for `find_bonds`.

        Raises
        ------
        InputError
            As `find_bonds`.
        """
        fractional = frame.positions @ np.linalg.inv(frame.cells) % 1.0
        bonds = find_bonds(replace(frame, positions=fractional @ frame.cells), pairs)
        neighbours: list[list[Node]] = [[] for _ in range(frame.n_atoms)]
        ends = zip(bonds.first.tolist(), bonds.second.tolist(), bonds.images.tolist(), strict=True)
        for i, j, (a, b, c) in ends:
            neighbours[i].append((j, a, b, c))
        longest = np.linalg.norm(bonds.vectors, axis=1).max(initial=0.0)
        linked = tuple(tuple(bonded) for bonded in neighbours)
        return cls(fractional[0], frame.cells[0], linked, float(longest), bonds.cutoffs_a)

    def next_to(self, node: Node) -> list[Node]:
        """Return the nodes bonded to a node."""
        atom, a, b, c = node
        return [(other, a + da, b + db, c + dc) for other, da, db, dc in self.neighbours[atom]]

    def positions(self, ring: Ring) -> FloatArray:
        """Return where the atoms of a ring are, unbroken by the cell's faces, Å, ``(n, 3)``."""
        nodes = np.array(ring)
        unbroken: FloatArray = (self.fractional[nodes[:, 0]] + nodes[:, 1:]) @ self.cell
        return unbroken

    def bonds_outside(self, rings: list[Ring]) -> int:
        """Return how many bonds no ring goes through."""
        bonds = {
            bond_name((atom, 0, 0, 0), other)
            for atom, bonded in enumerate(self.neighbours)
            for other in bonded
        }
        for ring in rings:
            bonds -= {bond_name(*ends) for ends in zip(ring, ring[1:] + ring[:1], strict=True)}
        return len(bonds)


def bond_name(first: Node, second: Node) -> tuple[int, int, int, int, int]:
    """Return a name of a bond that its images and both directions share."""
    (i, a, b, c), (j, d, e, f) = first, second
    return min((i, j, d - a, e - b, f - c), (j, i, a - d, b - e, c - f))


def ring_name(ring: Ring) -> tuple[Node, ...]:
    """Return a name of a ring that its periodic images share."""
    _, *cell = min(ring)
    return tuple(sorted((n[0], n[1] - cell[0], n[2] - cell[1], n[3] - cell[2]) for n in ring))


class BondDistances:
    """Numbers of bonds on the shortest way between nodes, up to a radius."""

    def __init__(self, graph: BondGraph, radius: int) -> None:
        from amorph_flows.analysis.structure._ball_kernel import fill_ball

        n_atoms = len(graph.neighbours)
        reach = np.ceil(radius * graph.longest_a / perpendicular_widths(graph.cell)) + 1
        self._reach: list[int] = reach.astype(int).tolist()
        self._side = 2 * max(self._reach) + 1
        self._n_atoms = n_atoms
        starts = np.cumsum([0, *map(len, graph.neighbours)])
        ends = np.array([n for bonded in graph.neighbours for n in bonded], dtype=np.int64)
        ends = ends.reshape(-1, 4)
        depths = np.full(n_atoms * self._side**3, -1, dtype=np.int16)
        queue = np.empty((len(depths), 4), dtype=np.int64)
        codes = np.empty(len(depths), dtype=np.int64)
        self._codes: list[IntArray] = []
        self._depths: list[IntArray] = []
        for atom in range(n_atoms):
            n_found = fill_ball(atom, starts, ends, radius, self._side, depths, queue, codes)
            found = np.sort(codes[:n_found])
            self._codes.append(found)
            self._depths.append(depths[found].astype(np.int64))
            depths[found] = -1

    def between(self, first: Node, second: Node) -> int | None:
        """Return the number of bonds, None beyond the radius."""
        atom, a, b, c = first
        other, d, e, f = second
        half = self._side // 2
        x, y, z = d - a + half, e - b + half, f - c + half
        if not (0 <= x < self._side and 0 <= y < self._side and 0 <= z < self._side):
            return None
        code = ((x * self._side + y) * self._side + z) * self._n_atoms + other
        codes = self._codes[atom]
        index = bisect_left(codes, code)
        if index == len(codes) or codes[index] != code:
            return None
        return int(self._depths[atom][index])

    def around(self, atom: int) -> dict[Node, int]:
        """Return the bonds from an atom of cell 0 to each node within the radius."""
        half = self._side // 2
        rest, others = np.divmod(self._codes[atom], self._n_atoms)
        rest, z = np.divmod(rest, self._side)
        x, y = np.divmod(rest, self._side)
        nodes = zip(
            others.tolist(), (x - half).tolist(), (y - half).tolist(), (z - half).tolist(),
            strict=True,
        )  # fmt: skip
        return dict(zip(nodes, self._depths[atom].tolist(), strict=True))
