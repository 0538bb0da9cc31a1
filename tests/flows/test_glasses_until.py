"""Glasses are added to a study until a result is as precise as asked, with a toy engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jobflow import JobStore

from amorph_flows.errors import InputError
from amorph_flows.executors import run_study
from amorph_flows.flows import AmorphousElectrodeMaker, IonInsertionMaker
from amorph_flows.runtime.identity import plan
from amorph_flows.schemas.combined import GlassesUntil, GlassesVerdict
from amorph_flows.schemas.study import StudyDoc
from amorph_flows.store import open_store
from amorph_flows.structures import v2o5

TinyStudy = Callable[..., AmorphousElectrodeMaker]
GOAL = GlassesUntil(quantity="average_voltage", relative_error=0.001, most_glasses=3)
"""Of a toy's glasses, out of reach with three of them."""


def small(tiny_study: TinyStudy, **changes: Any) -> AmorphousElectrodeMaker:
    tiny = tiny_study()
    return replace(
        tiny,
        insertion=IonInsertionMaker(tolerances={"merge_distance": 2.0}),
        active_learning=replace(tiny.active_learning, max_turns=1),
        insertion_temperatures_k=(1200.0,),
        production_temperatures_k=(1200.0,),
        **changes,
    )


@pytest.fixture(scope="module")
def study(
    tmp_path_factory: pytest.TempPathFactory, tiny_study: TinyStudy
) -> tuple[list[StudyDoc], JobStore]:
    """The reports of the study, the last one its end, and its store."""
    folder: Path = tmp_path_factory.mktemp("study")
    store = open_store(folder)
    flow = small(tiny_study, until=GOAL).make(v2o5())
    run_study(flow, store, folder, 1)
    uuids = {d["uuid"] for d in store.query({"name": "report"}, ["uuid"])}
    outputs = [store.get_output(uuid, which="first", load=True) for uuid in uuids]
    end = store.get_output(flow.job_uuids[-1], load=True)
    reports = [
        StudyDoc.model_validate({k: v for k, v in output.items() if not k.startswith("@")})
        for output in (*outputs, end)
    ]
    return sorted(reports, key=lambda report: report.enough_glasses is not None), store


def _names(store: JobStore, pattern: str) -> list[str]:
    return sorted(d["name"] for d in store.query({"name": {"$regex": pattern}}, ["name"]))


def test_glasses_are_added_up_to_the_most(study: tuple[list[StudyDoc], JobStore]) -> None:
    reports, store = study
    assert len(_names(store, "^collect_quench")) == GOAL.most_glasses
    assert len(_names(store, "conclude turn")) == 1, "the potential is shared"
    [longer] = reports[-1].extensions
    assert (longer.from_glasses, longer.to_glasses) == (1, 3)
    assert "the scatter between them is not known" in longer.reason
    assert longer.core_hours is not None
    assert longer.core_hours > 0


def test_a_budget_used_up_is_a_verdict(study: tuple[list[StudyDoc], JobStore]) -> None:
    end = study[0][-1]
    assert end.enough_glasses is not None
    assert end.enough_glasses.answer == GlassesVerdict.GLASSES_USED_UP
    rows = [row for row in end.results if row.quantity == GOAL.quantity]
    assert rows
    for row in rows:
        assert row.combined is not None
        assert row.combined.n_glasses == GOAL.most_glasses
        [cause] = [c for c in row.causes if c.question == "enough glasses?"]
        assert cause.remedy is not None
        assert cause.remedy.key == "until.most_glasses"
        assert cause.remedy.value > GOAL.most_glasses
    others = [row for row in end.results if row.quantity != GOAL.quantity]
    assert not [c for row in others for c in row.causes if c.question == "enough glasses?"]


def test_each_report_is_complete(study: tuple[list[StudyDoc], JobStore]) -> None:
    first, *_, end = study[0]
    assert first.enough_glasses is None
    assert len(first.extensions) == 1
    for report, n_glasses in ((first, 1), (end, 3)):
        data = json.loads(report.files["report.json"])
        assert data["settings"]["n_glasses"] == n_glasses
    assert "Glasses were added, from 1 to 3" in end.files["report.html"]
    for row in end.results:
        for uuid in row.documents:
            assert study[1].query_one({"uuid": uuid}, properties=["uuid"]), (row.quantity, uuid)


def test_what_is_handed_on_are_references(study: tuple[list[StudyDoc], JobStore]) -> None:
    """The flow of more glasses holds no document of the study."""
    store = study[1]
    [voltages] = [
        d["output"]["points"] for d in store.query({"name": "voltage: more glasses"}, ["output"])
    ]
    temperatures = [point["temperature_k"] for point in voltages]
    assert temperatures.count(1200.0) == 2 * GOAL.most_glasses  # engine's and potential's MD
    assert temperatures.count(None) == 3  # the crystal by the engine, and by the potential twice


def test_one_that_has_them_at_first_gives_the_same(
    tiny_study: TinyStudy, study: tuple[list[StudyDoc], JobStore]
) -> None:
    """A study of three glasses melts, quenches and samples with the same jobs."""
    at_first = plan([small(tiny_study, n_glasses=GOAL.most_glasses).make(v2o5())])
    shared = ("melt-quench", "collect_quench", "insertion", "sampling")
    wanted = {job.uuid for job in at_first if job.name.startswith(shared)}
    ran = {d["uuid"] for d in study[1].query({}, ["uuid"])}
    assert wanted <= ran


@pytest.mark.parametrize(
    ("until", "message"),
    [
        ({"most_glasses": 3}, "until.quantity is not given"),
        ({"quantity": "average_voltage", "most_glasses": 3}, "until.relative_error is not given"),
        (
            {"quantity": "tracer_difusivity", "relative_error": 0.1, "most_glasses": 3},
            "did you mean 'tracer_diffusivity'",
        ),
        (
            {"quantity": "average_voltage", "relative_error": 2.0, "most_glasses": 3},
            "until.relative_error is 2; give a number between 0 and 1",
        ),
        ({"quantity": "average_voltage", "relative_error": 0.1}, "until has no budget"),
        (
            {"quantity": "average_voltage", "relative_error": 0.1, "budget_core_hours": -1.0},
            "until.budget_core_hours is -1",
        ),
        (
            {"quantity": "average_voltage", "relative_error": 0.1, "most_glasses": 1},
            "until.most_glasses is 1, but n_glasses, which are made at first, is 2",
        ),
    ],
)
def test_goals_that_cannot_be_are_refused(
    tiny_study: TinyStudy, until: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        small(tiny_study, n_glasses=2, until=GlassesUntil(**until)).check(v2o5())
