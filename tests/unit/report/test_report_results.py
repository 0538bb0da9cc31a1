"""Results: which numbers, how sure, and what each rests on."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
from report_study import CRYSTAL_V, DIFFUSIVITIES_CM2_S, VOLTAGES_V, study_parts, uuid_of, verdict

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.report import result_rows
from amorph_flows.report._foundations import foundations
from amorph_flows.schemas.study import ResultRow, StudyParts
from amorph_flows.schemas.transport import TransportAtTemperatureDoc


def rows_of(parts: StudyParts, quantity: str) -> list[ResultRow]:
    return [row for row in result_rows(parts) if row.quantity == quantity]


def all_reasons(row: ResultRow) -> str:
    """Return the reasons of all causes, of which `reason` names the first."""
    return "; ".join(cause.reason for cause in row.causes)


def with_point(parts: StudyParts, temperature_k: float, **changes: object) -> StudyParts:
    """Return a study in which one temperature's transport is another."""

    def changed(point: TransportAtTemperatureDoc) -> TransportAtTemperatureDoc:
        here = point.temperature_k == temperature_k
        return replace(point, **changes) if here else point

    points = [changed(point) for point in parts.transport.temperatures]
    transport = parts.transport.model_copy(update={"temperatures": points})
    return parts.model_copy(update={"transport": transport})


def test_every_quantity_is_there_once_for_each_temperature_and_source() -> None:
    rows = result_rows(study_parts())
    keys = [(row.quantity, row.temperature_k, row.structure_source) for row in rows]
    walks = ("tracer_diffusivity", "jump_diffusivity", "haven_ratio", "conductivity")
    walks += ("residence_time", "memory_time", "correlation_factor")
    expected = {("voltage_crystal", None, "crystal"), ("activation_energy", None, "MTP MD")}
    expected |= {(f"{q}_300k", 300.0, "MTP MD") for q in ("diffusivity", "conductivity")}
    expected |= {(q, t, "MTP MD") for q in walks for t in DIFFUSIVITIES_CM2_S}
    expected |= {("average_voltage", t, s) for t in VOLTAGES_V for s in ("engine MD", "MTP MD")}
    assert len(keys) == len(set(keys))
    assert set(keys) == expected


def test_values_are_those_of_the_documents() -> None:
    parts = study_parts()
    assert rows_of(parts, "voltage_crystal")[0].value == CRYSTAL_V
    for row in rows_of(parts, "average_voltage"):
        engine_v, mtp_v = VOLTAGES_V[row.temperature_k]
        assert row.value == (engine_v if row.structure_source == "engine MD" else mtp_v)
        assert row.uncertainty == pytest.approx(0.05 / math.sqrt(5))
        assert row.unit == "V"
    for row in rows_of(parts, "tracer_diffusivity"):
        assert row.value == pytest.approx(DIFFUSIVITIES_CM2_S[row.temperature_k], rel=0.03)
        low, high = row.uncertainty
        assert low < row.value < high
    energy = rows_of(parts, "activation_energy")[0]
    low, high = energy.uncertainty
    assert low < 0.047 < high  # of the published diffusivities, which scatter about their line
    assert energy.value == pytest.approx(0.047, abs=0.005)
    assert energy.unit == "eV"


def test_a_surrogate_engine_forbids_belief_in_everything() -> None:
    rows = result_rows(study_parts())
    for row in rows:
        others = [cause for cause in row.causes if cause.answer != "SURROGATE"]
        word = "not converged" if others else "converged"
        assert row.verdict == ("refused" if row.value is None else word)
        [surrogate] = [cause for cause in row.causes if cause.answer == "SURROGATE"]
        assert "come from toy, a surrogate that imitates density functional" in surrogate.reason


def test_what_only_a_surrogate_keeps_from_belief_is_converged() -> None:
    sound, surrogate = study_parts(surrogate=False), study_parts()
    voltage = surrogate.voltage.model_copy(update={"points": sound.voltage.points})
    rows = result_rows(sound.model_copy(update={"voltage": voltage}))
    believed = {(r.quantity, r.temperature_k) for r in result_rows(sound) if not r.causes}
    for row in rows:
        if (row.quantity, row.temperature_k) in believed:
            assert (row.verdict, [c.answer for c in row.causes]) == ("converged", ["SURROGATE"])


def test_reasons_are_short_and_causes_hold_them_all() -> None:
    long = " ".join(["the ions are caged and do not move as far as is asked for"] * 10)
    caged = [verdict("diffusive regime?", False, f"{n}: {long}") for n in range(20)]
    parts = with_point(study_parts(), 600.0, verdicts=caged)
    for row in result_rows(parts):
        assert 0 < len(row.reason) <= 200
        assert all(0 < len(cause.reason) <= 200 for cause in row.causes)
        assert (row.verdict == "believed") == (not row.causes)
    [row] = [row for row in rows_of(parts, "jump_diffusivity") if row.temperature_k == 600.0]
    assert [cause.reason[:2] for cause in row.causes][:20] == [f"{n}:"[:2] for n in range(20)]
    assert row.reason.endswith(f"; and {len(row.causes) - 1} more.")


