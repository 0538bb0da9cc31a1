"""Charges after insertion by reduction of the redox element."""

import pytest
from pymatgen.core import Lattice, Structure

from amorph_flows.errors import InputError
from amorph_flows.structures import discharged_charges, reference_metal, supercell_by_axes, v2o5


def charges(structure):
    return {site.specie.symbol: site.specie.oxi_state for site in structure}


def compound(formula_species):
    """Return atoms far enough apart on a line; only the composition matters here."""
    n = len(formula_species)
    coords = [[i / n, 0, 0] for i in range(n)]
    return Structure(Lattice.orthorhombic(3.0 * n, 5, 5), formula_species, coords)


def test_vanadium_is_reduced_to_four_in_mgv2o5():
    host = supercell_by_axes(v2o5(), (1, 3, 2))
    discharged = discharged_charges(host, "Mg2+", 12)
    assert charges(discharged) == {"V": 4, "O": -2}
    assert discharged.charge == pytest.approx(-24)
    assert host == supercell_by_axes(v2o5(), (1, 3, 2))


@pytest.mark.parametrize(("ion", "n_ions"), [("Mg2+", 1), ("Li+", 7), ("Al3+", 5), ("Ca2+", 11)])
def test_electrons_that_do_not_divide_give_a_fractional_average(ion, n_ions):
    host = supercell_by_axes(v2o5(), (1, 3, 2))
    electrons = n_ions * int(ion[-2]) if ion[-2].isdigit() else n_ions
    discharged = discharged_charges(host, ion, n_ions)
    assert charges(discharged)["V"] == pytest.approx(5 - electrons / 24)
    assert discharged.charge + electrons == pytest.approx(0, abs=1e-9)


def test_charges_of_the_host_are_taken_as_those_before_insertion():
    host = v2o5()
    host.add_oxidation_state_by_site([5, 5, 5, 5, *[-2] * 10])
    assert charges(discharged_charges(host, "Mg2+", 2))["V"] == 4


def test_stoichiometry_that_charge_balance_forbids():
    host = supercell_by_axes(v2o5(), (1, 3, 2))
    assert charges(discharged_charges(host, "Mg2+", 36))["V"] == 2
    with pytest.raises(InputError, match=r"37 Mg2\+ .* allows at most 36 Mg2\+"):
        discharged_charges(host, "Mg2+", 37)
    with pytest.raises(InputError, match="at most 1 Li"):
        discharged_charges(compound(["Fe", "P", *"OOOO"]), "Li+", 2)


def test_fe_not_p_is_reduced_in_iron_phosphate():
    discharged = discharged_charges(compound(["Fe", "P", *"OOOO"]), "Na+", 1)
    assert charges(discharged) == {"Fe": 2, "P": 5, "O": -2}


def test_anions_oxidise():
    host = compound(["Fe", "O"])
    assert charges(discharged_charges(host, "F-", 1)) == {"Fe": 3, "O": -2}
    with pytest.raises(InputError, match=r"at most 1 F-"):
        discharged_charges(host, "F-", 2)


def test_several_redox_elements_must_be_named():
    host = compound(["Fe", "V", *"OOOO"])
    host.add_oxidation_state_by_element({"Fe": 3, "V": 5, "O": -2})
    with pytest.raises(InputError, match="candidates: Fe, V"):
        discharged_charges(host, "Na+", 1)
    assert charges(discharged_charges(host, "Na+", 1, redox_element="V"))["V"] == 4
    with pytest.raises(InputError, match="redox element 'Mn' is not in the host"):
        discharged_charges(host, "Na+", 1, redox_element="Mn")


def test_a_host_that_cannot_take_electrons():
    with pytest.raises(InputError, match="candidates: none"):
        discharged_charges(compound(["Mg", "O"]), "Mg2+", 1)
    with pytest.raises(InputError, match="candidates: none"):
        discharged_charges(reference_metal("Mg"), "Mg2+", 1)


def test_a_host_with_a_net_charge():
    host = v2o5()
    host.add_oxidation_state_by_element({"V": 4, "O": -2})
    with pytest.raises(InputError, match=r"net charge of -4 before insertion"):
        discharged_charges(host, "Mg2+", 2)


def test_a_host_whose_charges_are_not_known():
    with pytest.raises(InputError, match=r"no neutral set of charges is possible"):
        discharged_charges(compound(["Na", "K", "Mg"]), "Mg2+", 1)


def test_a_glass_whose_charges_would_take_hours_to_guess_is_refused_at_once():
    glass = compound(["Fe"] * 13 + ["P"] * 29 + ["O"] * 101)
    with pytest.raises(InputError, match=r"too many sets of charges .* give the host with its ch"):
        discharged_charges(glass, "Na+", 1)
    glass.add_oxidation_state_by_element({"Fe": 57 / 13, "P": 5, "O": -2})
    with pytest.raises(InputError, match=r"outside its oxidation states \+2 to \+3"):
        discharged_charges(glass, "Na+", 1)
    glass = compound(["Fe"] * 14 + ["P"] * 29 + ["O"] * 93)
    glass.add_oxidation_state_by_element({"Fe": 41 / 14, "P": 5, "O": -2})
    assert charges(discharged_charges(glass, "Na+", 4))["Fe"] == pytest.approx(37 / 14)


@pytest.mark.parametrize("n_ions", [0, -1, 1.5])
def test_bad_numbers(n_ions):
    with pytest.raises(InputError, match="positive whole number"):
        discharged_charges(v2o5(), "Mg2+", n_ions)
    with pytest.raises(InputError, match="has no charge"):
        discharged_charges(v2o5(), "Mg", 1)
