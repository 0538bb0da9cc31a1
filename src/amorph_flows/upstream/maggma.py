"""Private collections of maggma's stores, and MongoDB's filters in Python.

maggma and jobflow are not imported: the store in a folder does without them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobflow import JobStore
    from pymongo.collection import Collection


def server_collections(
    store: JobStore,
) -> tuple[Collection[Any] | None, list[Collection[Any]]]:
    """Return the collections on a MongoDB server that a job store keeps its contents in.

    A maggma store makes indexes on one field only; those of several are made on its collection.

    Parameters
    ----------
    store
        A connected job store.

    Returns
    -------
    tuple
        The collection of documents, None where they are on no server, and those that list the
        files of additional stores in GridFS.
    """
    from pymongo.collection import Collection

    documents = getattr(store.docs_store, "_collection", None)
    if not isinstance(documents, Collection):
        return None, []
    parts = store.additional_stores.values()
    files = [getattr(part, "_files_collection", None) for part in parts]
    return documents, [held for held in files if isinstance(held, Collection)]


def change_documents(store: JobStore, criteria: dict[str, Any], fields: dict[str, Any]) -> int:
    """Set fields of documents where they are, and return how many match.

    A maggma store only replaces whole documents, which would lose what others write meanwhile.

    Parameters
    ----------
    store
        A connected job store of MongoDB or in memory.
    criteria
        Which documents.
    fields
        Dotted names and new values.
    """
    changed = store.docs_store._collection.update_many(criteria, {"$set": fields})
    return int(changed.matched_count)


def matches(criteria: dict[str, Any] | None, document: dict[str, Any]) -> bool:
    """Return whether a filter of MongoDB lets a document through.

    mongomock, which maggma depends on, has the whole language of filters but keeps it inside.

    Parameters
    ----------
    criteria
        The filter.
    document
        The document.
    """
    from mongomock_ng.filtering import filter_applies

    return bool(filter_applies(criteria, document))  # type: ignore[no-untyped-call]
