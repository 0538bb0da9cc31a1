import multiprocessing

import numpy as np
import pytest
from jobflow import JobStore
from maggma.stores import MemoryStore
from processes import wait_until

from amorph_flows.datasets.binary import encode_array
from amorph_flows.errors import InputError
from amorph_flows.store import open_store, survives_process
from amorph_flows.store._maggma_stores import BlobFolderStore
from amorph_flows.store.opening import STORE_VARIABLE, masked


def document(uuid, **output):
    return {"uuid": uuid, "index": 1, "output": output}


def test_blobs_go_to_files_and_come_back(tmp_path):
    numbers = np.random.default_rng(0).random((1000, 3))
    store = open_store(tmp_path)
    store.update(
        document("a-1", frames=encode_array(numbers), value=float("nan"), raw=b"\x00\xff"),
        save={"data": ["frames"]},
    )
    again = open_store(tmp_path, create=False)
    light = again.query_one({"uuid": "a-1"})
    assert set(light["output"]["frames"]) == {"@class", "@module", "blob_uuid", "store"}
    full = again.get_output("a-1", load=True)
    assert full["frames"] == encode_array(numbers)
    assert np.isnan(full["value"])
    assert full["raw"] == b"\x00\xff"


def test_removing_a_document_removes_its_blobs(tmp_path):
    store = open_store(tmp_path)
    for uuid in ("a", "b"):
        store.update(document(uuid, frames={"x": 1}), save={"data": ["frames"]})
    store.remove_docs({"uuid": "a"})
    blobs = store.additional_stores["data"]
    assert blobs.count({"job_uuid": "a"}) == 0
    assert blobs.count({"job_uuid": "b", "job_index": 1}) == 1


def test_listing_blobs_opens_no_file(tmp_path):
    blobs = BlobFolderStore(str(tmp_path))
    blobs.connect()
    blobs.update({"blob_uuid": "x", "job_uuid": "a", "job_index": 1, "data": [1]})
    (path,) = tmp_path.glob("*.bson")
    path.write_bytes(b"not bson")
    assert [b["blob_uuid"] for b in blobs.query({"job_uuid": "a"}, ["blob_uuid"])] == ["x"]


def test_half_written_blob_is_not_a_blob(tmp_path):
    blobs = BlobFolderStore(str(tmp_path))
    (tmp_path / "x.a.1.1234").write_bytes(b"half")
    assert blobs.count() == 0


def test_blob_order_skip_limit_and_groups(tmp_path):
    blobs = BlobFolderStore(str(tmp_path))
    for i in range(4):
        blobs.update({"blob_uuid": f"b{i}", "job_uuid": "ab"[i % 2], "job_index": i, "data": i})
    newest = list(blobs.query(sort={"job_index": -1}, skip=1, limit=2))
    assert [b["data"] for b in newest] == [2, 1]
    groups = {key["job_uuid"]: len(group) for key, group in blobs.groupby("job_uuid")}
    assert groups == {"a": 2, "b": 2}
    assert blobs.distinct("job_uuid") == ["a", "b"]


@pytest.mark.parametrize("uuid", ["../../outside", "a/b", "a.b", ""])
def test_blob_name_cannot_leave_the_folder(tmp_path, uuid):
    with pytest.raises(InputError, match="plain identifiers"):
        BlobFolderStore(str(tmp_path)).update(
            {"blob_uuid": uuid, "job_uuid": "a", "job_index": 1, "data": 0}
        )


def test_unknown_blob_criteria_are_refused(tmp_path):
    blobs = BlobFolderStore(str(tmp_path))
    with pytest.raises(InputError, match="not by 'size'"):
        blobs.count({"size": 3})
    with pytest.raises(InputError, match=r"\$gt"):
        blobs.count({"job_index": {"$gt": 3}})


def write_many(folder, prefix, n, permits):
    store = open_store(folder)
    for i in range(n):
        permits.acquire()
        store.update(document(f"{prefix}{i}", frames=[i]), save={"data": ["frames"]})


def test_two_processes_write_while_a_third_reads(tmp_path):
    """The writers go on while the reader reads, and not so far ahead that it sees only the end."""
    context = multiprocessing.get_context("spawn")
    permits = context.Semaphore(0)
    writers = [
        context.Process(target=write_many, args=(tmp_path, p, 25, permits), daemon=True)
        for p in "ab"
    ]
    for writer in writers:
        writer.start()
    store, seen = open_store(tmp_path), []
    for _ in range(25):
        seen.append(store.count())
        permits.release()
        permits.release()
        wait_until(
            lambda: store.count() > seen[-1] or any(writer.exitcode for writer in writers),
            "a writer has written",
            every=0.002,
        )
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert store.count() == store.additional_stores["data"].count() == 50
    assert len(set(seen)) == 25


def test_store_travels_as_a_dictionary(tmp_path):
    store = open_store(tmp_path)
    store.update(document("a", frames=[1, 2]), save={"data": ["frames"]})
    copy = JobStore.from_dict(store.as_dict())
    copy.connect()
    assert copy.get_output("a", load=True)["frames"] == [1, 2]


def test_which_stores_other_processes_see(tmp_path):
    assert survives_process(open_store(tmp_path))
    assert not survives_process(JobStore(MemoryStore()))


def test_no_store_where_none_was_made(tmp_path):
    with pytest.raises(InputError, match="holds no store"):
        open_store(tmp_path, create=False)
    assert not list(tmp_path.iterdir())


def test_no_store_under_a_file(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="no store can be made"):
        open_store(tmp_path / "file" / "study")


def test_nothing_configured(monkeypatch, tmp_path):
    monkeypatch.delenv(STORE_VARIABLE, raising=False)
    monkeypatch.setenv("JOBFLOW_CONFIG_FILE", str(tmp_path / "absent.yaml"))
    with pytest.raises(InputError, match="give a folder"):
        open_store()


def test_configured_memory_store_is_warned_about(monkeypatch, tmp_path):
    description = tmp_path / "store.yaml"
    description.write_text("docs_store: {type: MemoryStore}\n")
    (tmp_path / "jobflow.yaml").write_text(f"JOB_STORE: {description}\n")
    monkeypatch.delenv(STORE_VARIABLE, raising=False)
    monkeypatch.setenv("JOBFLOW_CONFIG_FILE", str(tmp_path / "jobflow.yaml"))
    with pytest.warns(UserWarning, match="in memory only"):
        store = open_store()
    assert isinstance(store.docs_store, MemoryStore)


def test_configured_file_and_broken_file(monkeypatch, tmp_path):
    description = tmp_path / "store.yaml"
    description.write_text(
        f"docs_store: {{type: MontyStore, collection_name: d, database_path: {tmp_path}/db}}\n"
    )
    monkeypatch.setenv(STORE_VARIABLE, str(description))
    assert open_store().docs_store.database_path == f"{tmp_path}/db"
    description.write_text("- nothing\n")
    with pytest.raises(InputError, match="does not describe a job store"):
        open_store()


def test_passwords_are_masked():
    assert masked("mongodb://me:secret@host/db") == "mongodb://me:***@host/db"
    with pytest.raises(InputError) as error:
        open_store("mongodb://me:sec ret@host:port/db")
    assert "sec ret" not in str(error.value)
