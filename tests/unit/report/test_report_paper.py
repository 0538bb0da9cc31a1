"""The published study beside this one: its numbers, and where its figures are."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from functools import cache

import pytest
from report_study import CRYSTAL_V, study_parts

from amorph_flows.references import published_paper
from amorph_flows.report import Report, build_report, result_rows
from amorph_flows.report._paper import paper_rows
from amorph_flows.schemas.reference import PaperRow
from amorph_flows.schemas.structure import SampledStructure, StructureDoc
from amorph_flows.schemas.study import StudyParts

SCATTER_V = 0.05 / math.sqrt(5)
"""Standard error of each voltage of the study, V."""


@cache
def whole_study() -> StudyParts:
    """Return a study with every run that the paper has, and errors of random test frames."""
    parts = study_parts()
    crystal, *runs = parts.structure.samples
    with_ions = [run for run in runs if run.temperature_k == 1200.0]
    samples = [crystal, *runs]
    samples += [_at(run, kelvin) for run in with_ions for kelvin in (600.0, 900.0)]
    samples += [_at(run, 2000.0, "V2O5") for run in with_ions]
    errors = parts.potential.errors["test_blocks"]
    errors = replace(
        errors, stress_rmse_gpa=0.7, stress_mae_gpa=0.2, energy_rmse_error_mev_atom=0.3
    )
    potential = parts.potential.model_copy(
        update={"errors": {**parts.potential.errors, "test_random": errors}}
    )
    structure = parts.structure.model_copy(update={"samples": samples})
    found: dict[str, object] = {
        "structure": structure,
        "potential": potential,
        "engine_transport": parts.transport,
    }
    found["small_transport"] = parts.transport
    return parts.model_copy(update=found)


def _at(run: SampledStructure, kelvin: float, formula: str = "MgV2O5") -> SampledStructure:
    return run.model_copy(update={"temperature_k": kelvin, "formula": formula})


@pytest.fixture(scope="module")
def report() -> Report:
    return build_report(whole_study())


def row_of(parts: StudyParts, quantity: str, **what: object) -> PaperRow:
    """Return the only row of a number."""
    rows = paper_rows(parts, result_rows(parts))
    [row] = [
        row
        for row in rows
        if row.quantity == quantity and all(getattr(row, key) == one for key, one in what.items())
    ]
    return row


def test_each_number_of_the_paper_has_a_row(report: Report) -> None:
    rows = report.data["paper"]
    paper = published_paper()
    assert len(rows) == len(paper.numbers) + len(paper.results.references)
    tables = report.data["sections"]["paper"]["tables"]
    for name, is_here in (("paper", True), ("paper-absent", False)):
        shown = [row["paper"] for row in tables[name]]
        assert shown == [row["paper"] for row in rows if (row["here"] is not None) == is_here]
        assert shown
    assert all(row["reason"] for row in tables["paper-absent"])
    assert all(row["where"].startswith("section") for row in rows)


def test_a_voltage_is_told_in_combined_errors() -> None:
    found = row_of(
        whole_study(), "average_voltage", temperature_k=900.0, structure_source="engine MD"
    )
    assert (found.paper, found.here) == (2.23, 2.23)
    assert found.n_errors == pytest.approx(0.0)
    assert found.combined_error == pytest.approx(math.hypot(SCATTER_V, 0.01 / math.sqrt(12)))


def test_a_voltage_that_differs_is_that_many_errors_away() -> None:
    parts = whole_study()
    points = [
        p.model_copy(update={"voltage_v": 2.0}) if p.structure_source == "engine MD" else p
        for p in parts.voltage.points
    ]
    voltage = parts.voltage.model_copy(update={"points": points})
    changed = parts.model_copy(update={"voltage": voltage})
    found = row_of(changed, "average_voltage", temperature_k=1200.0)
    error = math.hypot(SCATTER_V, 0.01 / math.sqrt(12))
    assert found.difference == pytest.approx(-0.19)
    assert found.n_errors == pytest.approx(0.19 / error)


def test_the_crystal_has_no_error_and_says_so() -> None:
    found = row_of(whole_study(), "voltage_crystal", structure_source="crystal")
    assert (found.paper, found.here, found.difference) == (CRYSTAL_V, CRYSTAL_V, 0.0)
    assert found.n_errors is None
    assert found.reason == "no error known here"


def test_what_the_study_has_not_is_said() -> None:
    found = row_of(whole_study(), "voltage_crystal", structure_source="crystal relaxed by MTP")
    assert found.here is None
    assert found.reason == "the study has no such result"
    assert row_of(study_parts(), "force_rmse_ev_a", part="test_random").reason == (
        "the potential has no such error"
    )
    absent = row_of(study_parts(), "maximum", temperature_k=900.0)
    assert absent.here is None
    assert "no MD with the potential" in absent.reason


def test_diffusivities_are_compared_as_logarithms_with_the_remark() -> None:
    found = row_of(whole_study(), "tracer_diffusivity", temperature_k=1200.0)
    assert found.factor == pytest.approx(found.here / 8.71e-6)
    assert isinstance(found.uncertainty, list)
    low, high = found.uncertainty
    of_paper = 0.01 / 8.71 / math.sqrt(12)
    error = math.hypot(math.log(high / low) / (2 * 1.959964), of_paper)
    assert found.n_errors == pytest.approx(abs(math.log(found.factor)) / error, rel=1e-6)
    assert "drift" in found.remark
    [point] = [p for p in whole_study().transport.temperatures if p.temperature_k == 1200.0]
    assert found.by_its_formula == point.tracer_diffusivity_single_time_cm2_s
    assert row_of(whole_study(), "average_voltage", temperature_k=1200.0).by_its_formula is None


def test_errors_of_the_fit_are_those_of_the_same_frames() -> None:
    found = row_of(whole_study(), "energy_rmse_mev_atom", part="test_random")
    assert (found.paper, found.here, found.unit) == (3.16, 5.0, "meV/atom")
    assert found.n_errors == pytest.approx(1.84 / math.hypot(0.3, 0.01 / math.sqrt(12)))
    stress = row_of(whole_study(), "stress_rmse_gpa", part="test_random")
    assert (stress.paper, stress.here) == (0.5, 0.7)
    assert stress.paper_error == pytest.approx(0.01 / math.sqrt(12))  # 0.50 is printed


def test_the_order_is_that_of_the_ions_with_the_potential() -> None:
    [sample] = [
        sample
        for sample in whole_study().structure.samples
        if (sample.structure_source, sample.temperature_k) == ("MTP MD", 300.0)
    ]
    [order] = [order for order in sample.order if order.species == ["Mg"]]
    found = row_of(whole_study(), "minimum", temperature_k=300.0)
    assert (found.paper, found.here) == (0.01, order.minimum)
    assert found.n_errors is None, "a sample of few frames has no scatter"
    scattered = order.model_copy(update={"minimum_scatter": 0.02})
    structure = StructureDoc(samples=[sample.model_copy(update={"order": [scattered]})])
    known = whole_study().model_copy(update={"structure": structure})
    found = row_of(known, "minimum", temperature_k=300.0)
    error = math.hypot(0.02, 0.01 / math.sqrt(12))
    assert found.n_errors == pytest.approx(abs(order.minimum - 0.01) / error)


def test_every_place_of_a_figure_is_in_the_page(report: Report) -> None:
    rows = report.data["sections"]["paper"]["tables"]["paper-figures"]
    ids = set(re.findall(r'id="([^"]+)"', report.html))
    assert len(rows) == len(published_paper().figures)
    for row, figure in zip(rows, published_paper().figures, strict=True):
        assert bool(row["places"]) == bool(figure.places), row["name"]
        assert row["places"] or row["missing"], row["name"]
        assert {place["anchor"] for place in row["places"]} <= ids
        assert row["missing"] == figure.missing


def test_every_pattern_of_a_place_is_found(report: Report) -> None:
    rows = report.data["sections"]["paper"]["tables"]["paper-figures"]
    for row, figure in zip(rows, published_paper().figures, strict=True):
        assert len(row["places"]) >= len(figure.places), row["name"]


def test_a_figure_whose_run_is_missing_says_so() -> None:
    rows = build_report(study_parts()).data["sections"]["paper"]["tables"]["paper-figures"]
    missing = {row["name"]: row["missing"] for row in rows}
    assert missing["Figure 3c"] == "no run of this study shows it"
    assert missing["Figure 3a"] == ""


def test_a_study_of_another_ion_is_not_held_against_the_paper() -> None:
    other = study_parts().model_copy(update={"ion": "Ca2+"})
    report = build_report(other)
    assert report.data["paper"] == []
    assert "paper" not in report.data["sections"]
