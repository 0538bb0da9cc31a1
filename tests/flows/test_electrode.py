"""The whole study with a toy engine, every stage for real."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from jobflow import JobStore, run_locally

from amorph_flows.analysis.voltage import average_voltage
from amorph_flows.flows import AmorphousElectrodeMaker, IonInsertionMaker
from amorph_flows.planning._walk import walk
from amorph_flows.planning.case import Case
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.study import StudyDoc
from amorph_flows.schemas.voltage_profile import VoltageProfileDoc
from amorph_flows.store import load_document, open_store
from amorph_flows.structures import v2o5

QUANTITIES = {
    "average_voltage",
    "voltage_crystal",
    "tracer_diffusivity",
    "jump_diffusivity",
    "haven_ratio",
    "residence_time",
    "memory_time",
    "correlation_factor",
    "activation_energy",
    "diffusivity_300k",
    "conductivity",
    "conductivity_300k",
}


def _maker(tiny_study: Callable[..., AmorphousElectrodeMaker]) -> AmorphousElectrodeMaker:
    quenched = replace(tiny_study().production, glass="quenched")
    few_sites = IonInsertionMaker(tolerances={"merge_distance": 2.0})
    fewer_frames = replace(tiny_study().sampling, frame_stride=6, hot_frame_stride=6)
    return tiny_study(
        production=quenched,
        insertion=few_sites,
        sampling=fewer_frames,
        produce_host=True,
        ions_per_formula=(0.5, 1.0),
    )


@pytest.fixture(scope="module")
def study(
    tmp_path_factory: pytest.TempPathFactory,
    tiny_study: Callable[..., AmorphousElectrodeMaker],
) -> tuple[StudyDoc, JobStore]:
    """A study whose production runs in a glass of the potential, and without ions too."""
    folder: Path = tmp_path_factory.mktemp("study")
    store = open_store(folder)
    flow = _maker(tiny_study).make(v2o5())
    # a potential of so few frames may let a run of its large glass explode
    run_locally(flow, store=store, create_folders=True, root_dir=folder, log=False)
    output = store.get_output(flow.job_uuids[-1], load=True)
    return StudyDoc.model_validate(
        {k: v for k, v in output.items() if not k.startswith("@")}
    ), store


def test_every_quantity_is_there_with_its_verdict(study: tuple[StudyDoc, JobStore]) -> None:
    results = study[0].results
    assert {row.quantity for row in results} == QUANTITIES
    for row in results:
        assert row.reason
        assert row.documents
        assert (row.value is None) == (row.verdict == "refused")
        assert row.value is None or np.isfinite(row.value)


def test_nothing_of_a_tiny_study_is_converged(study: tuple[StudyDoc, JobStore]) -> None:
    assert {row.verdict for row in study[0].results} <= {"not converged", "refused"}


def test_what_fails_says_what_to_change_and_what_that_costs(
    study: tuple[StudyDoc, JobStore],
) -> None:
    causes = [cause for row in study[0].results for cause in row.causes]
    remedies = {cause.remedy.key: cause.remedy for cause in causes if cause.remedy is not None}
    assert {key.partition(".")[0] for key in remedies} >= {
        *("melt_quench", "sampling", "active_learning", "production", "mtp_sampling")
    }
    for remedy in remedies.values():
        assert remedy.core_hours is not None, remedy
        assert remedy.core_hours > 0


def test_voltages_come_from_both_kinds_of_md(study: tuple[StudyDoc, JobStore]) -> None:
    rows = [row for row in study[0].results if row.quantity == "average_voltage"]
    assert {(row.structure_source, row.temperature_k) for row in rows} == {
        (source, t) for source in ("engine MD", "MTP MD") for t in (300.0, 1200.0)
    }


def test_every_number_is_traced_to_a_document(study: tuple[StudyDoc, JobStore]) -> None:
    doc, store = study
    for row in doc.results:
        for uuid in row.documents:
            assert store.query_one({"uuid": uuid}, properties=["uuid"]), (row.quantity, uuid)


def test_report_holds_the_same_results(study: tuple[StudyDoc, JobStore]) -> None:
    doc = study[0]
    data = json.loads(doc.files["report.json"])
    assert [r["value"] for r in data["results"]] == [row.value for row in doc.results]
    assert doc.files["report.html"].lstrip().lower().startswith("<!doctype html>")


def _longest_list_of_numbers(value: object) -> int:
    """Return the length of the longest list of numbers anywhere inside."""
    if isinstance(value, dict):
        return max((_longest_list_of_numbers(v) for v in value.values()), default=0)
    if isinstance(value, list | tuple):
        if value and all(isinstance(v, int | float) for v in value):
            return len(value)
        return max((_longest_list_of_numbers(v) for v in value), default=0)
    return 0


def test_documents_stay_small_and_hold_no_arrays_as_lists(
    study: tuple[StudyDoc, JobStore],
) -> None:
    for document in study[1].query({}, properties=["name", "output"]):
        assert len(json.dumps(document["output"], default=str)) < 400_000, document["name"]
        name, length = document["name"], _longest_list_of_numbers(document["output"])
        assert length <= 100, (name, length)


def test_the_crystal_has_a_voltage_by_the_potential(study: tuple[StudyDoc, JobStore]) -> None:
    rows = {r.structure_source: r for r in study[0].results if r.quantity == "voltage_crystal"}
    assert set(rows) == {"crystal", "crystal by MTP", "crystal relaxed by MTP"}
    relaxed = study[1].query_one({"name": "voltage: relax charged crystal with the potential"})
    assert "potential" in relaxed["output"]["engine"]["name"]
    assert len({row.value for row in rows.values()}) == 3
    labels = study[1].query_one(
        {"name": "voltage: energies of crystals relaxed with the potential"}, properties=["uuid"]
    )
    single_points = load_document(study[1], labels["uuid"])
    assert isinstance(single_points, LabelDoc)
    assert single_points.engine.name == "toy"
    empty, full = (frame.energy_ev for frame in single_points.frames)
    charged, discharged = (
        study[1].query_one({"name": f"voltage: relax {which} crystal with the potential"})["output"]
        for which in ("charged", "discharged")
    )
    assert empty != charged["energy_ev"]
    metal_ev = study[1].query_one({"name": "voltage: relax metal"})["output"]
    per_atom = metal_ev["energy_ev"] / len(metal_ev["structure"]["sites"])
    n_ions = sum(site["label"] == "Mg" for site in discharged["structure"]["sites"])
    assert rows["crystal relaxed by MTP"].value == pytest.approx(
        average_voltage(full, empty, per_atom, n_ions, 2.0)
    )


def test_the_melt_of_the_potential_stands_beside_that_of_the_engine(
    study: tuple[StudyDoc, JobStore],
) -> None:
    job = study[1].query_one({"name": "structure"}, properties=["uuid"])
    compared = study[1].get_output(job["uuid"], load=True)["samples"]
    melts = [s["structure_source"] for s in compared if s["temperature_k"] == 2000.0]
    assert set(melts) == {"engine MD", "MTP MD"}


def test_the_voltage_against_content_rests_on_md_at_each(
    study: tuple[StudyDoc, JobStore],
) -> None:
    doc, store = study
    job = store.query_one({"name": "voltage profile"}, properties=["uuid"])
    profile = load_document(store, job["uuid"])
    assert isinstance(profile, VoltageProfileDoc)
    assert {(p.structure_source, p.temperature_k) for p in profile.profiles} == {
        (source, t) for source in ("engine MD", "MTP MD") for t in (300.0, 1200.0)
    }
    for at_temperature in profile.profiles:
        assert [c.ions_per_formula for c in at_temperature.contents] == [0.0, 0.5, 1.0]
        steps = at_temperature.steps
        assert (steps[0].from_ions, steps[-1].to_ions) == (0.0, 1.0)
        assert all(later.voltage_v < step.voltage_v for step, later in pairwise(steps))
    engine_md = next(p for p in profile.profiles if p.structure_source == "engine MD")
    labels = load_document(store, engine_md.contents[1].document)
    assert isinstance(labels, LabelDoc)
    assert labels.frames[0].formula == "MgV4O10"
    job = store.query_one({"name": "dataset"}, properties=["uuid"])
    dataset = load_document(store, job["uuid"])
    assert isinstance(dataset, DatasetDoc)
    assert {frame.formula for frame in dataset.frames} == {"V2O5", "MgV4O10", "MgV2O5"}
    assert profile.inputs_cpu_seconds
    for at_temperature in profile.profiles:
        judged = [v.reason for v in at_temperature.verdicts if v.question == "amorphous?"]
        assert [reason[:3] for reason in judged] == ["0 i", "0.5", "1 i"]
    section = json.loads(doc.files["report.json"])["sections"]["voltage-profile"]
    assert len(section["tables"]["contents"]) == 12
    assert {row["verdict"] for row in section["tables"]["voltage steps"]} == {"not converged"}


def test_production_runs_in_the_glass_that_the_potential_quenched(
    study: tuple[StudyDoc, JobStore],
) -> None:
    doc, store = study
    quenches = [job["output"] for job in store.query({"name": "collect_quench"}, ["output"])]
    quench = next(found for found in quenches if found["inside"] is not None)
    assert len(quench["crystal"]["sites"]) == 112
    assert quench["inside"]["question"] == "inside the training set?"
    inserted = {
        job["name"]
        for job in store.query({"name": {"$regex": "^large glass: insertion"}}, ["name"])
    }
    whole, relaxed = (
        {f"large glass: insertion Mg2+ {t} K{what}" for t in (300, 1200)}
        for what in ("", ": atoms relaxed")
    )
    assert whole <= inserted <= whole | relaxed
    assert inserted & relaxed  # either may explode; which does depends on the CPU
    runs = list(store.query({"name": {"$regex": "^production MD"}}, ["name", "output"]))
    with_ions = [run["output"] for run in runs if "Mg" in run["name"]]
    assert {"production MD V2O5 300 K", "production MD MgV2O5 300 K"} <= {r["name"] for r in runs}
    assert {run["n_atoms"] for run in with_ions} == {128}
    assert {run["n_atoms"] for run in (r["output"] for r in runs)} == {112, 128}
    assert all(
        "of a glass quenched with the potential at 10000 K/ps" in r["start"] for r in with_ions
    )
    report = json.loads(doc.files["report.json"])
    assert "large-glass" in report["sections"]
    tracer = next(row for row in doc.results if row.quantity == "tracer_diffusivity")
    assert "melt" in " ".join(cause.reason for cause in tracer.causes)


def test_a_plan_counts_what_the_study_runs(
    study: tuple[StudyDoc, JobStore], tiny_study: Callable[..., AmorphousElectrodeMaker]
) -> None:
    ran = [(d["name"], d["output"]) for d in study[1].query({}, properties=["name", "output"])]
    n_turns = sum("conclude turn" in name for name, _ in ran)
    planned = walk(_maker(tiny_study).make(v2o5()), Case(turns=n_turns / 2))
    names = Counter(node.name for node in planned), Counter(name for name, _ in ran)
    assert not names[1] - names[0]
    for name in names[0] - names[1]:  # it may explode
        assert name.startswith("production MD") or name.endswith(": atoms relaxed"), name
    counted = {node.name: sum(t.n for t in node.forecast.tasks) for node in planned}
    for name, output in ran:
        if "melt-quench" in name or name.startswith("sampling"):  # the forces of the start, too
            assert counted[name] == output["n_steps"] + 1, name
        elif "voltage: energies" in name:
            assert counted[name] == output["n_steps"], name
        elif "label, turn" in name or name.startswith("voltage: relax"):
            assert output["n_steps"] <= counted[name], name
        elif name.startswith(("production MD", "MTP sampling", "MTP melt")):
            assert output["failure"] or counted[name] == 10 + output["production_fs"] / 2.0, name
