"""Structures with known rings, and the peers' rules of rings applied here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations

import numpy as np
from ase import Atoms
from ase.build import bulk
from pymatgen.core import Lattice, Structure

from amorph_flows.analysis.structure._bond_graph import BondGraph, Ring
from amorph_flows.analysis.structure._ring_search import different, rings_of_bonds, shortest_paths
from amorph_flows.analysis.structure._snapshot import as_trajectory

Bonds = dict[tuple[str, str], float]


def crystals() -> dict[str, Atoms]:
    """Return structures whose rings are known."""
    sites = [[0, 0, 0], [0.125, 0.125, 0.125]]
    silica = Structure.from_spacegroup("Fd-3m", Lattice.cubic(7.16), ["Si", "O"], sites)
    return {
        "cristobalite": silica.to_ase_atoms().repeat(2),
        "edge-sharing pair": Atoms(
            "SiOSiO",
            [[9.0, 5, 5], [10.5, 6.2, 5], [12.0, 5, 5], [10.5, 3.8, 5]],
            cell=[16.0] * 3,
            pbc=True,
        ),
        "oxygen of three": Atoms(
            "OSi3",
            [[8, 8, 8], [9.7, 8, 8], [7.15, 9.47, 8], [7.15, 6.53, 8]],
            cell=[16.0] * 3,
            pbc=True,
        ),
        "simple cubic": bulk("Po", "sc", a=3.0).repeat(6),
    }


def by_size(rings: list[Ring]) -> dict[int, int]:
    """Return how many rings of each number of cations."""
    return dict(sorted(Counter(len(ring) for ring in rings).items()))


def contracted_rings(atoms: Atoms, bonds: Bonds, largest: int) -> dict[int, int]:
    """Return Guttman's rings of the cations alone, bonded where they share an anion."""
    graph = BondGraph.of(as_trajectory(atoms), dict(bonds))
    cations = np.isin(atoms.symbols, [pair[0] for pair in bonds])
    bonded = tuple(
        tuple({far for near in near_by for far in graph.next_to(near)} - {(atom, 0, 0, 0)})
        if cations[atom]
        else ()
        for atom, near_by in enumerate(graph.neighbours)
    )
    linked = replace(graph, neighbours=bonded)
    return by_size(different(rings_of_bonds(linked, largest)))


def angle_rings_avoiding_neighbours(atoms: Atoms, bonds: Bonds, largest: int) -> dict[int, int]:
    """Return King's rings of all atoms, on paths that avoid the atom's other neighbours."""
    graph = BondGraph.of(as_trajectory(atoms), dict(bonds))
    step = 1 if all(first == second for first, second in bonds) else 2
    found = by_size(different(_avoiding(graph, step * largest)))
    return {size // step: number for size, number in found.items()}


def _avoiding(graph: BondGraph, longest: int) -> Iterator[Ring]:
    for atom, bonded in enumerate(graph.neighbours):
        centre = (atom, 0, 0, 0)
        for ends in combinations(bonded, 2):
            avoid = {centre, *bonded} - set(ends)
            for path in shortest_paths(graph, *ends, longest - 2, avoid=avoid):
                yield [centre, *path]
