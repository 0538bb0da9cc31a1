from __future__ import annotations

from collections import Counter
from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, graphene, make_supercell
from pymatgen.core import Lattice, Structure

from amorph_flows.analysis import guttman_rings, king_rings, primitive_rings
from amorph_flows.analysis.structure.coordination import find_bonds
from amorph_flows.errors import InputError

QUARTZ = Structure.from_spacegroup(
    "P3221",
    Lattice.hexagonal(4.913, 5.405),
    ["Si", "O"],
    [[0.4697, 0, 2 / 3], [0.4135, 0.2669, 0.7858]],
)
CRISTOBALITE = Structure.from_spacegroup(
    "Fd-3m", Lattice.cubic(7.16), ["Si", "O"], [[0, 0, 0], [0.125, 0.125, 0.125]]
)
SI_O = {("Si", "O"): 2.0}
SHEARED = [[1, 0, 0], [1, 1, 0], [1, -1, 1]]
DEFINITIONS = [guttman_rings, king_rings, primitive_rings]


@pytest.mark.parametrize("rings", DEFINITIONS)
@pytest.mark.parametrize("transform", [np.eye(3), SHEARED, np.diag([2, 1, 3])])
def test_diamond_has_two_six_rings_an_atom_by_every_definition(rings, transform):
    silicon = make_supercell(bulk("Si", "diamond", a=5.43), transform)
    found = rings(silicon, "Si", None, {("Si", "Si"): 2.6})
    assert found.distribution == {6: 2 * len(silicon)}
    # seen along its axis the chair is a regular hexagon
    side = 5.43 / np.sqrt(2) / np.sqrt(3)
    np.testing.assert_allclose(found.areas_a2, 1.5 * np.sqrt(3) * side**2)
    np.testing.assert_allclose(found.eccentricities, 0.0, atol=1e-6)


@pytest.mark.parametrize("rings", DEFINITIONS)
def test_graphene_has_one_hexagon_for_two_atoms(rings):
    sheet = graphene(a=2.46, vacuum=5.0)
    sheet.pbc = True
    found = rings(sheet, "C", None, {("C", "C"): 1.6})
    assert found.distribution == {6: 1}
    np.testing.assert_allclose(found.areas_a2, np.sqrt(3) / 2 * 2.46**2)
    np.testing.assert_allclose(found.eccentricities, 0.0, atol=1e-6)


@pytest.mark.parametrize(
    ("rings", "wanted"),
    [
        (guttman_rings, {4: 3}),  # the squares
        (king_rings, {4: 3, 6: 6}),  # and the rectangles of two, through two bonds in a line
        (primitive_rings, {4: 3, 6: 4}),  # and the hexagons around each cube's diagonals
    ],
)
@pytest.mark.parametrize("transform", [np.eye(3), SHEARED])
def test_simple_cubic_tells_the_definitions_apart(rings, wanted, transform):
    cubic = make_supercell(bulk("Po", "sc", a=3.0), transform)
    assert rings(cubic, "Po", None, {("Po", "Po"): 3.2}).distribution == wanted


@pytest.mark.parametrize("rings", DEFINITIONS)
def test_cristobalite_is_diamond_through_oxygen(rings):
    found = rings(CRISTOBALITE, "Si", "O", SI_O)
    assert found.distribution == {6: 16}


