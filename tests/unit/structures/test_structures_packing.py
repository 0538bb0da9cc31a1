from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from pymatgen.core import Composition, Lattice, Structure

from amorph_flows.errors import InputError
from amorph_flows.structures import (
    composition_grid,
    random_packing,
    read_mixture,
    scaled_copies,
)

TRICLINIC = [[1.0, 0.0, 0.0], [0.5, 0.8, 0.0], [0.4, 0.3, 0.7]]
SODIUM_IRON_PHOSPHATE = {"Na2O": 0.25, "FeO": 0.5, "P2O5": 0.25}


def shortest(structure: Structure, pair: tuple[str, str] | None = None) -> float:
    """Return the least distance of two atoms, or of two of a pair, images included, Å."""
    first, second, _, lengths = structure.get_neighbor_list(4.0, exclude_self=True)
    symbols = np.array([site.specie.symbol for site in structure])
    if pair is not None:
        lengths = lengths[(symbols[first] == pair[0]) & (symbols[second] == pair[1])]
    return float(lengths.min())


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("shape", [None, TRICLINIC, Lattice.hexagonal(1, 3).matrix])
@pytest.mark.parametrize(("composition", "n_atoms"), [("NaFePO4", 7), (SODIUM_IRON_PHOSPHATE, 98)])
def test_distances_are_kept_in_any_cell(composition, n_atoms, shape, seed):
    packed = random_packing(composition, n_atoms, 3.38, seed=seed, cell_shape=shape)
    assert shortest(packed) >= 1.7
    assert packed.density == pytest.approx(3.38)
    assert packed.composition == Composition("NaFePO4") * (n_atoms // 7)
    if shape is not None:
        assert packed.lattice.angles == pytest.approx(Lattice(shape).angles)


def test_distances_of_pairs_are_kept():
    limits = {"Si-O": 1.5, "O-O": 2.3, "Si-Si": 2.8}
    packed = random_packing("SiO2", 300, 2.2, limits)
    for pair, limit in limits.items():
        assert shortest(packed, tuple(pair.split("-"))) >= limit
    assert shortest(packed, ("Si", "O")) < 1.7


def test_the_same_seed_gives_the_same_structure_and_another_seed_another():
    one, same, other = (random_packing("V2O5", 70, seed=seed) for seed in (3, 3, 4))
    assert_array_equal(one.frac_coords, same.frac_coords)
    assert np.abs(one.frac_coords - other.frac_coords).max() > 0.1


def test_positions_are_random():
    """Neither on a lattice nor drawn together: |<exp(2 pi i k.x)>| is near 1/sqrt(n)."""
    packed = random_packing("SiO2", 600, 2.2)
    waves = [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0)]
    phases = np.exp(2j * np.pi * packed.frac_coords @ np.transpose(waves))
    assert np.all(np.abs(phases.mean(axis=0)) < 3 / math.sqrt(600))


def test_a_dense_packing_succeeds_where_no_sequential_one_can():
    """Random sequential addition of equal spheres ends at 0.38 of the volume."""
    iron = random_packing("Fe", 500, 14.0, 1.9)
    filled = math.pi / 6 * 1.9**3 * len(iron) / iron.volume
    assert filled > 0.54
    assert shortest(iron) >= 1.9


def test_a_density_that_no_packing_reaches_is_told_with_the_one_that_was():
    with pytest.raises(InputError, match=r"20 g/cm³.* g/cm³ was reached") as refused:
        random_packing("NaFePO4", 140, 20.0)
    reached = float(str(refused.value).split(";")[1].split()[0])
    spheres = math.pi / 6 * 1.7**3 * 7 / (173.75 / 0.602214)
    assert 0.55 < reached * spheres < 0.68  # random close packing is 0.64


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("NaFePO4", 6), "n_atoms is 6, but one formula unit of NaFePO4 has 7 atoms"),
        (("NaFePO4", 70.5), r"n_atoms is 70\.5"),
        (("NaPO4", 60), "NaPO4 is not neutral with any oxidation states"),
        (("NaXxO4", 60), "'NaXxO4' is no formula of elements"),
        (("Fairy dust", 60), "'Fairy dust' is no formula of elements"),
        (("", 60), "'' is no formula of elements"),
        (({}, 60), "the mixture is empty"),
        (({"SiO2": -1.0}, 60), r"the amount of SiO2 is -1\.0"),
        (("SiO2", 60, 0.0), "density_g_cm3 is 0; give more than 0"),
        (("SiO2", 60, math.nan), "density_g_cm3 is nan"),
        (("SiO2", 60, 2.2, 0.0), r"min_distance_a is 0\.0"),
        (("SiO2", 60, 2.2, {"Si-P": 2.0}), "min_distance_a names 'Si-P'"),
        (("SiO2", 60, 2.2, {"SiO": 2.0}), "min_distance_a names 'SiO'"),
        (("SiO2", 3, 2.2, 4.0), r"Å from its own image, nearer than min_distance_a of 4 Å"),
    ],
)
def test_bad_input_is_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        random_packing(*arguments)


