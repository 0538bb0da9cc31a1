"""Searches for the rings of a network by three definitions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import TypeAlias

from amorph_flows.analysis.structure._bond_graph import (
    BondDistances,
    BondGraph,
    Node,
    Ring,
    ring_name,
)

_Shells: TypeAlias = list[dict[Node, list[Node]]]
"""The nodes at each number of bonds from a start, with their predecessors."""


def different(rings: Iterable[Ring]) -> list[Ring]:
    """Return one of each set of equal rings, periodic images included."""
    found: dict[tuple[Node, ...], Ring] = {}
    for ring in rings:
        found.setdefault(ring_name(ring), ring)
    return list(found.values())


def rings_of_bonds(graph: BondGraph, longest: int) -> Iterator[Ring]:
    """Yield the shortest rings, of at most ``longest`` bonds, through each bond."""
    for atom, bonded in enumerate(graph.neighbours):
        start = (atom, 0, 0, 0)
        for other in bonded:
            if other > start:
                yield from shortest_paths(graph, start, other, longest - 1, bond=(start, other))


def rings_of_angles(graph: BondGraph, centres: Iterable[int], longest: int) -> Iterator[Ring]:
    """Yield the shortest rings, of at most ``longest`` bonds, through each two bonds of an atom."""
    for atom in centres:
        centre = (atom, 0, 0, 0)
        for first, second in combinations(graph.neighbours[atom], 2):
            for path in shortest_paths(graph, first, second, longest - 2, avoid=[centre]):
                yield [centre, *path]


def undivided_rings(graph: BondGraph, roots: Iterable[int], longest: int) -> Iterator[Ring]:
    """Yield the rings of at most ``longest`` bonds that no path through the network shortens.

    Each is found from the root of least index on it, from which the two ways around are shortest
    paths to the opposite node or bond.
    """
    distances = BondDistances(graph, longest // 2)
    wanted = set(roots)
    for root in sorted(wanted):
        depths = distances.around(root)
        left_out = {atom for atom in wanted if atom < root}
        before = {
            node: [
                other
                for other in graph.next_to(node)
                if depths.get(other, depth) < depth and other[0] not in left_out
            ]
            for node, depth in depths.items()
            if node[0] not in left_out
        }
        for n_bonds, left, right in _farthest(graph, depths, before):
            if n_bonds <= longest:
                rings = _closed(before, distances, n_bonds, left, right)
                yield from (ring for ring in rings if _is_undivided(distances, ring))


def _farthest(
    graph: BondGraph, depths: dict[Node, int], before: dict[Node, list[Node]]
) -> Iterator[tuple[int, list[Node], list[Node]]]:
    """Yield the bonds of rings, and the nodes opposite to the root that their two arms begin at."""
    for node, previous in before.items():
        depth = depths[node]
        for one, other in combinations(previous, 2):
            yield 2 * depth, [node, one], [other]
        for other in graph.next_to(node):
            if node < other and other in before and depths[other] == depth:
                yield 2 * depth + 1, [node], [other]


def _closed(
    before: dict[Node, list[Node]],
    distances: BondDistances,
    n_bonds: int,
    left: list[Node],
    right: list[Node],
) -> Iterator[Ring]:
    """Yield the rings whose two arms go on to the root without coming nearer than they may."""
    first, second = left[-1], right[-1]
    between = len(left) + len(right) - 1
    if first == second:
        if between == n_bonds:
            yield left + right[-2::-1]
        return
    if distances.between(first, second) != min(between, n_bonds - between):
        return
    for one in before[first]:
        for other in before[second]:
            yield from _closed(before, distances, n_bonds, [*left, one], [*right, other])


def _is_undivided(distances: BondDistances, ring: Ring) -> bool:
    """Return whether no path is shorter than both ways around between any two opposite nodes."""
    half, odd = divmod(len(ring), 2)
    opposite = ring[half:] + ring[:half]
    return all(
        distances.between(*ends) == half
        for ends in zip(ring if odd else ring[:half], opposite, strict=False)
    )


def shortest_paths(
    graph: BondGraph,
    start: Node,
    end: Node,
    longest: int,
    *,
    bond: tuple[Node, ...] = (),
    avoid: Iterable[Node] = (),
) -> list[Ring]:
    """Return all shortest paths between two nodes that use neither a bond nor some other nodes.

    Breadth first from both ends, always the smaller front, until the fronts meet.
    """
    fronts: tuple[_Shells, _Shells] = ([{start: []}], [{end: []}])
    seen = ({start, *avoid}, {end, *avoid})
    for _ in range(longest):
        side = 0 if len(fronts[0][-1]) <= len(fronts[1][-1]) else 1
        shell: dict[Node, list[Node]] = {}
        for node in fronts[side][-1]:
            for reached in graph.next_to(node):
                if reached in seen[side] or (node in bond and reached in bond):
                    continue
                shell.setdefault(reached, []).append(node)
        if not shell:
            return []
        fronts[side].append(shell)
        seen[side].update(shell)
        if meeting := shell.keys() & fronts[1 - side][-1].keys():
            return [
                forward[::-1] + backward[1:]
                for node in meeting
                for forward in _walks(fronts[0], node, len(fronts[0]) - 1)
                for backward in _walks(fronts[1], node, len(fronts[1]) - 1)
            ]
    return []


def _walks(shells: _Shells, node: Node, depth: int) -> list[Ring]:
    """Return the ways from a node of a shell back to the start, the node first."""
    if depth == 0:
        return [[node]]
    return [
        [node, *rest]
        for previous in shells[depth][node]
        for rest in _walks(shells, previous, depth - 1)
    ]