def test_rings_at_the_angles_of_quartz_are_those_of_its_vertex_symbol():
    """The net qtz of the Reticular Chemistry Structure Resource: 6.6.6(2).6(2).8(7).8(7)."""
    quartz = QUARTZ * (3, 3, 3)
    found = primitive_rings(quartz, "Si", "O", SI_O, largest=8)
    at_angle: dict[tuple[int, frozenset[int]], Counter[int]] = {}
    for ring in found.members:
        for before, vertex, after in zip(
            ring, ring[1:] + ring[:1], ring[2:] + ring[:2], strict=True
        ):
            if quartz[vertex].specie.symbol == "Si":
                angle = (vertex, frozenset((before, after)))
                at_angle.setdefault(angle, Counter())[len(ring) // 2] += 1
    for vertex in np.flatnonzero(np.array(quartz.atomic_numbers) == 14):
        shortest = [min(sizes.items()) for (v, _), sizes in at_angle.items() if v == vertex]
        assert sorted(shortest) == [(6, 1), (6, 1), (6, 2), (6, 2), (8, 7), (8, 7)]


@pytest.mark.parametrize("rings", DEFINITIONS)
def test_rings_of_quartz_are_the_same_in_any_cell(rings):
    wanted = rings(QUARTZ, "Si", "O", SI_O).distribution
    assert set(wanted) == {6} if rings is guttman_rings else {6, 8} <= set(wanted)
    larger = make_supercell(QUARTZ.to_ase_atoms(), np.diag([1, 2, 1]) @ SHEARED)
    larger.positions += [100.0, -50.0, 7.0]
    found = rings(larger, "Si", "O", SI_O).distribution
    assert found == {size: 2 * number for size, number in wanted.items()}


def _disordered() -> Structure:
    rng = np.random.default_rng(5)
    return Structure(Lattice.cubic(14.0), ["C"] * 110, 0.15 + 0.7 * rng.random((110, 3)))


def _graph(structure: Structure, cutoffs: dict[tuple[str, str], float]) -> nx.Graph:
    bonds = find_bonds(structure, cutoffs)
    return nx.Graph(zip(bonds.first.tolist(), bonds.second.tolist(), strict=True))


def test_king_rings_of_a_disordered_network_agree_with_networkx():
    cutoffs = {("C", "C"): 2.2}
    graph = _graph(_disordered(), cutoffs)
    wanted = set()
    for atom in graph:
        rest = graph.subgraph(set(graph) - {atom})
        for ends in combinations(graph[atom], 2):
            if nx.has_path(rest, *ends):
                paths = nx.all_shortest_paths(rest, *ends)
                wanted |= {frozenset([atom, *path]) for path in paths}
    found = king_rings(_disordered(), "C", None, cutoffs, largest=60)
    assert sorted(found.sizes) == sorted(map(len, wanted))
    assert len(found.distribution) > 4


def test_primitive_rings_of_a_disordered_network_agree_with_all_cycles_of_networkx():
    cutoffs = {("C", "C"): 2.2}
    graph = _graph(_disordered(), cutoffs)
    apart = dict(nx.all_pairs_shortest_path_length(graph))
    wanted = [
        len(ring)
        for ring in nx.simple_cycles(graph, length_bound=9)
        if all(
            apart[ring[i]][ring[j]] == min(j - i, len(ring) - j + i)
            for i, j in combinations(range(len(ring)), 2)
        )
    ]
    found = primitive_rings(_disordered(), "C", None, cutoffs, largest=9)
    assert sorted(found.sizes) == sorted(wanted)
    assert len(found.distribution) == 4


def test_shape_of_a_rectangle_of_two_by_one():
    corners = [[0, 0, 0], [4.0, 0, 0], [4.0, 2.0, 0], [0, 2.0, 0]]
    middles = [[2.0, 0, 0], [2.0, 2.0, 0]]
    ring = Atoms("C6", [*corners, *middles], cell=[12.0] * 3, pbc=True)
    found = primitive_rings(ring, "C", None, {("C", "C"): 2.1}, largest=8)
    assert sorted(found.areas_a2) == pytest.approx([4.0, 4.0])
    guttman = king_rings(ring, "C", None, {("C", "C"): 2.1})
    largest = int(np.argmax(guttman.sizes))
    assert guttman.sizes[largest] == 6
    assert guttman.areas_a2[largest] == pytest.approx(8.0)
    # four corners at x = ±2, all at y = ±1: b²/a² = 6 / 16
    assert guttman.eccentricities[largest] == pytest.approx(np.sqrt(1 - 6 / 16))


@pytest.mark.parametrize("rings", [king_rings, primitive_rings])
def test_wrong_input_is_named(rings):
    with pytest.raises(InputError, match="largest is 1"):
        rings(CRISTOBALITE, "Si", "O", SI_O, largest=1)
    with pytest.raises(InputError, match="no 'Fe'"):
        rings(CRISTOBALITE, ["Si", "Fe"])
