"""Studies side by side: what is compared, by which rule, and why something is not."""

from __future__ import annotations

import math
from functools import cache

import pytest
from compared_studies import OTHER_ENGINE, faster, finished, with_engine
from report_study import study_parts

from amorph_flows.errors import InputError
from amorph_flows.report.comparison import compare_studies, comparison_page
from amorph_flows.schemas.comparison import ComparisonDoc, ComparisonRow
from amorph_flows.schemas.study import StudyDoc


@cache
def slow() -> StudyDoc:
    return finished(study_parts())


@cache
def fast() -> StudyDoc:
    return finished(faster(1.3))


def row_of(
    found: ComparisonDoc,
    quantity: str,
    temperature_k: float | None = None,
    source: str = "MTP MD",
) -> ComparisonRow:
    [row] = [
        row
        for row in found.rows
        if (row.quantity, row.temperature_k, row.structure_source)
        == (quantity, temperature_k, source)
    ]
    return row


def test_voltages_that_are_near_agree() -> None:
    row = row_of(compare_studies({"a": slow(), "b": fast()}), "average_voltage", 600.0)
    [found] = row.differences
    error = 0.05 / math.sqrt(5)
    assert found.difference == pytest.approx(0.01)
    assert found.combined_error == pytest.approx(error * math.sqrt(2))
    assert found.n_errors == pytest.approx(0.01 / error / math.sqrt(2))
    assert found.agree is True
    assert found.factor is None
    assert [one.verdict for one in row.values] == ["not converged"] * 2


def test_diffusivities_are_compared_as_logarithms_and_differ() -> None:
    row = row_of(compare_studies({"a": slow(), "b": fast()}), "tracer_diffusivity", 1200.0)
    [found] = row.differences
    low, high = row.values[0].uncertainty
    error = math.log(high / low) / 2 / 1.959964
    assert found.factor == pytest.approx(1.3)
    assert found.combined_error == pytest.approx(error * math.sqrt(2), rel=1e-6)
    assert found.n_errors == pytest.approx(math.log(1.3) / error / math.sqrt(2), rel=1e-6)
    assert found.agree is False


@pytest.mark.parametrize(("n_errors", "agree"), [(1.9, True), (2.0, False)])
def test_results_agree_up_to_the_interval_of_their_difference(n_errors: float, agree: bool) -> None:
    error = 0.05 / math.sqrt(5)
    point = study_parts().voltage.points[1]
    apart = point.model_copy(
        update={"voltage_v": point.voltage_v + n_errors * error * math.sqrt(2)}
    )
    voltage = study_parts().voltage.model_copy(update={"points": [apart]})
    other = finished(study_parts().model_copy(update={"voltage": voltage}))
    found = compare_studies({"a": slow(), "b": other})
    row = row_of(found, "average_voltage", point.temperature_k, "engine MD")
    assert row.differences[0].agree is agree


def test_a_crystal_without_an_error_has_a_difference_and_no_word() -> None:
    row = row_of(compare_studies({"a": slow(), "b": fast()}), "voltage_crystal", None, "crystal")
    [found] = row.differences
    assert found.difference == pytest.approx(0.01)
    assert found.agree is None
    assert found.reason == "no error known of a and b"


def test_voltages_need_the_same_engine_settings() -> None:
    other = finished(with_engine(faster(1.3), OTHER_ENGINE, of="voltage"))
    found = compare_studies({"a": slow(), "b": other})
    [volts] = row_of(found, "average_voltage", 600.0).differences
    assert (volts.difference, volts.agree) == (None, None)
    assert "engine of the voltages: toy 0123abcd and VASP feedc0de" in volts.reason
    assert row_of(found, "average_voltage", 600.0).values[1].value == pytest.approx(2.21)
    assert row_of(found, "tracer_diffusivity", 900.0).differences[0].agree is False


def test_transport_needs_the_same_labels_and_the_same_way_to_the_glass() -> None:
    for document, use in (("potential", "labels"), ("quench", "structures")):
        other = finished(with_engine(faster(1.3), OTHER_ENGINE, of=document))
        found = compare_studies({"a": slow(), "b": other})
        [transport] = row_of(found, "activation_energy").differences
        assert transport.difference is None
        assert f"other settings of the engine of the {use}: " in transport.reason
        [crystal] = row_of(found, "voltage_crystal", None, "crystal").differences
        assert crystal.difference == pytest.approx(0.01)


def test_another_glass_is_not_compared() -> None:
    basis = fast().basis.model_copy(update={"formula": "CaV2O5"})
    other = fast().model_copy(update={"basis": basis})
    found = compare_studies({"a": slow(), "b": other})
    reasons = {one.reason for row in found.rows for one in row.differences}
    assert "other glasses: MgV2O5 and CaV2O5" in reasons
    assert not any(one.difference for row in found.rows for one in row.differences)
    ions = compare_studies({"a": slow(), "b": fast().model_copy(update={"ion": "Ca2+"})})
    assert row_of(ions, "activation_energy").differences[0].reason == "other ions: Mg2+ and Ca2+"


def test_structure_is_side_by_side_and_says_that_one_glass_has_no_error() -> None:
    found = compare_studies({"a": slow(), "b": fast()})
    peak = row_of(found, "first O-V peak", 300.0, "engine MD")
    assert 1.4 < peak.values[0].value < 2.2
    assert (peak.unit, peak.differences[0].difference) == ("Å", 0.0)
    assert peak.differences[0].reason == "no error known of a and b"
    neighbours = row_of(found, "O around V", 300.0, "engine MD")
    assert 3 < neighbours.values[0].value < 7
    assert row_of(found, "density", 900.0, "production").values[0].value == 3.421
    scatter, potentials = found.remarks
    assert "scatter between glasses is not in the errors of a and b" in scatter
    assert "2 potentials" in potentials


def test_what_only_one_study_has_is_said() -> None:
    hot = [r for r in fast().results if r.temperature_k != 300.0]
    found = compare_studies({"a": slow(), "b": fast().model_copy(update={"results": hot})})
    row = row_of(found, "tracer_diffusivity", 300.0)
    assert row.values[1] is None
    assert row.differences[0].reason == "no number of b"


def test_differences_of_three_studies_are_to_the_first() -> None:
    found = compare_studies({"a": slow(), "b": fast(), "c": slow()})
    row = row_of(found, "tracer_diffusivity", 900.0)
    assert [one.study for one in row.differences] == ["b", "c"]
    assert [one.agree for one in row.differences] == [False, True]


def test_fewer_than_two_studies_and_old_reports_are_refused() -> None:
    with pytest.raises(InputError, match="1 study to compare; give at least two"):
        compare_studies({"a": slow()})
    old = fast().model_copy(update={"basis": None})
    with pytest.raises(InputError, match=r"report of b does not say .* `amorph run` makes it anew"):
        compare_studies({"a": slow(), "b": old})


def test_the_document_survives_json() -> None:
    found = compare_studies({"a": slow(), "b": fast()})
    assert ComparisonDoc.model_validate_json(found.model_dump_json()) == found


def test_the_page_has_all_studies_and_the_rule() -> None:
    html = comparison_page(compare_studies({"slow": slow(), "<b>fast</b>": fast()}))
    assert "Schenker" in html
    assert "slow, 0.0" in html
    assert "<b>fast</b>" not in html
    assert "what `amorph compare-studies --json` prints" in html
    assert "report.json" not in html