def test_a_study_that_passes_its_checks_is_believed_and_says_how_many() -> None:
    rows = [
        row
        for row in result_rows(study_parts(surrogate=False))
        if row.quantity in {"average_voltage", "tracer_diffusivity", "haven_ratio"}
    ]
    assert {row.verdict for row in rows} == {"believed"}
    assert all(row.reason.startswith("All ") and row.reason.endswith("passed.") for row in rows)


def test_crystal_and_engine_md_do_not_rest_on_the_potential() -> None:
    parts = study_parts()
    crystal = rows_of(parts, "voltage_crystal")[0]
    assert crystal.reason == (
        "The energies come from toy, a surrogate that imitates density functional theory."
    )
    for row in rows_of(parts, "average_voltage"):
        rests_on_potential = "held-out errors" in all_reasons(row)
        assert rests_on_potential == (row.structure_source == "MTP MD")
        assert "the host moved 0.4 Å" in all_reasons(row)


def test_a_temperature_without_a_branch_rests_on_the_nearest_one() -> None:
    parts = study_parts()
    rows = {row.temperature_k: row for row in rows_of(parts, "tracer_diffusivity")}
    assert "order is left at 300 K" in all_reasons(rows[300.0])
    assert "order is left at 1200 K" in all_reasons(rows[1000.0])
    assert "order is left at 300 K" not in all_reasons(rows[1000.0])


def test_a_doubt_about_one_run_stays_with_its_temperature_and_the_fit() -> None:
    sound = study_parts(surrogate=False)
    caged = verdict("diffusive regime?", False, "the ions are caged")
    parts = with_point(sound, 600.0, verdicts=[caged])
    verdicts = {row.temperature_k: row for row in rows_of(parts, "jump_diffusivity")}
    assert verdicts[600.0].reason == "The ions are caged."
    assert verdicts[900.0].verdict == "believed"
    assert "the ions are caged" in all_reasons(rows_of(parts, "activation_energy")[0])


@pytest.mark.parametrize("value", [-1e-7, 0.0, float("nan"), float("inf")])
def test_a_diffusivity_that_is_none_is_refused_with_the_reason(value: float) -> None:
    caged = verdict("diffusive regime?", False, "the ions are caged")
    parts = with_point(
        study_parts(surrogate=False), 300.0, tracer_diffusivity_cm2_s=value, verdicts=[caged]
    )
    row = rows_of(parts, "tracer_diffusivity")[0]
    assert (row.value, row.uncertainty, row.verdict) == (None, None, "refused")
    assert row.reason == "The ions are caged."


def test_a_missing_value_is_refused_even_where_nothing_failed() -> None:
    sound = study_parts(surrogate=False)
    transport = sound.transport.model_copy(
        update={"activation_energy_ev": None, "verdicts": [], "fitted_temperatures_k": []}
    )
    row = rows_of(sound.model_copy(update={"transport": transport}), "activation_energy")[0]
    assert row.verdict == "refused"
    assert row.reason


def test_infinite_intervals_never_reach_the_json() -> None:
    parts = with_point(study_parts(), 300.0, tracer_diffusivity_interval_cm2_s=(0.0, float("inf")))
    rows = result_rows(parts)
    json.dumps([row.model_dump() for row in rows], allow_nan=False)
    assert rows_of(parts, "tracer_diffusivity")[0].uncertainty is None


def test_documents_lead_from_the_number_to_its_run_and_potential() -> None:
    row = rows_of(study_parts(), "haven_ratio")[0]
    assert row.documents == [uuid_of("transpor"), uuid_of("run300"), uuid_of("potential")]


def test_foundations_name_each_reason_once() -> None:
    parts = study_parts()
    for row in result_rows(parts):
        reasons = [found.reason for found in foundations(parts, row)]
        assert len(reasons) == len(set(reasons))


def test_conductivity_of_walks_is_nernst_einstein() -> None:
    parts = study_parts()
    coldest_point = parts.transport.temperatures[0]
    for row in rows_of(parts, "conductivity"):
        point = next(
            p for p in parts.transport.temperatures if p.temperature_k == row.temperature_k
        )
        assert row.value == point.conductivity_s_cm
        assert row.uncertainty == list(point.conductivity_interval_s_cm)
        assert row.unit == "S/cm"
    [room] = rows_of(parts, "conductivity_300k")
    coldest = rows_of(parts, "conductivity")[0]
    assert coldest.temperature_k == 300.0
    low, high = room.uncertainty
    assert low < room.value < high
    scale = coldest.value / coldest_point.jump_diffusivity_cm2_s
    haven = parts.transport.haven_ratio_300k
    assert room.value == pytest.approx(scale * parts.transport.d_300k_cm2_s / haven, rel=1e-6)


