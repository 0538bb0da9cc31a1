"""Occupations ranked by Ewald energy, against brute force and fresh Ewald sums."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from pymatgen.analysis.structure_matcher import StructureMatcher
from pymatgen.core import Lattice, Structure
from pymatgen.core.ewald import EwaldSummation

from amorph_flows.errors import InputError
from amorph_flows.structures import (
    discharged_charges,
    find_void_sites,
    rank_occupations,
    supercell_by_axes,
    v2o5,
)


def rattled_host(multiples=(1, 1, 1), seed=0, n_ions=2, sigma=0.1):
    cell = supercell_by_axes(v2o5(), multiples)
    noise = np.random.default_rng(seed).normal(scale=sigma, size=(len(cell), 3))
    coords = cell.cart_coords + noise
    host = Structure(cell.lattice, cell.species, coords, coords_are_cartesian=True)
    return discharged_charges(host, "Mg2+", n_ions)


def fresh_energy(host, coords, ion="Mg2+"):
    species = [*host.species, *[ion] * len(coords)]
    frac_coords = np.vstack([host.frac_coords, coords])
    return EwaldSummation(Structure(host.lattice, species, frac_coords)).total_energy


@pytest.fixture(scope="module")
def small():
    host = rattled_host()
    return host, find_void_sites(host, "Mg2+").frac_coords


@pytest.fixture(scope="module")
def large():
    host = rattled_host((1, 3, 2), seed=1, n_ions=12, sigma=0.15)
    return host, find_void_sites(host, "Mg2+")


def test_energies_are_those_of_fresh_ewald_sums_by_brute_force(small):
    host, sites = small
    ranked = rank_occupations(host, sites, "Mg2+", 2, n_best=15)
    pairs = combinations(range(len(sites)), 2)
    expected = sorted((fresh_energy(host, sites[list(pair)]), pair) for pair in pairs)[:15]
    assert ranked.proven_optimal
    assert [o.indices for o in ranked.occupations] == [pair for _, pair in expected]
    np.testing.assert_allclose(
        [o.energy_ev for o in ranked.occupations], [e for e, _ in expected], atol=1e-6
    )


def test_structures_hold_host_and_ions_in_order_and_are_neutral(small):
    host, sites = small
    for occupation in rank_occupations(host, sites, "Mg2+", 2).occupations:
        structure = occupation.structure
        assert structure.charge == pytest.approx(0)
        assert structure[: len(host)] == host[:]
        np.testing.assert_allclose(
            structure.frac_coords[len(host) :], sites[list(occupation.indices)]
        )
        assert EwaldSummation(structure).total_energy == pytest.approx(
            occupation.energy_ev, abs=1e-6
        )


def test_sixty_candidates_for_twelve_ions(large):
    host, sites = large
    assert comb(len(sites), 12) > 1e11
    ranked = rank_occupations(host, sites, "Mg2+", 12, seed=3)
    assert ranked.seed == 3
    energies = [o.energy_ev for o in ranked.occupations]
    assert len({o.indices for o in ranked.occupations}) == 10
    assert energies == sorted(energies)
    for occupation in ranked.occupations[::9]:
        assert EwaldSummation(occupation.structure).total_energy == pytest.approx(
            occupation.energy_ev, abs=1e-6
        )
    unproven = rank_occupations(host, sites, "Mg2+", 12, seed=3, node_limit=0)
    assert not unproven.proven_optimal
    assert unproven.occupations[0].energy_ev == pytest.approx(energies[0], abs=1e-6)


def test_one_ion_moved_never_lowers_the_best(large):
    host, sites = large
    best = rank_occupations(host, sites, "Mg2+", 12, node_limit=0).occupations[0]
    coords = sites.frac_coords
    rng = np.random.default_rng(0)
    for _ in range(5):
        moved = list(best.indices)
        moved[rng.integers(12)] = int(rng.choice(np.setdiff1d(np.arange(len(coords)), moved)))
        assert fresh_energy(host, coords[moved]) > best.energy_ev


def test_the_order_of_the_sites_does_not_matter(large):
    host, sites = large
    coords = sites.frac_coords
    order = np.random.default_rng(0).permutation(len(coords))
    one = rank_occupations(host, coords, "Mg2+", 12, n_best=80, node_limit=0)
    other = rank_occupations(host, coords[order], "Mg2+", 12, n_best=80, node_limit=0)
    for a, b in zip(one.occupations, other.occupations, strict=True):
        assert set(a.indices) == set(order[list(b.indices)])
        assert a.energy_ev == pytest.approx(b.energy_ev, abs=1e-8)


def test_same_seed_same_result(large):
    host, sites = large
    runs = [rank_occupations(host, sites, "Mg2+", 12, seed=7, node_limit=0) for _ in range(2)]
    first, second = ([(o.indices, o.energy_ev) for o in run.occupations] for run in runs)
    assert first == second


def test_energies_do_not_depend_on_the_origin(small):
    host, sites = small
    shifted, shift = host.copy(), np.array([0.21, 0.43, 0.17])
    shifted.translate_sites(range(len(host)), shift, to_unit_cell=True)
    one = rank_occupations(host, sites, "Mg2+", 2).occupations
    other = rank_occupations(shifted, sites + shift, "Mg2+", 2).occupations
    assert [o.indices for o in one] == [o.indices for o in other]
    np.testing.assert_allclose([o.energy_ev for o in one], [o.energy_ev for o in other], atol=1e-6)


def test_fractional_charges(small):
    host = discharged_charges(rattled_host().remove_oxidation_states(), "Li+", 3)
    ranked = rank_occupations(host, small[1], "Li+", 3, n_best=3)
    for occupation in ranked.occupations:
        assert EwaldSummation(occupation.structure).total_energy == pytest.approx(
            occupation.energy_ev, abs=1e-6
        )


def test_equivalent_occupations_count_once():
    host = discharged_charges(supercell_by_axes(v2o5(), (1, 2, 1)), "Mg2+", 2)
    sites = find_void_sites(host, "Mg2+")
    all_of_them = rank_occupations(host, sites, "Mg2+", 2, n_best=1000, merge_equivalent=False)
    merged = rank_occupations(host, sites, "Mg2+", 2, n_best=1000)
    assert len(all_of_them.occupations) == comb(len(sites), 2)
    matcher = StructureMatcher(primitive_cell=False, scale=False, stol=0.02, ltol=0.01)
    groups = matcher.group_structures([o.structure for o in all_of_them.occupations])
    assert len(merged.occupations) == len(groups)
    expected = sorted({round(o.energy_ev, 5) for o in all_of_them.occupations})
    assert sorted({round(o.energy_ev, 5) for o in merged.occupations}) == expected


def test_all_sites_occupied():
    host = rattled_host()
    sites = find_void_sites(host, "Mg2+").frac_coords[:2]
    ranked = rank_occupations(host, sites, "Mg2+", 2)
    assert [o.indices for o in ranked.occupations] == [(0, 1)]
    assert ranked.proven_optimal


def test_a_cell_that_is_not_neutral_is_refused(small):
    host, sites = small
    before = host.copy().remove_oxidation_states()
    before.add_oxidation_state_by_element({"V": 5, "O": -2})
    with pytest.raises(InputError, match=r"net charge of \+4; .* \(V4\+, not V5\+"):
        rank_occupations(before, sites, "Mg2+", 2)
    with pytest.raises(InputError, match=r"net charge of \+2"):
        rank_occupations(host, sites, "Mg2+", 3)


def test_a_host_without_charges_is_refused(small):
    with pytest.raises(InputError, match=r"carries no charges.*discharged_charges"):
        rank_occupations(small[0].copy().remove_oxidation_states(), small[1], "Mg2+", 2)


def test_too_few_sites_say_what_was_cut(small):
    host, sites = small
    with pytest.raises(InputError, match="1 sites are too few for 2 Mg2"):
        rank_occupations(host, sites[:1], "Mg2+", 2)
    few = find_void_sites(host, "Mg2+", merge_distance=20)
    with pytest.raises(InputError, match=r"Voronoi nodes .* cut by min_distance .* merge_distance"):
        rank_occupations(host, few, "Mg2+", 2)


def test_bad_sites(small):
    host, sites = small
    for bad in (sites[:, :2], sites[0], np.full((4, 3), np.nan)):
        with pytest.raises(InputError, match="must be finite coordinates"):
            rank_occupations(host, bad, "Mg2+", 2)
    with pytest.raises(InputError, match="sites 0 and 2 are the same point"):
        rank_occupations(host, [sites[0], sites[1], sites[0] + [1, 0, -1]], "Mg2+", 2)
    with pytest.raises(InputError, match=r"site 1 is 0\.000 Å from atom 3 \(V4\+\) of the host"):
        rank_occupations(host, [sites[0], host[3].frac_coords], "Mg2+", 2)


def test_bad_numbers_and_ions(small):
    host, sites = small
    for bad in (0, -2, 1.5):
        with pytest.raises(InputError, match="n_ions is"):
            rank_occupations(host, sites, "Mg2+", bad)
        with pytest.raises(InputError, match="n_best is"):
            rank_occupations(host, sites, "Mg2+", 2, n_best=bad)
    with pytest.raises(InputError, match="has no charge"):
        rank_occupations(host, sites, "Mg", 2)
    with pytest.raises(InputError, match="unknown ion"):
        rank_occupations(host, sites, "Qq2+", 2)


def test_a_lone_ion_goes_where_its_potential_is_lowest():
    lattice = Lattice.cubic(8)
    host = Structure(lattice, ["O2-"], [[0, 0, 0]])
    sites = [[0.5, 0.5, 0.5], [0.25, 0, 0], [0.5, 0, 0]]
    ranked = rank_occupations(host, sites, "Mg2+", 1)
    assert [o.indices for o in ranked.occupations] == [(1,), (2,), (0,)]
