"""Questions to a job store in files and in memory."""

from threading import Timer

import pytest
from jobflow import JobStore
from maggma.stores import MemoryStore
from store_documents import UUIDS, filled
from store_questions import StoreQuestions

from amorph_flows.errors import InputError
from amorph_flows.store import (
    bulk,
    load_document,
    open_store,
)


@pytest.fixture(params=["embedded", "memory"])
def store(request, tmp_path):
    if request.param == "embedded":
        store = open_store(tmp_path)
    else:
        store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
        store.connect()
    yield filled(store)
    store.close()


class TestQuestions(StoreQuestions):
    """Of the stores that need no server."""


def test_bulk_data_is_waited_for_while_its_job_writes(store):
    blobs = store.additional_stores["data"]
    held = list(blobs.query({"job_uuid": UUIDS[1]}))
    blobs.remove_docs({"job_uuid": UUIDS[1]})
    writer = Timer(0.5, blobs.update, [held], {"key": "blob_uuid"})
    writer.start()
    assert load_document(store, UUIDS[1]).curves == {"grade": [0.0, 0.0, 0.0]}
    writer.join()


def test_bulk_data_that_does_not_come_is_an_error(store, monkeypatch):
    monkeypatch.setattr(bulk, "WRITING_S", 0.1)
    store.additional_stores["data"].remove_docs({"job_uuid": UUIDS[1]})
    with pytest.raises(InputError, match="its job was killed while writing"):
        load_document(store, UUIDS[1])
