"""Every listed query is served by an index, made on first use."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jobflow import JobStore
from pymongo import DESCENDING
from pymongo.errors import OperationFailure
from store_documents import UUIDS, filled

from amorph_flows.store import (
    ensure_indexes,
    find_documents,
    indexes,
    missing_indexes,
    open_store,
)
from amorph_flows.store._filters import document_filter

PAGE = Path(__file__).parents[2] / "docs" / "store.md"
LISTED: dict[str, dict[str, Any]] = {
    "all": {},
    "stage": {"stage": "potential"},
    "study": {"study": "mine"},
    "formula": {"formula": "V2O5"},
    "ion": {"ion": "Mg"},
    "verdict": {"verdict": "not converged"},
    "since": {"since": "2025-06-30T11:00"},
    "dates": {"since": "2025-06-30T11:00", "until": "2025-06-30T12:00"},
    "stage and date": {"stage": "potential", "since": "2025-06-30"},
    "study and stage": {"study": "mine", "stage": "potential"},
    "study and date": {"study": "mine", "since": "2025-06-30"},
    "ion, stage and date": {"ion": "Mg2+", "stage": "production_md", "until": "2026-01-01"},
    "formula and stage": {"formula": "V2O5", "stage": "dataset"},
    "verdict and stage": {"verdict": "caged", "stage": "production_md"},
    "superseded too": {"study": "mine", "superseded": True},
}


@pytest.fixture
def store(new_mongo_uri: Callable[..., str]) -> Iterator[JobStore]:
    store = filled(open_store(new_mongo_uri()))
    yield store
    store.close()


def plans(part: Any) -> list[str]:
    """Return the stages of a query plan."""
    if isinstance(part, list):
        return [stage for inner in part for stage in plans(inner)]
    if not isinstance(part, dict):
        return []
    here = [part["stage"]] if "stage" in part else []
    return here + [stage for inner in part.values() for stage in plans(inner)]


def explained(store: JobStore, found: dict[str, Any], sort: str = "completed_at") -> list[str]:
    cursor = store.docs_store._collection.find(found).sort([(sort, DESCENDING)]).limit(100)
    return plans(cursor.explain()["queryPlanner"]["winningPlan"])


@pytest.fixture(scope="module")
def kept(new_mongo_uri: Callable[..., str]) -> Iterator[JobStore]:
    """A store that the tests of plans share."""
    store = filled(open_store(new_mongo_uri()))
    ensure_indexes(store)
    yield store
    store.close()


@pytest.mark.parametrize("where", LISTED.values(), ids=LISTED)
def test_explain_shows_an_index(kept: JobStore, where: dict[str, Any]) -> None:
    stages = explained(kept, document_filter(**where))
    assert "IXSCAN" in stages
    assert "COLLSCAN" not in stages
    collection = kept.docs_store._collection
    by_index = {d["uuid"] for d in collection.find(document_filter(**where))}
    unhelped = {
        d["uuid"] for d in collection.find(document_filter(**where)).hint([("$natural", 1)])
    }
    assert by_index == unhelped


@pytest.mark.parametrize(
    "found", [{"uuid": UUIDS[0]}, {"uuid": {"$gte": "0000", "$lt": "0000g"}}], ids=["whole", "part"]
)
def test_a_document_by_its_uuid_comes_by_an_index(kept: JobStore, found: dict[str, Any]) -> None:
    assert "COLLSCAN" not in explained(kept, found, sort="index")


def test_indexes_are_made_on_first_use(store: JobStore) -> None:
    assert len(missing_indexes(store)) > 10
    assert len(list(find_documents(store))) == 4
    assert missing_indexes(store) == []


def test_who_may_not_write_reads_and_is_told_once(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> None:
        raise OperationFailure("not authorized on amorph_flows to execute createIndexes", 13)

    list(find_documents(store))  # completes the documents
    indexes._ensured.clear()
    again = open_store(store.docs_store.uri)
    again.docs_store._collection.drop_indexes()
    monkeypatch.setattr(type(again.docs_store._collection), "create_index", refused)
    with pytest.warns(UserWarning, match=r"could not be made \(not authorized"):
        assert len(list(find_documents(again))) == 4
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(list(find_documents(again, stage="potential"))) == 2
    again.close()


def examples() -> list[str]:
    """Return the filters of the page's mongosh examples."""
    return re.findall(r"find\((\{.*?\})[,)]\s*\.?", PAGE.read_text(encoding="utf-8"))


def test_mongosh_examples_of_the_page_find_documents_by_an_index(kept: JobStore) -> None:
    import yaml

    filters = [yaml.safe_load(text) for text in examples()]
    assert len(filters) >= 8
    for filter_ in filters:
        stages = explained(kept, filter_)
        assert "COLLSCAN" not in stages, filter_
        assert kept.docs_store._collection.count_documents(filter_) > 0, filter_