def test_times_are_those_of_the_documents_in_picoseconds() -> None:
    parts = with_point(
        study_parts(),
        900.0,
        memory_time_fs=3300.0,
        memory_time_interval_fs=(2900.0, 3800.0),
        residence_time_fs=5000.0,
        residence_time_interval_fs=(4500.0, 5600.0),
        correlation_factor=0.33,
        correlation_factor_interval=(0.3, 0.37),
    )
    expected = {
        "memory_time": (3.3, [2.9, 3.8], "ps"),
        "residence_time": (5.0, [4.5, 5.6], "ps"),
        "correlation_factor": (0.33, [0.3, 0.37], ""),
    }
    for quantity, (value, interval, unit) in expected.items():
        [row] = [row for row in rows_of(parts, quantity) if row.temperature_k == 900.0]
        assert row.value == pytest.approx(value)
        assert row.uncertainty == pytest.approx(interval)
        assert row.unit == unit


@pytest.mark.parametrize("surrogate", [True, False])
def test_what_does_not_show_in_a_sound_run_is_refused_and_named(surrogate: bool) -> None:
    unseen = {
        "memory_time": "The steps of the ions show no memory",
        "residence_time": "Too few hops of ions can be told apart",
    }
    nothing = {f"{q}{end}": None for q in unseen for end in ("_fs", "_interval_fs")}
    parts = with_point(study_parts(surrogate=surrogate), 900.0, **nothing)
    for quantity, reason in unseen.items():
        [row] = [row for row in rows_of(parts, quantity) if row.temperature_k == 900.0]
        assert (row.value, row.uncertainty, row.verdict) == (None, None, "refused")
        assert row.reason.startswith(reason)
        assert (row.causes[-1].answer == "SURROGATE") == surrogate


def test_walks_give_a_haven_ratio_of_one() -> None:
    values = [row.value for row in rows_of(study_parts(), "haven_ratio")]
    assert np.allclose(values, 1.0, atol=0.15)


def with_runs_that_crystallised(parts: StudyParts) -> StudyParts:
    """Return a study whose MD with ions is crystalline at 300 and 1200 K, engine's and MTP's."""

    def judged(source: str, temperature_k: float | None) -> Verdict:
        return verdict("amorphous?", False, f"{source} is a crystal at {temperature_k:g} K")

    samples = [
        s
        if s.structure_source == "crystal"
        else s.model_copy(update={"amorphous": judged(s.structure_source, s.temperature_k)})
        for s in parts.structure.samples
    ]
    structure = parts.structure.model_copy(update={"samples": samples})
    production = [
        run.model_copy(
            update={"verdicts": [*run.verdicts, judged("production", run.temperature_k)]}
        )
        for run in parts.production
    ]
    return parts.model_copy(update={"structure": structure, "production": production})


def test_a_run_with_ions_that_is_a_crystal_is_one_cause_of_what_rests_on_it() -> None:
    parts = with_runs_that_crystallised(study_parts(surrogate=False))
    for row in rows_of(parts, "average_voltage"):
        if row.temperature_k != 1200.0:  # the structures of other runs are not in this study
            assert row.causes == []
            continue
        [cause] = row.causes
        assert cause.reason == f"{row.structure_source} is a crystal at {row.temperature_k:g} K"
        assert row.verdict != "believed"
    for row in rows_of(parts, "tracer_diffusivity"):
        [cause] = row.causes
        assert cause.reason == f"production is a crystal at {row.temperature_k:g} K"
    [energy] = rows_of(parts, "activation_energy")
    [cause] = [cause for cause in energy.causes if cause.question == "amorphous?"]
    assert cause.reason == "production is a crystal at 300 K"
    assert rows_of(parts, "voltage_crystal")[0].verdict == "believed"


def test_a_run_in_a_branch_that_was_a_crystal_adds_no_cause() -> None:
    """Branch and run are one cause, the branch's."""
    parts = with_runs_that_crystallised(study_parts())
    for row in [*rows_of(parts, "average_voltage"), *rows_of(parts, "tracer_diffusivity")]:
        reasons = [cause.reason for cause in row.causes if cause.question == "amorphous?"]
        assert [reason[:13] for reason in reasons] == ["order is left"]


def test_a_wrong_volume_forbids_belief_in_what_rests_on_it() -> None:
    """That of a branch in all at its temperature, that of the relaxation too."""
    sound = study_parts(surrogate=False)
    squeezed = verdict("volume right?", False, "the cell is too small")
    branches = [b.model_copy(update={"volume": squeezed}) for b in sound.quench.branches]
    quench = sound.quench.model_copy(update={"branches": branches})
    stopped = verdict("cell with its ions relaxed?", False, "the relaxation stopped")
    sites = [site.model_copy(update={"relaxed": stopped}) for site in sound.insertions]
    for changed, reason in (
        ({"quench": quench}, "The cell is too small."),
        ({"insertions": sites}, "The relaxation stopped."),
    ):
        parts = sound.model_copy(update=changed)
        for row in [*rows_of(parts, "average_voltage"), *rows_of(parts, "tracer_diffusivity")]:
            assert (row.verdict, row.reason) == ("not converged", reason)
        assert rows_of(parts, "voltage_crystal")[0].verdict == "believed"
