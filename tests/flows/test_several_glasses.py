"""A study of two glasses with two occupations each, with a toy engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from jobflow import Flow, JobStore, Maker, run_locally

from amorph_flows.errors import InputError
from amorph_flows.flows import AmorphousElectrodeMaker, IonInsertionMaker
from amorph_flows.runtime.identity import plan
from amorph_flows.schemas.study import StudyDoc
from amorph_flows.store import open_store
from amorph_flows.structures import v2o5

TinyStudy = Callable[..., AmorphousElectrodeMaker]


@pytest.fixture(scope="module")
def study(
    tmp_path_factory: pytest.TempPathFactory, tiny_study: TinyStudy
) -> tuple[StudyDoc, JobStore]:
    """The end of the study and its store."""
    folder: Path = tmp_path_factory.mktemp("study")
    store = open_store(folder)
    tiny = tiny_study()
    flow = replace(
        tiny,
        insertion=IonInsertionMaker(tolerances={"merge_distance": 2.0}, n_best=2),
        active_learning=replace(tiny.active_learning, max_turns=1),
        insertion_temperatures_k=(1200.0,),
        production_temperatures_k=(1200.0,),
        n_glasses=2,
        n_occupations=2,
    ).make(v2o5())
    run_locally(flow, store=store, create_folders=True, root_dir=folder, log=False)
    output = store.get_output(flow.job_uuids[-1], load=True)
    return StudyDoc.model_validate(
        {k: v for k, v in output.items() if not k.startswith("@")}
    ), store


def _documents(store: JobStore, **criteria: Any) -> dict[str, dict[str, Any]]:
    return {d["name"]: d["output"] for d in store.query(criteria, ["name", "output"])}


def test_glasses_and_occupations_differ(study: tuple[StudyDoc, JobStore]) -> None:
    quenches = [d["output"] for d in study[1].query({"name": {"$regex": "^collect_quench"}})]
    assert len(quenches) == 2
    ends = [quench["branches"][-1]["structure"]["sites"][0]["xyz"] for quench in quenches]
    assert ends[0] != ends[1]
    inserted = _documents(study[1], name={"$regex": "^insertion Mg2\\+ 1200 K|^insertion, "})
    assert len(inserted) == 4
    assert len({json.dumps(doc["structure"]["sites"]) for doc in inserted.values()}) == 4


def test_the_potential_sees_all_of_them(study: tuple[StudyDoc, JobStore]) -> None:
    [dataset] = _documents(study[1], name="dataset").values()
    sampled = [
        d["uuid"] for d in study[1].query({"name": {"$regex": "^sampling "}}, ["uuid", "name"])
    ]
    assert len(sampled) == 2 * 2 + 2 * 2  # branches of two glasses; two occupations of each
    assert set(sampled) <= set(dataset["sources"])
    [turn] = _documents(study[1], name={"$regex": "conclude turn 1$"}).values()
    explored = {run["formula"] for run in turn["loop"]["generations"][0]["runs"]}
    full = {f"MgV2O5{glass}{n}" for glass in ("", " glass 2") for n in ("", " occupation 2")}
    assert explored == full | {"V2O5", "V2O5 glass 2"}


def test_results_are_combined(study: tuple[StudyDoc, JobStore]) -> None:
    rows = study[0].results
    keys = [(row.quantity, row.structure_source, row.temperature_k) for row in rows]
    assert len(keys) == len(set(keys))
    for row in rows:
        if row.quantity == "average_voltage":
            assert row.combined is not None
            found = row.combined
            assert (found.n_glasses, found.n_occupations, found.n_runs) == (2, 4, 4)
            assert isinstance(row.uncertainty, list)
            assert row.uncertainty[0] <= row.value <= row.uncertainty[1]
            assert "2 glasses, 4 occupations" in row.note
            assert len(row.documents) == 1 + 3 * 4
        if row.quantity == "tracer_diffusivity" and row.value is not None:
            assert row.combined is not None
            assert row.combined.log
            assert row.combined.n_glasses <= 2
    data = json.loads(study[0].files["report.json"])
    assert [r["note"] for r in data["results"]] == [row.note for row in rows]
    assert "2 glasses" in study[0].files["report.html"]


def test_every_number_is_traced_to_a_document(study: tuple[StudyDoc, JobStore]) -> None:
    for row in study[0].results:
        for uuid in row.documents:
            assert study[1].query_one({"uuid": uuid}, properties=["uuid"]), (row.quantity, uuid)


def test_more_glasses_leave_the_first_as_it_was(tiny_study: TinyStudy) -> None:
    """Adding a glass to a study that ran repeats no melt, quench or sampling."""
    one, three = (
        {
            job.uuid: job.name
            for job in plan([replace(tiny_study(), n_glasses=n, n_occupations=n).make(v2o5())])
        }
        for n in (1, 3)
    )
    again = [name for uuid, name in one.items() if uuid not in three]
    kept = ("melt-quench", "sampling", "insertion", "collect_quench")
    assert not [name for name in again if name.startswith(kept)]
    assert len({*three}) == len(three)


def test_each_glass_has_a_large_glass_of_its_own(tiny_study: TinyStudy) -> None:
    quenched = replace(tiny_study().production, glass="quenched")
    asked = replace(tiny_study(), production=quenched, n_glasses=2, n_occupations=2)
    names = [job.name for job in plan([asked.make(v2o5())])]
    melts = [name for name in names if name.startswith("large glass: melt")]
    assert melts == ["large glass: melt at 2000 K", "large glass: melt at 2000 K, glass 2"]
    assert len([name for name in names if name.startswith("production MD")]) == 2 * 3


@dataclass
class OneOccupation(Maker):
    """An insertion stage of somebody who gives the best occupation alone."""

    name: str = "one"

    def make(
        self, structure: Any, ion: str, n_ions: int, temperature_k: float | None = None
    ) -> Flow:
        raise NotImplementedError


@dataclass
class Unseeded(Maker):
    """A melt-quench stage that is the same every time."""

    name: str = "unseeded"
    temperatures_k: tuple[float, ...] = (1200.0, 300.0)

    def make(self, structure: Any) -> Flow:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_glasses": 0}, "n_glasses is 0; give at least 1"),
        ({"n_occupations": 0}, "n_occupations is 0; give at least 1"),
        ({"n_occupations": 11}, "n_occupations is 11, but insertion.n_best keeps 10"),
        (
            {"n_occupations": 2, "insertion": OneOccupation()},
            "n_occupations is 2, but insertion, a OneOccupation, gives one",
        ),
        ({"n_glasses": 2, "melt_quench": Unseeded()}, "Unseeded has no field seed"),
    ],
)
def test_numbers_that_cannot_be_are_refused(
    tiny_study: TinyStudy, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        tiny_study(**changes).check(v2o5())
