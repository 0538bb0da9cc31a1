"""The indexes that serve the queries, made on first use."""

from __future__ import annotations

import warnings
from typing import Any
from weakref import WeakKeyDictionary

from jobflow import JobStore
from pymongo import ASCENDING, MongoClient
from pymongo.errors import OperationFailure

from amorph_flows.errors import AmorphFlowsWarning
from amorph_flows.store._metadata import complete_keys
from amorph_flows.store.keys import (
    ANSWERS,
    COMPLETED,
    CURRENT,
    FORMULAS,
    IONS,
    MODULE,
    STAGE,
    STUDY,
)
from amorph_flows.upstream.maggma import server_collections

Index = list[tuple[str, int]]


def _index(*fields: str) -> Index:
    """Return an index on what is compared, then on what is sorted by (read backwards)."""
    return [(field, ASCENDING) for field in (*fields, COMPLETED)]


_INDEXES: list[Index] = [
    [("uuid", ASCENDING), ("index", ASCENDING)],
    [(CURRENT, ASCENDING), (MODULE, ASCENDING)],
    _index(CURRENT),
    _index(STAGE, CURRENT),
    *(_index(field, CURRENT) for field in (STUDY, FORMULAS, IONS, ANSWERS)),
    *(_index(field, STAGE, CURRENT) for field in (STUDY, FORMULAS, IONS, ANSWERS)),
]
"""Indexes of the collection of documents: what is equal first, what is sorted last."""

_BLOB_INDEXES: list[Index] = [
    [("metadata.blob_uuid", ASCENDING)],
    [("metadata.job_uuid", ASCENDING), ("metadata.job_index", ASCENDING)],
]
"""Indexes of the files of the ``data`` store where it is GridFS."""

_ensured: WeakKeyDictionary[MongoClient[Any], set[str]] = WeakKeyDictionary()


def ensure_indexes(store: JobStore) -> None:
    """Make missing indexes, and complete documents that lack the keys of queries.

    On MongoDB it does so once for a server's database and process. Who may not write is told once
    and goes on with the indexes that there are.

    Parameters
    ----------
    store
        A connected job store.

    Warns
    -----
    AmorphFlowsWarning
        If the database refuses.
    """
    documents, _ = server_collections(store)
    if documents is not None:
        done = _ensured.setdefault(documents.database.client, set())
        if documents.full_name in done:
            return
        done.add(documents.full_name)
    try:
        for collection, indexes in _collections(store):
            for keys in _missing(collection, indexes):
                collection.create_index(keys)
        complete_keys(store)
    except OperationFailure as error:
        reason = (error.details or {}).get("errmsg", error)
        warnings.warn(
            f"the indexes of the store could not be made ({reason}); queries may be slow until a "
            "user who may write opens the store with `amorph query`",
            AmorphFlowsWarning,
            stacklevel=2,
        )


def missing_indexes(store: JobStore) -> list[str]:
    """Return the names of the indexes that queries want and the database does not have.

    Parameters
    ----------
    store
        A connected job store; those without a server have all that they need.
    """
    return [
        f"{collection.name}: {_name(keys)}"
        for collection, indexes in _collections(store)
        for keys in _missing(collection, indexes)
    ]


def _collections(store: JobStore) -> list[tuple[Any, list[Index]]]:
    """Return the collections on a server with the indexes that they should have."""
    documents, files = server_collections(store)
    if documents is None:
        return []
    return [(documents, _INDEXES), *((held, _BLOB_INDEXES) for held in files)]


def _missing(collection: Any, indexes: list[Index]) -> list[Index]:
    held = [list(index["key"]) for index in collection.index_information().values()]
    return [keys for keys in indexes if keys not in held]


def _name(keys: Index) -> str:
    return "_".join(f"{field}_{direction}" for field, direction in keys)
