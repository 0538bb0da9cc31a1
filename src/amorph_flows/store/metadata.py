"""Completing and changing the metadata of stored documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from amorph_flows import schemas
from amorph_flows.store.keys import CURRENT, KEY_FIELDS, MODULE, search_keys
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
    wanted = ["uuid", "index", "metadata", *(f"output.{field}" for field in KEY_FIELDS)]
    lacking = list(store.docs_store.query(ours, wanted))
    for found in lacking:
        metadata = found.get("metadata") or {}
        keys = search_keys(found["output"], metadata)
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
