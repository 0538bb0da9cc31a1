"""Void sites: known holes, invariance, tolerances, and what the published cells say."""

import numpy as np
import pytest
from published import MGV2O5
from pymatgen.analysis.defects.utils import TopographyAnalyzer
from pymatgen.core import Lattice, Structure

from amorph_flows.errors import InputError
from amorph_flows.structures import (
    find_void_sites,
    read_structure,
    reference_metal,
    remove_species,
    supercell_by_axes,
    v2o5,
)


def rattled(multiples, seed, sigma):
    cell = supercell_by_axes(v2o5(), multiples)
    noise = np.random.default_rng(seed).normal(scale=sigma, size=(len(cell), 3))
    return Structure(
        cell.lattice, cell.species, cell.cart_coords + noise, coords_are_cartesian=True
    )


def random_oxide(seed, n_atoms=84, edge=10.5, apart=1.5):
    """Return a random packing of V2O5 composition: no order at all."""
    rng = np.random.default_rng(seed)
    lattice = Lattice.cubic(edge)
    coords = rng.uniform(size=(1, 3))
    while len(coords) < n_atoms:
        trial = rng.uniform(size=(1, 3))
        if lattice.get_all_distances(coords, trial).min() > apart:
            coords = np.vstack([coords, trial])
    n_vanadium = 2 * n_atoms // 7
    return Structure(lattice, ["V"] * n_vanadium + ["O"] * (n_atoms - n_vanadium), coords)


def assert_consistent(sites, host):
    assert sites.frac_coords.shape == (len(sites), 3)
    assert sites.n_found == sites.n_cut_by_distance + sites.n_merged + len(sites)
    assert np.all((sites.frac_coords >= 0) & (sites.frac_coords < 1))
    for element, limit in sites.min_distance.items():
        atoms = [site.frac_coords for site in host if site.specie.symbol == element]
        assert host.lattice.get_all_distances(sites.frac_coords, atoms).min() >= limit - 1e-9
    apart = host.lattice.get_all_distances(sites.frac_coords, sites.frac_coords)
    assert np.all(apart[~np.eye(len(sites), dtype=bool)] >= sites.merge_distance)


def test_the_empty_octahedron_and_tetrahedra_of_fcc_oxygen():
    host = Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.2), ["O"], [[0, 0, 0]])
    sites = find_void_sites(host, "Mg2+", merge_distance=0.5)
    assert_consistent(sites, host)
    octahedra, tetrahedra = sites.frac_coords[:4], sites.frac_coords[4:]
    expected = np.array([[0.5, 0.5, 0.5], [0.5, 0, 0], [0, 0.5, 0], [0, 0, 0.5]])
    assert host.lattice.get_all_distances(expected, octahedra).min(axis=1) == pytest.approx(
        0, abs=1e-6
    )
    np.testing.assert_allclose(np.sort(np.mod(tetrahedra, 0.5), axis=None), 0.25, atol=1e-6)
    assert len(tetrahedra) == 8
    radii = sites.clearance * sites.min_distance["O"]
    np.testing.assert_allclose(radii[:4], 2.1, atol=1e-6)
    np.testing.assert_allclose(radii[4:], 4.2 * np.sqrt(3) / 4, atol=1e-6)


def test_sites_that_cations_occupy_are_not_offered():
    host = Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(4.2), ["O", "Mg"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    )
    sites = find_void_sites(host, "Mg2+", min_distance=0.6)
    assert (sites.n_found, sites.n_cut_by_distance, len(sites)) == (8, 0, 8)
    assert host.lattice.get_all_distances(sites.frac_coords, host.frac_coords[4:]).min() > 1.5


@pytest.mark.parametrize("temperature", ["300K", "900K"])
def test_the_sites_of_published_mgv2o5_are_found(temperature):
    full = read_structure(MGV2O5 / f"POSCAR_lro_{temperature}")
    host = remove_species(full, "Mg")
    assert len(host) == 84
    sites = find_void_sites(host, "Mg2+")
    assert_consistent(sites, host)
    magnesium = [site.frac_coords for site in full if site.specie.symbol == "Mg"]
    nearest = host.lattice.get_all_distances(magnesium, sites.frac_coords).min(axis=1)
    assert nearest.max() < 0.6
    assert 24 <= len(sites) <= 100


@pytest.mark.parametrize("seed", range(2))
def test_disordered_56_atom_cells(seed):
    for host in (rattled((1, 2, 2), seed, 0.15), random_oxide(seed, 56, 9.2)):
        sites = find_void_sites(host, "Mg2+", min_distance={"O": 1.6, "V": 1.8})
        assert_consistent(sites, host)
        assert len(sites) >= 8


def test_a_disordered_84_atom_cell():
    host = rattled((1, 3, 2), 5, 0.15)
    sites = find_void_sites(host, "Mg2+")
    assert_consistent(sites, host)
    assert len(sites) >= 24


def test_the_result_does_not_depend_on_order_origin_or_charges_of_the_host():
    host = rattled((1, 1, 1), 3, 0.1)
    sites = find_void_sites(host, "Mg2+")
    rng = np.random.default_rng(0)
    shift = rng.uniform(-3, 3, size=3)
    shuffled = Structure.from_sites([host[int(i)] for i in rng.permutation(len(host))])
    shuffled.translate_sites(range(len(host)), shift, to_unit_cell=False)
    shuffled.add_oxidation_state_by_element({"V": 4, "O": -2})
    moved = find_void_sites(shuffled, "Mg2+")
    assert len(moved) == len(sites)
    back = host.lattice.get_all_distances(moved.frac_coords - shift, sites.frac_coords)
    assert back.min(axis=1).max() < 1e-3
    assert find_void_sites(host, "Mg2+").frac_coords.tolist() == sites.frac_coords.tolist()


