"""References: read from a study file, converted, refused, and those that ship."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from amorph_flows.errors import InputError
from amorph_flows.references import default_references, read_references, reference_sets
from amorph_flows.references._units import factor_of

GOOD = {
    "quantity": "tracer_diffusivity",
    "value": 1.5e-9,
    "unit": "cm2/s",
    "temperature_k": 900,
    "source": "A. Author, J. Ions 1, 2 (2020), Table 1",
}


@pytest.mark.parametrize(
    ("quantity", "unit", "factor"),
    [
        ("tracer_diffusivity", "cm²/s", 1.0),
        ("tracer_diffusivity", "cm^2 s^-1", 1.0),
        ("tracer_diffusivity", "m2/s", 1e4),
        ("jump_diffusivity", "Å²/ps", 1e-4),
        ("average_voltage", "mV", 1e-3),
        ("activation_energy", "meV", 1e-3),
        ("activation_energy", "kJ/mol", 1 / 96.485),
        ("conductivity", "mS/cm", 1e-3),
        ("conductivity", "S m^-1", 1e-2),
        ("conductivity", "uS/cm", 1e-6),
        ("density", "g cm⁻³", 1.0),
        ("haven_ratio", None, 1.0),
    ],
)
def test_usual_units_are_converted(quantity: str, unit: str | None, factor: float) -> None:
    assert factor_of(quantity, unit) == pytest.approx(factor, rel=1e-4)


def test_a_reference_is_in_the_units_of_the_results() -> None:
    given = {**GOOD, "unit": "m2/s", "value": 2.0e-13, "uncertainty": 0.5e-13}
    [found] = read_references([given])
    assert (found.value, found.uncertainty) == pytest.approx((2e-9, 0.5e-9))
    assert found.unit == "cm²/s"
    assert found.label == "A. Author, J. Ions 1, 2 (2020), Table 1"


def test_a_range_has_no_value_between_its_ends() -> None:
    [found] = read_references([{**GOOD, "value": [1.0e-12, 1.0e-10], "label": "crystal"}])
    assert found.value == found.ends == (1e-12, 1e-10)
    assert found.middle == pytest.approx(1e-11)


def test_sets_and_own_references_may_be_mixed() -> None:
    found = read_references(["choyal2025", GOOD])
    assert len(found) == len(reference_sets()["choyal2025"].references) + 1
    assert found[-1].source == GOOD["source"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"unit": None}, "the unit is missing; give one of cm²/s, m²/s"),
        ({"unit": " "}, "the unit is missing"),
        ({"unit": "eV"}, "'eV' is no unit of tracer_diffusivity; give one of cm²/s"),
        ({"source": None}, "tracer_diffusivity has no source"),
        ({"source": " "}, "tracer_diffusivity has no source"),
        ({"source": 3}, "source must be text, got 3"),
        ({"quantity": "tracer_difusivity"}, "did you mean 'tracer_diffusivity'"),
        ({"quantity": "voltage"}, "unknown quantity 'voltage'; did you mean"),
        ({"quantity": None}, "the quantity is missing"),
        ({"value": None}, "has no value"),
        ({"value": 0.0}, "must be above 0, got 0.0"),
        ({"value": -1e-9}, "must be above 0, got -1e-09"),
        ({"value": float("nan")}, "must be finite, got nan"),
        ({"value": [1e-9, float("inf")]}, "must be finite, got inf"),
        ({"value": [2e-9, 1e-9]}, "low below high"),
        ({"value": [2e-9]}, "a number or [low, high]"),
        ({"value": "1e-9"}, "must be a number, got '1e-9' (str); write numbers as in 1.0 or"),
        ({"value": True}, "must be a number, got True"),
        ({"temperature_k": None}, "has no temperature_k"),
        ({"temperature_k": -3}, "temperature_k must be above 0 K, got -3"),
        ({"uncertainty": -1e-10}, "a standard error is not negative"),
        ({"errror": 1e-10}, "unknown key 'errror'"),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=re.escape(said)) as caught:
        read_references(["choyal2025", {**GOOD, **changes}])
    assert str(caught.value).startswith("references, number 2: ")


def test_an_unknown_set_is_named_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"number 1: .*'choyal2024'; did you mean 'choyal2025'\?"):
        read_references(["choyal2024"])


def test_a_haven_ratio_has_no_unit() -> None:
    with pytest.raises(InputError, match="haven_ratio has no unit, got 'V'"):
        read_references([{**GOOD, "quantity": "haven_ratio", "unit": "V"}])


def test_the_published_numbers_of_the_glass_ship() -> None:
    by_k = {
        one.temperature_k: one.value
        for one in reference_sets()["choyal2025"].references
        if one.quantity == "tracer_diffusivity"
    }
    assert by_k == {300: 1.81e-6, 600: 3.41e-6, 900: 4.75e-6, 1000: 5.63e-6, 1200: 8.71e-6}
    [energy] = [
        one
        for one in reference_sets()["choyal2025"].references
        if one.quantity == "activation_energy"
    ]
    assert energy.value == pytest.approx(0.047)


def test_a_study_of_the_same_glass_shows_them_without_being_asked() -> None:
    assert default_references("MgV2O5", "Mg2+") == reference_sets()["choyal2025"].references
    assert default_references("MgV2O5", "Ca2+") == []
    assert default_references("LiPO3", "Li+") == []


def test_every_set_says_what_it_lacks_and_where_each_number_is() -> None:
    for one in reference_sets().values():
        assert one.about
        assert one.references
        for reference in one.references:
            assert reference.source.startswith(one.paper)
            assert re.search(r"section|Table|slide", reference.source)


def test_every_set_is_in_the_docs() -> None:
    page = Path(__file__).parents[3] / "docs" / "stages" / "report.md"
    text = page.read_text(encoding="utf-8")
    for name in reference_sets():
        assert f"`{name}`" in text
