"""The tests of the job store and its queries, on MongoDB servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from jobflow import JobStore
from test_store_query import (  # noqa: F401 collected here with the store of this file
    filled,
    test_documents_come_back_typed_and_whole,
    test_documents_that_a_later_run_replaced_are_hidden,
    test_filters,
    test_latest,
    test_no_bulk_data_is_read_that_is_not_returned,
    test_questions_that_have_no_answer,
    test_results_of_studies,
    test_summary_says_what_it_is,
)

from amorph_flows.store import open_store


@pytest.fixture
def store(any_mongo_uri: str) -> Iterator[JobStore]:
    """A store with the same documents for each test: some of them change it."""
    store = open_store(any_mongo_uri)
    yield filled(store)
    store.remove_docs({})
    store.close()
