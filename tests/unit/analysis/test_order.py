from __future__ import annotations

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from amorph_flows.analysis.structure.order import (
    LatticeVerdict,
    fibonacci_sphere,
    long_range_order,
)
from amorph_flows.errors import InputError


def _simple_cubic(n: int, displacement: float = 0.0, seed: int = 0) -> Structure:
    cell = Structure(Lattice.cubic(3.0), ["Mg"], [[0.1, 0.2, 0.3]])
    cell.make_supercell(n)
    shift = np.random.default_rng(seed).normal(0.0, displacement, (len(cell), 3))
    return Structure(
        cell.lattice, cell.species, cell.cart_coords + shift, coords_are_cartesian=True
    )


def _random(n_atoms: int, seed: int) -> Structure:
    rng = np.random.default_rng(seed)
    return Structure(Lattice.cubic(12.0), ["Mg"] * n_atoms, rng.random((n_atoms, 3)))


def test_perfect_lattice_has_no_disorder():
    order = long_range_order(_simple_cubic(4), "Mg")
    assert order.plane_numbers == (4, 4, 4)
    assert order.maximum == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_allclose(order.structure_factors, 1.0)
    assert order.verdict is LatticeVerdict.LATTICE


def test_displacements_give_the_mean_of_a_half_normal_and_a_debye_waller_factor():
    width = 0.15
    order = long_range_order(_simple_cubic(8, width, seed=4), "Mg")
    expected = width / 3.0 * np.sqrt(2 / np.pi)
    np.testing.assert_allclose([order.along_a, order.along_b, order.along_c], expected, rtol=0.06)
    debye_waller = np.exp(-2 * np.pi**2 * (width / 3.0) ** 2)
    np.testing.assert_allclose(order.structure_factors, debye_waller, rtol=0.01)
    assert order.maximum <= np.linalg.norm([order.along_a, order.along_b, order.along_c]) + 1e-3


def test_disorder_along_a_direction_is_the_mean_of_its_definition():
    order = long_range_order(_simple_cubic(4, 0.2, seed=1), "Mg", n_directions=50)
    largest = int(np.argmax(order.disorder))
    np.testing.assert_array_equal(order.maximum_direction, order.directions[largest])
    assert order.minimum == order.disorder.min()
    assert np.all(order.disorder >= 0)


def test_random_atoms_have_no_lattice_and_the_chance_says_so():
    verdicts = [long_range_order(_random(24, seed), "Mg").verdict for seed in range(60)]
    assert verdicts.count(LatticeVerdict.NO_LATTICE) >= 55
    assert LatticeVerdict.LATTICE not in verdicts


def test_chance_probability_is_what_random_atoms_show():
    orders = [long_range_order(_random(20, seed), "Mg", n_directions=1) for seed in range(200)]
    chances = np.concatenate([order.chance_probabilities for order in orders])
    for level in (0.05, 0.2, 0.5):
        assert np.mean(chances < level) == pytest.approx(level, abs=0.05)


def test_invariant_under_translation_supercell_and_order():
    structure = _simple_cubic(4, 0.25, seed=7)
    wanted = long_range_order(structure, "Mg")
    moved = structure.copy()
    moved.translate_sites(range(len(moved)), [0.37, 0.11, 0.83])
    shuffled = Structure.from_sites(
        [structure[i] for i in np.random.default_rng(0).permutation(len(structure))]
    )
    doubled = structure.copy()
    doubled.make_supercell(2)
    for same in (moved, shuffled, doubled):
        order = long_range_order(same, "Mg")
        np.testing.assert_allclose(order.disorder, wanted.disorder, atol=1e-9)
    assert long_range_order(doubled, "Mg").plane_numbers == (8, 8, 8)


def test_fibonacci_sphere_is_even():
    directions = fibonacci_sphere(700)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1.0)
    np.testing.assert_allclose(directions.T @ directions / 700, np.eye(3) / 3, atol=1e-3)


def test_wrong_input_is_named():
    with pytest.raises(InputError, match="no 'V'"):
        long_range_order(_simple_cubic(2), "V")
    with pytest.raises(InputError, match="n_directions is 0"):
        long_range_order(_simple_cubic(2), "Mg", n_directions=0)
    with pytest.raises(InputError, match="plane_numbers"):
        long_range_order(_simple_cubic(2), "Mg", plane_numbers=[0, 1])


@pytest.mark.parametrize("structure", [_simple_cubic(6, 0.4, seed=2), _random(40, 5)])
def test_maximum_is_in_the_octant_of_absolute_deviations(structure):
    order = long_range_order(structure, "Mg", n_directions=20_000)
    along = np.array([order.along_a, order.along_b, order.along_c])
    assert order.maximum == pytest.approx(np.linalg.norm(along), rel=1e-4)
    cosine = abs(order.maximum_direction @ along) / np.linalg.norm(along)
    assert cosine > 0.999
    assert np.unique(np.sign(order.maximum_direction)).size == 1


def test_fixed_planes_put_structures_on_one_lattice():
    crystal, hot = _simple_cubic(4), _random(64, 1)
    assert long_range_order(hot, "Mg").plane_numbers != (4, 4, 4)
    fixed = long_range_order(hot, "Mg", fixed_planes=(4, 4, 4))
    assert fixed.plane_numbers == (4, 4, 4)
    assert fixed.along_a == pytest.approx(0.25, abs=0.05)  # uniform between two planes
    searched = long_range_order(crystal, "Mg")
    same = long_range_order(crystal, "Mg", fixed_planes=searched.plane_numbers)
    np.testing.assert_array_equal(same.disorder, searched.disorder)
    assert (same.chance_probabilities <= searched.chance_probabilities).all()


@pytest.mark.parametrize("planes", [(4, 4), (0, 4, 4)])
def test_fixed_planes_that_cannot_be_are_refused(planes):
    with pytest.raises(InputError, match="fixed_planes"):
        long_range_order(_simple_cubic(2), "Mg", fixed_planes=planes)
