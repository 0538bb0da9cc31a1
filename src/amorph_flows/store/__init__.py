"""The job store, embedded or MongoDB: opening it and querying its documents."""

from typing import TYPE_CHECKING

from amorph_flows.lazy import lazy_names

if TYPE_CHECKING:
    from amorph_flows.store.indexes import ensure_indexes, missing_indexes
    from amorph_flows.store.opening import (
        configured_store,
        open_store,
        study_store,
        survives_process,
    )
    from amorph_flows.store.query import (
        DocumentSummary,
        find_documents,
        find_results,
        latest,
        load_document,
        load_potential,
    )
    from amorph_flows.store.superseded import supersede
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "indexes": ("ensure_indexes", "missing_indexes"),
            "opening": ("configured_store", "open_store", "study_store", "survives_process"),
            "query": (
                *("DocumentSummary", "find_documents", "find_results"),
                *("latest", "load_document", "load_potential"),
            ),
            "superseded": ("supersede",),
        },
    )

__all__ = [
    "DocumentSummary",
    "configured_store",
    "ensure_indexes",
    "find_documents",
    "find_results",
    "latest",
    "load_document",
    "load_potential",
    "missing_indexes",
    "open_store",
    "study_store",
    "supersede",
    "survives_process",
]