def zinc_blende_cell():
    lattice = Lattice([[0, 2.7, 2.7], [2.7, 0, 2.7], [2.7, 2.7, 0]])
    return Structure(lattice, ["Zn", "S"], [[0, 0, 0], [0.25, 0.25, 0.25]])


@pytest.mark.parametrize("multiples", [(1, 2, 2), (1, 3, 1)])
def test_tiny_cells_give_the_same_sites_as_their_supercells(multiples):
    for cell in (zinc_blende_cell(), v2o5()):
        one = find_void_sites(cell, "Li+", min_distance=1.2)
        many = find_void_sites(supercell_by_axes(cell, multiples), "Li+", min_distance=1.2)
        assert len(one) > 0
        assert len(many) == np.prod(multiples) * len(one)


def test_the_choice_of_the_cell_does_not_matter():
    cell = rattled((1, 1, 1), 2, 0.1)
    skewed = cell.copy()
    skewed.make_supercell([[1, 0, 0], [0, 1, 0], [0, 3, 1]])
    one, other = find_void_sites(cell, "Mg2+"), find_void_sites(skewed, "Mg2+")
    assert len(one) == len(other)
    coords = cell.lattice.get_fractional_coords(skewed.lattice.get_cartesian_coords(other))
    apart = cell.lattice.get_all_distances(coords, one.frac_coords)
    assert apart.min(axis=1).max() < 1e-3


@pytest.mark.parametrize("element", ["Al", "Mg", "Li"])
def test_a_metal_has_no_anions_yet_voids(element):
    metal = reference_metal(element)
    sites = find_void_sites(metal, "Li+", min_distance=1.0)
    assert_consistent(sites, metal)
    assert len(sites) > 0


def test_what_each_tolerance_cut_is_told():
    host = v2o5()
    loose = find_void_sites(host, "Mg2+", min_distance=1e-6, merge_distance=0.0)
    assert (loose.n_cut_by_distance, loose.n_merged, len(loose)) == (0, 0, loose.n_found)
    nothing = find_void_sites(host, "Mg2+", min_distance=9.0)
    assert (len(nothing), nothing.n_cut_by_distance) == (0, nothing.n_found)
    assert nothing.frac_coords.shape == (0, 3)
    one = find_void_sites(host, "Mg2+", merge_distance=30.0)
    assert len(one) == 1
    assert one.n_merged == one.n_found - one.n_cut_by_distance - 1
    assert f"{one.n_merged} by merge_distance (30 Å)" in one.summary()
    assert f"1 of {one.n_found} Voronoi nodes" in one.summary()


def test_default_distances_and_how_they_are_set():
    host = v2o5()
    assert find_void_sites(host, "Mg2+").min_distance == pytest.approx({"V": 2.21, "O": 1.7}, 0.01)
    large = find_void_sites(host, "K+").min_distance
    assert large["O"] > 2.1
    assert find_void_sites(host, "Mg2+", {"O": 1.9}).min_distance["O"] == 1.9
    assert find_void_sites(host, "Mg2+", 1.5).min_distance == {"V": 1.5, "O": 1.5}
    fluoride = find_void_sites(host, "F-", 0.5)
    assert len(fluoride) > 0
    defaults = find_void_sites(host, "F-").min_distance
    assert defaults["O"] > defaults["V"]


def test_sites_can_be_used_as_an_array():
    sites = find_void_sites(v2o5(), "Mg2+")
    assert np.asarray(sites, dtype=float).shape == (len(sites), 3)
    np.testing.assert_array_equal(np.asarray(sites), sites.frac_coords)


def test_bad_input():
    host = v2o5()
    with pytest.raises(InputError, match="unknown ion 'Qq2"):
        find_void_sites(host, "Qq2+")
    with pytest.raises(InputError, match="names Fe, which the host does not hold; it holds V, O"):
        find_void_sites(host, "Mg2+", {"Fe": 1.0})
    for bad in (0, -1, np.nan):
        with pytest.raises(InputError, match="min_distance to V is"):
            find_void_sites(host, "Mg2+", bad)
    for bad in (-0.1, np.nan):
        with pytest.raises(InputError, match="merge_distance is"):
            find_void_sites(host, "Mg2+", merge_distance=bad)
    with pytest.raises(InputError, match="no atoms"):
        find_void_sites(Structure(Lattice.cubic(4), [], []), "Mg2+")


@pytest.mark.parametrize("host", [rattled((1, 2, 1), 3, 0.4), random_oxide(5, 42, 8.4)])
def test_candidates_are_the_nodes_of_the_topography_analyzer(host):
    unlimited = {"V": 1e-6, "O": 1e-6}
    found = find_void_sites(host, "Mg2+", min_distance=unlimited, merge_distance=0.0)
    wrapped = Structure(host.lattice, host.species, np.mod(host.frac_coords, 1.0))
    peer = TopographyAnalyzer(wrapped, ["O"], ["V"], check_volume=False)
    nodes = [node.frac_coords for node in peer.vnodes]
    apart = host.lattice.get_all_distances(found.frac_coords, nodes)
    assert apart.min(axis=1).max() < 2e-3
    assert apart.min(axis=0).max() < 2e-3
    assert len(found) == len(nodes)
