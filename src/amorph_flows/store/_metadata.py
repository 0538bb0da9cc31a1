"""Completing and changing the metadata of stored documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amorph_flows import schemas
from amorph_flows.store._verdicts import verdict_fields
from amorph_flows.store.keys import (
    CLASS,
    CURRENT,
    KEY_FIELDS,
    MODULE,
    document_class,
    search_keys,
)
from amorph_flows.store.sqlite import SQLiteDocuments
from amorph_flows.upstream.maggma import change_documents

if TYPE_CHECKING:
    from jobflow import JobStore

    from amorph_flows.store.embedded import EmbeddedStore


def complete_keys(store: JobStore | EmbeddedStore) -> int:
    """Write the keys of queries into documents that lack them; return how many there were.

    Parameters
    ----------
    store
        A connected job store.
    """
    prefix = schemas.__name__
    ours = {CURRENT: None, MODULE: {"$gte": f"{prefix}.", "$lt": f"{prefix}/"}}
    lacking = list(store.docs_store.query(ours, [MODULE, CLASS]))
    for module, name in {(d["output"]["@module"], d["output"].get("@class")) for d in lacking}:
        verdicts = verdict_fields(document_class(module, name))
        fields = [path.partition(".*")[0] for path in verdicts]
        wanted = ["uuid", "index", "metadata", *(f"output.{f}" for f in (*KEY_FIELDS, *fields))]
        of_class = {CURRENT: None, MODULE: module, CLASS: name}
        for found in list(store.docs_store.query(of_class, wanted)):
            keys = search_keys(found["output"], found.get("metadata") or {})
            change(store, {"uuid": found["uuid"], "index": found["index"]}, keys)
    return len(lacking)


def change(
    store: JobStore | EmbeddedStore, criteria: dict[str, Any], metadata: dict[str, Any]
) -> int:
    """Set metadata of the documents that match and return how many there are.

    Parameters
    ----------
    store
        A connected job store.
    criteria
        Which documents.
    metadata
        Keys and their new values.
    """
    fields = {f"metadata.{key}": value for key, value in metadata.items()}
    if isinstance(store.docs_store, SQLiteDocuments):
        return store.docs_store.change(criteria, fields)
    return change_documents(store, criteria, fields)
