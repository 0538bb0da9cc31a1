"""Opening the job store, embedded or MongoDB, and asking it for documents."""

from amorph_flows.store.opening import configured_store, open_store, survives_process
from amorph_flows.store.query import (
    DocumentSummary,
    find_documents,
    latest,
    load_document,
    load_potential,
)

__all__ = [
    "DocumentSummary",
    "configured_store",
    "find_documents",
    "latest",
    "load_document",
    "load_potential",
    "open_store",
    "survives_process",
]
