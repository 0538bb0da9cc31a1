from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from pymatgen.core import Lattice, Structure

from amorph_flows.analysis.structure._rings import guttman_rings
from amorph_flows.analysis.structure.coordination import find_bonds
from amorph_flows.analysis.structure.rdf import radial_distribution
from amorph_flows.errors import InputError

SILICON = {("Si", "Si"): 2.6}
QUARTZ_LIKE = {("Si", "O"): 2.0}
CRISTOBALITE = Structure.from_spacegroup(
    "Fd-3m", Lattice.cubic(7.16), ["Si", "O"], [[0, 0, 0], [0.125, 0.125, 0.125]]
)


@pytest.mark.parametrize("repeats", [(1, 1, 1), (2, 1, 1), (3, 3, 3)])
def test_diamond_has_two_six_rings_an_atom_in_a_cell_of_any_size(repeats):
    silicon = bulk("Si", "diamond", a=5.43).repeat(repeats)
    rings = guttman_rings(silicon, "Si", None, SILICON)
    assert rings.distribution == {6: 2 * len(silicon)}
    assert rings.n_open == 0


def test_simple_cubic_has_its_squares():
    rings = guttman_rings(bulk("Po", "sc", a=3.0), "Po", None, {("Po", "Po"): 3.2})
    assert rings.distribution == {4: 3}


def test_cristobalite_has_six_rings_through_oxygen():
    rings = guttman_rings(CRISTOBALITE, "Si", "O", QUARTZ_LIKE)
    assert rings.distribution == {6: 16}
    assert {len(ring) for ring in rings.members} == {12}
    numbers = np.array(CRISTOBALITE.atomic_numbers)
    assert all((numbers[list(ring)] == 14).sum() == 6 for ring in rings.members)


def test_edge_sharing_tetrahedra_make_a_two_ring_with_its_centre():
    dimer = Atoms(
        "SiOSiO",
        [[9.0, 5, 5], [10.5, 6.2, 5], [12.0, 5, 5], [10.5, 3.8, 5]],
        cell=[10.0] * 3,
        pbc=True,
    )
    rings = guttman_rings(dimer, "Si", "O", QUARTZ_LIKE)
    assert rings.distribution == {2: 1}
    np.testing.assert_allclose(rings.centres, [[0.5, 5.0, 5.0]], atol=1e-9)


def test_chain_that_closes_on_its_own_image_is_no_ring():
    chain = Atoms("Si2", [[0, 0, 0], [2.3, 0, 0]], cell=[4.6, 15, 15], pbc=True)
    rings = guttman_rings(chain, "Si", None, SILICON)
    assert rings.distribution == {}
    assert rings.n_open == 2


def _naive_sizes(structure: Structure, cutoffs: dict[tuple[str, str], float]) -> list[int]:
    """Shortest path around every bond with networkx; only for cells wider than the rings."""
    bonds = find_bonds(structure, cutoffs)
    graph = nx.Graph(zip(bonds.first.tolist(), bonds.second.tolist(), strict=True))
    rings = set()
    for i, j in list(graph.edges):
        graph.remove_edge(i, j)
        if nx.has_path(graph, i, j):
            rings |= {frozenset(path) for path in nx.all_shortest_paths(graph, i, j)}
        graph.add_edge(i, j)
    return sorted(len(ring) for ring in rings)


def test_disordered_network_agrees_with_networkx():
    rng = np.random.default_rng(5)
    cell = Structure(Lattice.cubic(14.0), ["C"] * 120, 0.15 + 0.7 * rng.random((120, 3)))
    cutoffs = {("C", "C"): 2.2}
    rings = guttman_rings(cell, "C", None, cutoffs, largest=60)
    assert sorted(rings.sizes) == _naive_sizes(cell, cutoffs)
    assert len(rings.distribution) > 3


def test_invariant_under_translation_rotation_supercell_and_order():
    rng = np.random.default_rng(0)
    broken = CRISTOBALITE.copy()
    broken.remove_sites([0, 13])
    wanted = guttman_rings(broken, "Si", "O", QUARTZ_LIKE).distribution
    assert len(wanted) > 1
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    atoms = Atoms(
        [s.specie.symbol for s in broken],
        (broken.cart_coords + 2.9) @ rotation,
        cell=broken.lattice.matrix @ rotation,
        pbc=True,
    )[rng.permutation(len(broken))].repeat((1, 2, 1))
    found = guttman_rings(atoms, "Si", "O", QUARTZ_LIKE).distribution
    assert found == {size: 2 * number for size, number in wanted.items()}


def test_ions_around_ring_centres_as_a_dummy_element():
    sites = [[0, 0, 0], [0.125, 0.125, 0.125]]
    atoms = Structure.from_spacegroup("Fd-3m", Lattice.cubic(7.16), ["Si", "O"], sites)
    glass = atoms.to_ase_atoms()
    rings = guttman_rings(glass, "Si", "O", QUARTZ_LIKE)
    marked = glass + Atoms(numbers=[0] * len(rings.centres), positions=rings.centres)
    rdf = radial_distribution(marked, 4.0, 80)
    assert rdf.running_coordination("X", "Si")[-1] == 6
    nearest = rdf.distances_a[np.flatnonzero(rdf.pair("X", "Si"))[0]]
    assert nearest == pytest.approx(7.16 * np.sqrt(11) / 8, abs=0.05)


def test_search_stops_at_the_largest_ring():
    rings = guttman_rings(bulk("Si", "diamond", a=5.43), "Si", None, SILICON, largest=5)
    assert rings.distribution == {}
    assert rings.n_open == 4


def test_wrong_input_is_named():
    with pytest.raises(InputError, match="largest is 1"):
        guttman_rings(CRISTOBALITE, "Si", "O", QUARTZ_LIKE, largest=1)
    with pytest.raises(InputError, match="no 'Fe'"):
        guttman_rings(CRISTOBALITE, ["Si", "Fe"])
