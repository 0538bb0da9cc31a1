"""Results of several glasses and occupations: combined, with what each of them rests on."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from report_study import VOLTAGES_V, study_parts, uuid_of, verdict

from amorph_flows.analysis import combine_samples
from amorph_flows.analysis._more_samples import needed
from amorph_flows.analysis.verdict import Remedy, Verdict
from amorph_flows.report import build_report, result_rows
from amorph_flows.report._costs import cpu_seconds_of_stages
from amorph_flows.report._samples import of_several
from amorph_flows.report._text import uncertainty
from amorph_flows.report.figures._variances import variance_figure
from amorph_flows.report.screen._screen import first_screen
from amorph_flows.schemas.study import ResultRow, SampleParts, StudyParts

FACTORS = {(1, 1): 1.0, (1, 2): 1.3, (2, 1): 2.0, (2, 2): 2.4, (3, 1): 0.7, (3, 2): 0.8}
"""Of the diffusivities of each glass and occupation; voltages grow by its logarithm / 10."""


def _sample(parts: StudyParts, glass: int, occupation: int, **changes: Any) -> SampleParts:
    """Return a sample whose diffusivities are larger by a factor."""
    factor = FACTORS[glass, occupation]
    transport = parts.transport
    points = [
        replace(
            point,
            tracer_diffusivity_cm2_s=factor * point.tracer_diffusivity_cm2_s,
            tracer_diffusivity_interval_cm2_s=tuple(
                factor * end for end in point.tracer_diffusivity_interval_cm2_s
            ),
        )
        for point in transport.temperatures
    ]
    fields = {
        "glass": glass,
        "occupation": occupation,
        "runs": [uuid_of(f"run{glass}{occupation}")],
        "quench": parts.quench,
        "insertions": parts.insertions,
        "production": parts.production,
        "structure": None,
        "transport": transport.model_copy(update={"temperatures": points}),
    }
    return SampleParts(**{**fields, **changes})


def _study(**changes: Any) -> StudyParts:
    """Return a study of three glasses with two occupations each."""
    parts = study_parts()
    points = [point for point in parts.voltage.points if point.temperature_k is None]
    for (glass, occupation), factor in FACTORS.items():
        points += [
            point.model_copy(
                update={
                    "voltage_v": point.voltage_v + math.log(factor) / 10,
                    "documents": [uuid_of(f"run{glass}{occupation}")],
                }
            )
            for point in parts.voltage.points
            if point.temperature_k is not None and point.voltage_v is not None
        ]
    voltage = parts.voltage.model_copy(update={"points": points})
    samples = [_sample(parts, *key, **changes) for key in FACTORS]
    return parts.model_copy(update={"voltage": voltage, "samples": samples})


def test_shares_of_the_scatter_are_drawn_and_add_up() -> None:
    rows = result_rows(_study())
    figure = variance_figure(rows)
    assert [series.name for series in figure.series] == [
        "within a run",
        "between occupations",
        "between glasses",
    ]
    shares = np.sum([series.x for series in figure.series], axis=0)
    assert shares == pytest.approx(100.0)
    assert len(figure.y.places) == len(set(figure.y.places)) == len(shares)
    [row] = [r for r in rows if (r.quantity, r.temperature_k) == ("tracer_diffusivity", 1200.0)]
    place = figure.y.places.index("tracer diffusivity D*, 1200 K")
    assert row.combined is not None
    assert figure.series[2].x[place] == pytest.approx(100 * row.combined.shares["glasses"])


def test_first_screen_has_the_combined_values_and_says_which_glass_is_drawn() -> None:
    parts = _study()
    screen = first_screen(parts, result_rows(parts))
    hot = _row(parts, "tracer_diffusivity", 1200.0)
    [card] = [card for card in screen.cards if card.name == "hot-diffusivity"]
    assert card.interval == uncertainty(hot.uncertainty)
    assert screen.note == ""
    assert all(panel.caption.endswith("glass 1, occupation 1.") for panel in screen.section.panels)


def _row(parts: StudyParts, quantity: str, temperature_k: float | None) -> ResultRow:
    [row] = [
        row
        for row in result_rows(parts)
        if row.quantity == quantity
        and row.temperature_k == temperature_k
        and row.structure_source in ("MTP MD", "crystal")
    ]
    return row


def test_voltages_are_those_of_the_model_of_glasses_and_occupations() -> None:
    row = _row(_study(), "average_voltage", 900.0)
    volts = [VOLTAGES_V[900.0][1] + math.log(factor) / 10 for factor in FACTORS.values()]
    expected = combine_samples(volts, [0.05 / math.sqrt(5)] * 6, list(FACTORS))
    assert row.value == pytest.approx(expected.value)
    assert row.uncertainty == pytest.approx(list(expected.interval))
    assert row.combined is not None
    assert row.combined.n_glasses == 3
    assert row.combined.between == pytest.approx(expected.between)
    assert row.note == expected.reason
    assert {uuid_of(f"run{g}{n}") for g, n in FACTORS} <= set(row.documents)


def test_diffusivities_are_combined_as_logarithms() -> None:
    row = _row(_study(), "tracer_diffusivity", 900.0)
    one = next(p for p in study_parts().transport.temperatures if p.temperature_k == 900.0)
    values = [factor * one.tracer_diffusivity_cm2_s for factor in FACTORS.values()]
    low, high = one.tracer_diffusivity_interval_cm2_s
    relative = math.log(high / low) / 2 / 1.959964
    errors = [value * relative for value in values]
    expected = combine_samples(values, errors, list(FACTORS), log=True)
    assert row.value == pytest.approx(expected.value, rel=1e-6)
    assert row.uncertainty == pytest.approx(list(expected.interval), rel=1e-5)
    assert "% of the variance is from glasses" in row.note
    assert "more glasses" in row.note


def test_what_only_some_samples_have_is_of_them_alone() -> None:
    parts = _study()
    alone = [s.model_copy(update={"transport": None}) for s in parts.samples if s.occupation == 2]
    first = [sample for sample in parts.samples if sample.occupation == 1]
    row = _row(parts.model_copy(update={"samples": [*first, *alone]}), "haven_ratio", 900.0)
    assert row.combined is not None
    assert (row.combined.n_glasses, row.combined.n_runs) == (3, 3)


def test_a_refused_sample_is_left_out_and_that_is_said() -> None:
    parts = _study()
    points = [
        point.model_copy(update={"voltage_v": None})
        if point.documents == [uuid_of("run21")]
        else point
        for point in parts.voltage.points
    ]
    voltage = parts.voltage.model_copy(update={"points": points})
    row = _row(parts.model_copy(update={"voltage": voltage}), "average_voltage", 900.0)
    assert row.combined is not None
    assert row.combined.n_runs == 5
    assert row.note.endswith("; 1 without a number left out")


def test_glasses_that_failed_are_said() -> None:
    parts = _study()
    asked = parts.model_copy(update={"settings": {**parts.settings, "n_glasses": 4}})
    assert _row(asked, "average_voltage", 900.0).note.endswith("; 1 of 4 glasses failed")


def test_the_crystal_has_one_voltage() -> None:
    row = _row(_study(), "voltage_crystal", None)
    assert row.value == _row(study_parts(), "voltage_crystal", None).value
    assert row.combined is None
    assert not row.note


def test_one_glass_says_what_its_uncertainty_lacks() -> None:
    for row in result_rows(study_parts()):
        amorphous = row.quantity != "voltage_crystal" and row.value is not None
        assert ("scatter between glasses is not in" in row.note) == amorphous


def test_one_bad_glass_stands_in_the_way_of_all_that_rests_on_it() -> None:
    parts = _study()
    bad = verdict("melted?", False, "glass 2 stayed solid")
    samples = [
        sample.model_copy(update={"quench": sample.quench.model_copy(update={"melted": bad})})
        if sample.glass == 2
        else sample.model_copy(
            update={
                "quench": sample.quench.model_copy(
                    update={"melted": verdict("melted?", True, "liquid")}
                )
            }
        )
        for sample in parts.samples
    ]
    row = _row(parts.model_copy(update={"samples": samples}), "average_voltage", 900.0)
    [cause] = [cause for cause in row.causes if cause.question == "melted?"]
    assert cause.reason == "2 of 6 samples: glass 2 stayed solid"
    assert row.verdict == "not converged"


def _failed(hours: float | None) -> Verdict:
    found = verdict("long enough?", False, f"costs {hours}")
    return replace(found, remedy=None if hours is None else Remedy("a.key", 1.0, hours))


def test_of_samples_that_failed_alike_the_dearest_remedy_is_named() -> None:
    found = of_several([[_failed(1.0)], [_failed(3.0)], [_failed(None)], []])
    assert [v.reason for v in found] == ["3 of 4 samples: costs 3.0"]
    shared = of_several([[_failed(1.0)], [_failed(1.0)]])
    assert [v.reason for v in shared] == ["costs 1.0"]


def test_costs_are_those_of_all_glasses() -> None:
    one, three = cpu_seconds_of_stages(study_parts()), cpu_seconds_of_stages(_study())
    inputs = study_parts().quench.inputs_cpu_seconds
    assert one["melt_quench"] == inputs
    assert three["melt_quench"] == (None if inputs is None else 3 * inputs)


def test_variances_rdf_peaks_and_densities_have_a_chapter() -> None:
    parts = _study()
    alike = parts.production[0].mean_density_g_cm3
    samples = [
        sample.model_copy(
            update={
                "structure": parts.structure,
                "production": [
                    run.model_copy(update={"mean_density_g_cm3": alike + 0.1 * sample.glass})
                    for run in sample.production
                ],
            }
        )
        for sample in parts.samples
    ]
    data = build_report(parts.model_copy(update={"samples": samples})).data
    tables = data["sections"]["several-glasses"]["tables"]
    [volts, *_] = tables["variances"]
    expected = _row(_study(), "average_voltage", 600.0)
    assert expected.combined is not None
    assert volts["between"] == pytest.approx(expected.combined.between, rel=1e-3)
    by_name = {row["name"]: row for row in tables["structures of glasses"]}
    assert by_name["density"]["value"] == pytest.approx(alike + 0.2)
    assert by_name["density"]["between"] == pytest.approx(0.01, rel=1e-3)
    peak = by_name["first O-V peak"]
    assert 1.4 < peak["value"] < 2.2
    assert peak["uncertainty"] == pytest.approx([peak["value"]] * 2)  # all six are the same


def _scattered(spread: float, **settings: int) -> StudyParts:
    """Return a study whose glasses differ by a factor of this power of ten."""
    parts = _study()
    samples = []
    for sample in parts.samples:
        assert sample.transport is not None
        factor = 10 ** (spread * (sample.glass - 2))
        points = [
            replace(
                point,
                tracer_diffusivity_cm2_s=factor * point.tracer_diffusivity_cm2_s,
                tracer_diffusivity_interval_cm2_s=tuple(
                    factor * end for end in point.tracer_diffusivity_interval_cm2_s
                ),
            )
            for point in sample.transport.temperatures
        ]
        transport = sample.transport.model_copy(update={"temperatures": points})
        samples.append(sample.model_copy(update={"transport": transport}))
    settings = {**parts.settings, "n_glasses": 3, "n_occupations": 2, **settings}
    return parts.model_copy(update={"samples": samples, "settings": settings})


def test_glasses_that_scatter_too_much_have_more_glasses_as_remedy() -> None:
    row = _row(_scattered(1.0), "tracer_diffusivity", 900.0)
    [cause] = [cause for cause in row.causes if cause.question == "precise with all samples?"]
    assert cause.remedy is not None
    assert cause.remedy.key == "n_glasses"
    assert cause.remedy.value > 3
    assert f"{cause.remedy.value - 3} more glasses" in cause.reason
    assert row.verdict == "not converged"
    combined = row.combined
    assert combined is not None
    low, high = row.uncertainty
    error = math.log(high / low) / 2 / 1.959964
    assert combined.needed.factor == 0.5
    wanted = needed(0.5 / error, combined.shares, 3, 6)
    assert cause.remedy.value == 3 + wanted.glasses


def test_glasses_that_scatter_little_have_no_such_cause() -> None:
    parts = _study()
    alike = [s.model_copy(update={"transport": parts.transport}) for s in parts.samples]
    row = _row(parts.model_copy(update={"samples": alike}), "tracer_diffusivity", 900.0)
    assert "precise with all samples?" not in {cause.question for cause in row.causes}
    volts = _row(_scattered(1.0), "average_voltage", 900.0)
    assert "precise with all samples?" not in {cause.question for cause in volts.causes}


def test_remedy_of_glasses_is_a_key_of_the_study_file_to_paste() -> None:
    parts = _scattered(1.0)
    screen = first_screen(parts, result_rows(parts))
    assert "\nn_glasses: " in f"\n{screen.study_changes}"


def test_report_json_says_that_one_glass_lacks_the_scatter_between_glasses() -> None:
    data = build_report(study_parts()).data
    noted = {row["quantity"]: row["note"] for row in data["results"] if row["value"] is not None}
    assert "scatter between glasses" in noted["tracer_diffusivity"]
    assert noted["voltage_crystal"] == ""
    assert "scatter between glasses" in data["first_screen"]["note"]


def test_the_report_is_made_and_says_what_its_chapters_show() -> None:
    html = build_report(_study()).html
    assert "glass 1, occupation 1" in html
    assert "would halve the interval" in html
