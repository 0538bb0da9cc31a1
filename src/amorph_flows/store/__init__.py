"""Opening the job store, embedded or MongoDB, and asking it for documents."""

from amorph_flows.store.indexes import ensure_indexes, missing_indexes
from amorph_flows.store.opening import configured_store, open_store, study_store, survives_process
from amorph_flows.store.query import (
    DocumentSummary,
    find_documents,
    find_results,
    latest,
    load_document,
    load_potential,
)
from amorph_flows.store.superseded import supersede

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
