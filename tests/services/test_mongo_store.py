"""Questions to a job store on MongoDB servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jobflow import JobStore
from store_documents import filled
from store_questions import StoreQuestions

from amorph_flows.store import open_store


@pytest.fixture
def store(any_mongo_uri: str) -> Iterator[JobStore]:
    """A store with the same documents for each test: some of them change it."""
    store = open_store(any_mongo_uri)
    yield filled(store)
    store.remove_docs({})
    store.close()


class TestQuestions(StoreQuestions):
    """Of each server."""
