"""The crystals that studies start from."""

import numpy as np
import pytest

from amorph_flows.errors import InputError
from amorph_flows.structures import (
    REFERENCE_METALS,
    check_structure,
    parse_ion,
    reference_metal,
    remove_species,
    v2o5,
)


def test_v2o5():
    crystal = v2o5()
    check_structure(crystal)
    assert crystal.composition.formula == "V4 O10"
    assert crystal.get_space_group_info() == ("Pmmn", 59)
    assert crystal.density == pytest.approx(3.36, abs=0.05)
    bonds = crystal.get_neighbor_list(2.2)[3]
    assert (bonds.min(), bonds.max()) == pytest.approx((1.58, 2.02), abs=0.01)
    assert len(bonds) == 2 * 4 * 5


@pytest.mark.parametrize(
    ("element", "space_group", "density_g_cm3"),
    [
        ("Li", 229, 0.53),
        ("Na", 229, 0.97),
        ("K", 229, 0.86),
        ("Mg", 194, 1.74),
        ("Ca", 225, 1.55),
        ("Zn", 194, 7.14),
        ("Al", 225, 2.70),
    ],
)
def test_reference_metals_have_the_density_of_the_metal(element, space_group, density_g_cm3):
    metal = reference_metal(element)
    check_structure(metal)
    assert metal.composition.chemical_system == element
    assert metal.get_space_group_info()[1] == space_group
    assert metal.density == pytest.approx(density_g_cm3, rel=0.08)


def test_hcp_mg():
    assert reference_metal("Mg2+").lattice.abc == pytest.approx((3.21, 3.21, 5.213), abs=1e-3)


def test_every_metal_of_the_list_is_there():
    assert all(len(reference_metal(element)) in {2, 4} for element in REFERENCE_METALS)


@pytest.mark.parametrize("ion", ["Xx2+", "", "2+", "mg2+", None])
def test_unknown_ion(ion):
    with pytest.raises(InputError, match="unknown ion"):
        reference_metal(ion)


@pytest.mark.parametrize("ion", ["F-", "Fe3+", "O2-"])
def test_ion_without_a_reference_metal(ion):
    with pytest.raises(InputError, match="has no reference metal; there is one for Li, Na"):
        reference_metal(ion)


def test_parse_ion():
    assert (parse_ion("Mg2+").symbol, parse_ion("Mg2+").oxi_state) == ("Mg", 2)
    assert parse_ion("Na+").oxi_state == 1
    assert parse_ion("F-").oxi_state == -1
    assert parse_ion("V4.5+").oxi_state == 4.5


@pytest.mark.parametrize("ion", ["Mg", "Mg2", "Mg0+", "Mg++", "Mg+2", "Mg.+"])
def test_ion_without_a_charge(ion):
    with pytest.raises(InputError, match="has no charge; write it as in 'Mg2\\+'"):
        parse_ion(ion)


def test_remove_species_keeps_the_rest_as_it_was():
    crystal = v2o5()
    rest = remove_species(crystal, "V")
    assert rest.composition.formula == "O10"
    np.testing.assert_array_equal(rest.frac_coords, crystal.frac_coords[4:])
    assert len(crystal) == 14
    crystal.add_oxidation_state_by_element({"V": 5, "O": -2})
    assert remove_species(crystal, "V5+").charge == -20


def test_remove_species_refuses():
    with pytest.raises(InputError, match="there is no Mg to remove from V2O5, which holds O, V"):
        remove_species(v2o5(), "Mg")
    with pytest.raises(InputError, match="leaves no atoms"):
        remove_species(reference_metal("Mg"), "Mg")
    with pytest.raises(InputError, match="unknown ion 'Qq'"):
        remove_species(v2o5(), "Qq")
