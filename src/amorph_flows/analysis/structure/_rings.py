"""Guttman's rings: the shortest ways back between two bonded atoms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from amorph_flows.analysis.structure._snapshot import StructureLike, as_trajectory, symbols_of
from amorph_flows.analysis.structure.coordination import Bonds, Pair, find_bonds
from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import InputError

LARGEST_RING = 12

_Node: TypeAlias = tuple[int, int, int, int]
"""An atom and the cell that it is in."""
_Shells: TypeAlias = list[dict[_Node, list[_Node]]]
"""The nodes at each number of bonds from a start, with their predecessors."""


@dataclass(frozen=True)
class Rings:
    """The different rings of a network.

    Parameters
    ----------
    sizes
        Backbone atoms of each ring: cations where anions link them (as many as the anions), all
        atoms in a network without anions, shape ``(n_rings,)``.
    centres
        Mean position of the atoms of each ring, Å, wrapped into the cell, shape ``(n_rings, 3)``.
    members
        Indices of the atoms of each ring, in order around it.
    largest
        Largest size that was searched for.
    n_open
        Bonds without a ring up to that size.
    cutoffs_a
        The bond lengths that were used, Å.
    """

    sizes: IntArray
    centres: FloatArray
    members: tuple[tuple[int, ...], ...]
    largest: int
    n_open: int
    cutoffs_a: dict[Pair, float]

    @property
    def distribution(self) -> dict[int, int]:
        """Number of rings of each size."""
        sizes, counts = np.unique(self.sizes, return_counts=True)
        return {int(size): int(count) for size, count in zip(sizes, counts, strict=True)}


def guttman_rings(
    structure: StructureLike,
    backbone: str | Iterable[str],
    anion: str | None = "O",
    cutoffs_a: Mapping[Pair, float] | None = None,
    largest: int = LARGEST_RING,
) -> Rings:
    """Return the rings of one structure (Guttman, J. Non-Cryst. Solids 116, 145 (1990)).

    For every bond, the rings are all shortest paths between its atoms that do not use the bond;
    equal rings found from several bonds count once. Paths run through the periodic images, so a
    chain that closes only on an image of itself is no ring, however small the cell.

    Parameters
    ----------
    structure
        A structure, or a trajectory of one frame.
    backbone
        The cations of the network, such as P and Fe.
    anion
        The element that links them; None if they bond to each other.
    cutoffs_a
        Bond lengths by pair of elements, Å; the first minima of the RDFs for those not given.
    largest
        Largest ring, in backbone atoms, to search for.

    Examples
    --------
    How ions lie around the rings of one size, as g(r) of a dummy element at their centres:

    >>> centres = rings.centres[rings.sizes == 6]
    >>> marked = glass + Atoms(numbers=[0] * len(centres), positions=centres)
    >>> radial_distribution(marked).pair("X", "Na")

    Raises
    ------
    InputError
        If an element is absent, a cutoff cannot be, or largest is below 2.
    """
    if largest < 2:
        raise InputError(f"largest is {largest}; the smallest ring has 2 backbone atoms")
    frame = as_trajectory(structure)
    pairs = _pairs(symbols_of(backbone), anion)
    given = dict(cutoffs_a or {})
    bonds = find_bonds(frame, {pair: given.get(pair) for pair in pairs})
    step = 1 if anion is None else 2
    found, n_open = _all_rings(bonds, frame.n_atoms, longest=largest * step)
    cell = frame.cells[0]
    fractional = frame.positions[0] @ np.linalg.inv(cell)
    centres = [np.mean([fractional[node[0]] + node[1:] for node in ring], axis=0) for ring in found]
    return Rings(
        sizes=np.array([len(ring) // step for ring in found], dtype=np.int64),
        centres=np.reshape(centres, (-1, 3)) % 1.0 @ cell,
        members=tuple(tuple(node[0] for node in ring) for ring in found),
        largest=largest,
        n_open=n_open,
        cutoffs_a=bonds.cutoffs_a,
    )


def _pairs(backbone: list[str], anion: str | None) -> list[Pair]:
    if anion is not None:
        return [(cation, anion) for cation in backbone]
    return [(a, b) for n, a in enumerate(backbone) for b in backbone[n:]]


def _all_rings(bonds: Bonds, n_atoms: int, longest: int) -> tuple[list[list[_Node]], int]:
    """Return the different rings of at most ``longest`` bonds, and the bonds without any."""
    neighbours: list[list[_Node]] = [[] for _ in range(n_atoms)]
    for i, j, (a, b, c) in zip(
        bonds.first.tolist(), bonds.second.tolist(), bonds.images.tolist(), strict=True
    ):
        neighbours[i].append((j, a, b, c))
    rings: dict[tuple[_Node, ...], list[_Node]] = {}
    n_open = 0
    for atom, bonded in enumerate(neighbours):
        for other in bonded:
            if other < (atom, 0, 0, 0):
                continue
            paths = _shortest_paths(neighbours, (atom, 0, 0, 0), other, longest - 1)
            n_open += not paths
            for path in paths:
                rings.setdefault(_key(path), path)
    return list(rings.values()), n_open


def _key(ring: list[_Node]) -> tuple[_Node, ...]:
    """Return a name of a ring that its periodic images share."""
    _, *cell = min(ring)
    return tuple(sorted((n[0], n[1] - cell[0], n[2] - cell[1], n[3] - cell[2]) for n in ring))


def _shortest_paths(
    neighbours: list[list[_Node]], start: _Node, end: _Node, longest: int
) -> list[list[_Node]]:
    """Return all shortest paths between two bonded atoms other than their bond.

    Breadth first from both ends, always the smaller front, until the fronts meet.
    """
    fronts: tuple[_Shells, _Shells] = ([{start: []}], [{end: []}])
    seen = ({start}, {end})
    for length in range(1, longest + 1):
        side = 0 if len(fronts[0][-1]) <= len(fronts[1][-1]) else 1
        shell = _next_shell(neighbours, fronts[side][-1], seen[side], (start, end))
        if not shell:
            return []
        fronts[side].append(shell)
        seen[side].update(shell)
        meeting = shell.keys() & fronts[1 - side][-1].keys()
        if meeting and length > 1:
            return [
                forward[::-1] + backward[1:]
                for node in meeting
                for forward in _walks(fronts[0], node, len(fronts[0]) - 1)
                for backward in _walks(fronts[1], node, len(fronts[1]) - 1)
            ]
    return []


def _next_shell(
    neighbours: list[list[_Node]],
    front: dict[_Node, list[_Node]],
    seen: set[_Node],
    bond: tuple[_Node, _Node],
) -> dict[_Node, list[_Node]]:
    shell: dict[_Node, list[_Node]] = {}
    for node in front:
        atom, a, b, c = node
        for other, da, db, dc in neighbours[atom]:
            reached = (other, a + da, b + db, c + dc)
            if reached in seen or (node in bond and reached in bond):
                continue
            shell.setdefault(reached, []).append(node)
    return shell


def _walks(shells: _Shells, node: _Node, depth: int) -> list[list[_Node]]:
    """Return the ways from a node of a shell back to the start, the node first."""
    if depth == 0:
        return [[node]]
    return [
        [node, *rest]
        for previous in shells[depth][node]
        for rest in _walks(shells, previous, depth - 1)
    ]