def test_a_flat_cell_shape_is_refused():
    with pytest.raises(InputError, match=r"cell_shape is \[\[1.* three row vectors"):
        random_packing("SiO2", 60, cell_shape=np.ones((3, 3)))


def test_given_oxidation_states_have_to_be_neutral_and_complete():
    states = {"Na": 1, "Fe": 2, "P": 5, "O": -2}
    assert read_mixture("NaFePO4", states).charges == {
        el: states[el.symbol] for el in Composition("NaFePO4")
    }
    with pytest.raises(InputError, match=r"NaFePO4 is not neutral: .* charge of \+1"):
        random_packing("NaFePO4", 70, oxidation_states=states | {"Fe": 3})
    with pytest.raises(InputError, match="oxidation_states lacks O"):
        random_packing("NaFePO4", 70, oxidation_states={"Na": 1, "Fe": 2, "P": 5})


@pytest.mark.parametrize(
    ("composition", "formula"),
    [
        ("NaFePO4", "NaFePO4"),
        ({"Na2O": 25, "FeO": 50, "P2O5": 25}, "NaFePO4"),
        ({"NaO0.5": 1 / 3, "FeO": 1 / 3, "PO2.5": 1 / 3}, "NaFePO4"),
        ({"Na2O": 0.15, "CaO": 0.1, "SiO2": 0.75}, "Na6Ca2Si15O35"),
        (Composition("Si2O4"), "SiO2"),
    ],
)
def test_one_composition_can_be_written_in_many_ways(composition, formula):
    unit = read_mixture(composition).formula_unit
    assert unit == Composition(formula)
    assert all(n == int(n) for n in unit.values())


def test_charges_of_a_mixture_are_those_of_its_formulas():
    charges = read_mixture({"FeO": 1, "Fe2O3": 1}).charges
    assert {el.symbol: q for el, q in charges.items()} == pytest.approx({"Fe": 8 / 3, "O": -2})
    assert set(read_mixture("CuZr").charges.values()) == {0.0}


def test_whole_formula_units_nearest_to_the_wanted_atoms():
    assert [len(random_packing("NaFePO4", n, 3.0)) for n in (7, 10, 11, 100)] == [7, 7, 14, 98]
    packed = random_packing("NaFePO4", 100, 3.0)
    assert packed.properties == {"n_formula_units": 14, "formula_unit": "NaFePO4"}


def test_scaled_copies_keep_fractional_coordinates():
    packed = random_packing("NaFePO4", 70, 3.38)
    copies = scaled_copies(packed, (0.8, 1.0, 1.2))
    assert [c.volume / packed.volume for c in copies] == pytest.approx([0.512, 1.0, 1.728])
    for copy, scale in zip(copies, (0.8, 1.0, 1.2), strict=True):
        np.testing.assert_allclose(copy.frac_coords, packed.frac_coords)
        assert shortest(copy) == pytest.approx(scale * shortest(packed))
    with pytest.raises(InputError, match=r"scales is \(0,\)"):
        scaled_copies(packed, (0,))


def test_the_grid_of_a_ternary_has_66_points():
    corners = ["NaO0.5", "FeO", "PO2.5"]
    grid = composition_grid(corners)
    assert len(grid) == 66
    assert len(grid) * 3 * 5 == 990  # three sizes, five frames of each
    assert len({tuple(sorted(mixture.items())) for mixture in grid}) == 66
    assert all(sum(mixture.values()) == pytest.approx(1) for mixture in grid)
    assert sum(len(mixture) == 1 for mixture in grid) == 3
    for mixture in grid:
        read = read_mixture(mixture)
        assert sum(n * read.charges[el] for el, n in read.formula_unit.items()) == 0
    with pytest.raises(InputError, match=r"step is 0\.3"):
        composition_grid(corners, 0.3)
    with pytest.raises(InputError, match="give different formulas"):
        composition_grid(["FeO", "FeO"])
