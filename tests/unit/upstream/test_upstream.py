"""One test for each trick on the inside of another package, named as the trick."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest
import routed_jobs
from atomate2.vasp.jobs.core import StaticMaker
from fireworks import LaunchPad
from jobflow import Flow, JobStore, Maker, Response, job
from jobflow.managers.fireworks import flow_to_workflow
from maggma.stores import MemoryStore, MongoStore
from pymongo import MongoClient
from pymongo.collection import Collection

from amorph_flows.upstream.jobflow import (
    HeldStore,
    OfKind,
    OpenFlow,
    call_make,
    job_kind,
    opened,
)
from amorph_flows.upstream.maggma import change_documents, matches, server_collections
from amorph_flows.upstream.variables import rename_store_variable


class DoubleMaker(Maker):
    """A Maker of one job."""

    name = "double"

    @job
    def make(self, number: int) -> int:
        """Return twice a number."""
        return 2 * number


@pytest.fixture
def store() -> JobStore:
    """A job store in memory."""
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()
    return store


def test_an_open_flow_may_refer_to_a_job_outside() -> None:
    outside = routed_jobs.plain(1)
    with pytest.raises(ValueError, match="external jobs"):
        flow_to_workflow(Flow([routed_jobs.plain(outside.output)]))
    answer = opened(Response(replace=Flow([routed_jobs.plain(outside.output)])))
    assert isinstance(answer.replace, OpenFlow)
    (firework,) = flow_to_workflow(answer.replace).fws
    assert firework.name == "plain"


def test_jobs_of_an_opened_flow_still_belong_to_it() -> None:
    flow = Flow([routed_jobs.plain(1)])
    (member,) = opened(Response(addition=flow)).addition
    assert member.hosts == [flow.uuid]
    with pytest.raises(ValueError, match="already belongs"):
        Flow([member])


def test_a_lone_job_that_refers_outside_is_wrapped() -> None:
    answer = opened(Response(detour=routed_jobs.plain(routed_jobs.plain(1).output)))
    assert isinstance(answer.detour, OpenFlow)


def test_a_config_is_updated_in_jobs_of_a_kind_only(store: JobStore) -> None:
    control = routed_jobs.control(1)
    control.update_config({"manager_config": {"a": 1}}, function_filter=OfKind("dft"), dynamic=True)
    answer = control.run(store)
    config = {one.name: one.config.manager_config for one in answer.replace}
    assert config["label"] == {"a": 1}
    assert config["fit"] == config["plain"] == config["control"] == {}


def test_a_filter_by_kind_is_stored_with_its_job() -> None:
    control = routed_jobs.control(1)
    control.update_config({"expose_store": True}, function_filter=OfKind("md"), dynamic=True)
    (update,) = type(control).from_dict(control.as_dict()).config_updates
    assert update["function_filter"] == OfKind("md")
    assert update["function_filter"] != OfKind("dft")


def test_kinds_of_atomate2_follow_from_its_modules() -> None:
    assert job_kind(StaticMaker().make) == "dft"


def test_a_held_store_holds_the_document_of_its_job_only(store: JobStore) -> None:
    one, other = routed_jobs.plain([1, 2]), routed_jobs.plain(3)
    held = HeldStore(store, one.uuid)
    one.run(held)
    other.run(held)
    assert store.query_one({"uuid": one.uuid}) is None
    assert store.get_output(other.uuid) == 3
    held.commit(more="text")
    assert store.get_output(one.uuid) == [1, 2]
    assert store.query_one({"uuid": one.uuid})["more"] == "text"


def test_a_held_store_sends_bulk_data_to_its_additional_store(store: JobStore) -> None:
    bulky = routed_jobs.plain({"frames": [0, 1]})
    bulky._kwargs["data"] = "frames"
    held = HeldStore(store, bulky.uuid)
    bulky.run(held)
    held.commit()
    assert store.additional_stores["data"].count() == 1
    assert store.get_output(bulky.uuid, load=True) == {"frames": [0, 1]}


def test_a_make_is_called_without_its_job() -> None:
    assert call_make(DoubleMaker(), 4) == 8
    assert callable(type(StaticMaker()).make.original)


def test_the_collections_of_a_mongodb_store_are_found() -> None:
    client: MongoClient[dict[str, object]] = MongoClient("mongodb://127.0.0.1:9", connect=False)
    documents = MongoStore("amorph", "documents")
    documents._coll = client["amorph"]["documents"]
    try:
        found, files = server_collections(JobStore(documents))
        assert isinstance(found, Collection)
        assert (found.full_name, files) == ("amorph.documents", [])
    finally:
        client.close()


def test_a_store_in_memory_has_no_collection_on_a_server(store: JobStore) -> None:
    assert server_collections(store) == (None, [])


def test_documents_are_changed_where_they_are(store: JobStore) -> None:
    numbers = [routed_jobs.plain(number) for number in (1, 2)]
    for one in numbers:
        one.run(store)
    assert change_documents(store, {"output": 2}, {"metadata.current": False}) == 1
    first, second = (store.query_one({"uuid": one.uuid})["metadata"] for one in numbers)
    assert (first.get("current"), second["current"]) == (None, False)


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({"output.points.kind": "glass"}, True),
        ({"output.points": {"$elemMatch": {"kind": "glass", "x": {"$gt": 1}}}}, False),
        ({"$or": [{"name": {"$regex": "^md"}}, {"index": {"$in": [3]}}]}, True),
        ({"name": {"$exists": True}, "index": {"$ne": 3}}, False),
    ],
)
def test_mongomock_applies_a_filter_to_a_document(
    criteria: dict[str, object], expected: bool
) -> None:
    document = {"name": "md 300 K", "index": 3, "output": {"points": [{"kind": "glass", "x": 1}]}}
    assert matches(criteria, document) is expected


def test_fireworks_refreshes_a_workflow_by_the_number_of_a_firework() -> None:
    assert list(inspect.signature(LaunchPad._refresh_wf).parameters) == ["self", "fw_id"]


def test_jobflow_cannot_be_imported_with_its_own_variable_of_a_store(tmp_path: Path) -> None:
    """When jobflow can, `rename_store_variable` may go."""
    described = tmp_path / "store.json"
    described.write_text('{"docs_store": {"type": "MemoryStore"}}')
    ended = subprocess.run(
        [sys.executable, "-c", "import jobflow"],
        env=os.environ | {"JOBFLOW_JOB_STORE": str(described)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode != 0
    assert "circular import" in ended.stderr or "JobStore" in ended.stderr


def test_the_variable_of_the_store_is_renamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBFLOW_JOB_STORE", "store.json")
    monkeypatch.setenv("AMORPH_TEST_STORE", "")
    rename_store_variable("AMORPH_TEST_STORE")
    assert os.environ["AMORPH_TEST_STORE"] == "store.json"
    assert "JOBFLOW_JOB_STORE" not in os.environ
