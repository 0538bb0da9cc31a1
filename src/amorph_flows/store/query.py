"""Queries of a job store, the same for the embedded store and MongoDB."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from amorph_flows.errors import InputError
from amorph_flows.schemas.base import StageDocument
from amorph_flows.store._filters import document_filter, reduced_formula
from amorph_flows.store._metadata import complete_keys
from amorph_flows.store._verdicts import VerdictSummary
from amorph_flows.store.bulk import output_with_bulk
from amorph_flows.store.embedded import EmbeddedStore
from amorph_flows.store.keys import COMPLETED, FORMULAS

if TYPE_CHECKING:
    from jobflow import JobStore

    from amorph_flows.schemas.potential import PotentialDoc
    from amorph_flows.schemas.study import ResultRow

D = TypeVar("D", bound=StageDocument)

_LIGHT = [
    *("uuid", "index", "name", "completed_at", "metadata"),
    *(f"output.{field}" for field in ("@class", "formula", "directory")),
]


class DocumentSummary(TypedDict):
    """Summary of a document in a listing, without anything from the ``data`` store."""

    uuid: str
    index: int
    name: str
    stage: str
    document: str
    completed_at: str
    formula: str
    ion: str
    study: str
    directory: str
    superseded: bool
    verdicts: list[VerdictSummary]


def find_documents(
    store: JobStore | EmbeddedStore,
    stage: str | None = None,
    formula: str | None = None,
    ion: str | None = None,
    study: str | None = None,
    since: datetime | str | None = None,
    until: datetime | str | None = None,
    verdict: str | None = None,
    superseded: bool = False,
    limit: int = 100,
) -> Iterator[DocumentSummary]:
    """Yield summaries of the documents that match, newest first, without their bulk data.

    Parameters
    ----------
    store
        A connected job store.
    stage
        Such as ``"potential"``; see `stages`.
    formula
        Reduced formula of the study's crystal or of the document itself.
    ion
        Such as ``"Mg2+"`` or ``"Mg"``.
    study
        Name of the study.
    since, until
        Only documents completed then or later, and before then, in local time.
    verdict
        The answer of one of the document's verdicts, or a word for all of them together:
        ``"believed"`` where all were passed, ``"converged"`` where all numerical ones were but
        one of the model was not, ``"not converged"`` where a numerical one was not.
    superseded
        Whether documents are listed too that a later run of their study has replaced.
    limit
        Most documents to yield; 0: all.

    Raises
    ------
    InputError
        If the stage is unknown or a date cannot be read.
    """
    _prepare(store)
    filters = document_filter(stage, None, ion, study, since, until, verdict, superseded)
    yield from _found(store, filters | _formula(store, formula), limit)


def find_results(
    store: JobStore | EmbeddedStore, quantity: str | None = None, **where: Any
) -> Iterator[tuple[DocumentSummary, ResultRow]]:
    """Yield the numbers that studies ended with, each with its study, newest first.

    Parameters
    ----------
    store
        A connected job store.
    quantity
        Such as ``"average_voltage"`` or ``"activation_energy"``; None: all.
    **where
        Filters of `find_documents` but for the stage.
    """
    from amorph_flows.schemas.study import ResultRow

    for summary in find_documents(store, stage="study", **where):
        held = store.query_one({"uuid": summary["uuid"]}, ["output.results"], load=False) or {}
        for row in held.get("output", {}).get("results", []):
            result = ResultRow.model_validate({k: v for k, v in row.items() if k[0] != "@"})
            if quantity in (None, result.quantity):
                yield summary, result


def load_document(store: JobStore | EmbeddedStore, uuid: str) -> StageDocument:
    """Return one document with its bulk data.

    Parameters
    ----------
    store
        A connected job store.
    uuid
        uuid of its job, or the beginning of one that no other document shares.

    Raises
    ------
    InputError
        If there is no such document, several begin so, it is none of this package, or its bulk
        data does not come.
    """
    from monty.json import MontyDecoder

    output = output_with_bulk(store, full_uuid(store, uuid))
    document = MontyDecoder().process_decoded(output)
    if not isinstance(document, StageDocument):
        raise InputError(f"{uuid} is a {type(document).__name__}, not a document of a stage")
    return document


def load_potential(store: JobStore | EmbeddedStore, uuid: str) -> PotentialDoc:
    """Return one fitted potential.

    Parameters
    ----------
    store
        A connected job store.
    uuid
        As for `load_document`.

    Raises
    ------
    InputError
        If the document is not a potential.
    """
    from amorph_flows.schemas.potential import PotentialDoc

    document = load_document(store, uuid)
    if not isinstance(document, PotentialDoc):
        raise InputError(f"{uuid} is a {type(document).__name__}, not a potential")
    return document


def latest(store: JobStore | EmbeddedStore, document: type[D], **where: Any) -> D:
    """Return the newest document of a kind with its bulk data.

    Parameters
    ----------
    store
        A connected job store.
    document
        Its class, such as ``PotentialDoc``.
    **where
        Filters of `find_documents` but for the stage and the limit.

    Raises
    ------
    InputError
        If there is none.
    """
    stage = document.__module__.rpartition(".")[2]
    _prepare(store)
    filters = document_filter(stage=stage, **where) | {"output.@class": document.__name__}
    for summary in _found(store, filters, limit=1):
        found = load_document(store, summary["uuid"])
        if isinstance(found, document):
            return found
    described = "".join(f" with {key} {value}" for key, value in where.items())
    raise InputError(f"the store holds no {document.__name__}{described}")


def full_uuid(store: JobStore | EmbeddedStore, uuid: str) -> str:
    """Return the uuid that begins with some characters, if there is only one.

    Parameters
    ----------
    store
        A connected job store.
    uuid
        A uuid or its beginning.

    Raises
    ------
    InputError
        If no job or several jobs begin so.
    """
    if not uuid or not set(uuid) <= set("0123456789abcdef-"):
        raise InputError(f"{uuid!r} is not the uuid of a document; `amorph query` lists them")
    _prepare(store)
    if store.query_one({"uuid": uuid}, ["uuid"], load=False):
        return uuid
    beginning = {"$gte": uuid, "$lt": f"{uuid}g"}  # g comes after all digits of a uuid
    matches = {d["uuid"] for d in store.query({"uuid": beginning}, ["uuid"], load=False)}
    if not matches:
        raise InputError(f"the store holds no document {uuid}; `amorph query` lists them")
    if len(matches) > 1:
        raise InputError(
            f"{len(matches)} documents have a uuid that begins with {uuid}; give more of it"
        )
    return str(matches.pop())


def _prepare(store: JobStore | EmbeddedStore) -> None:
    """Let the store find documents by what queries ask for."""
    if isinstance(store, EmbeddedStore):
        complete_keys(store)
        return
    from amorph_flows.store.indexes import ensure_indexes

    ensure_indexes(store)


def _formula(store: JobStore | EmbeddedStore, formula: str | None) -> dict[str, Any]:
    """Return the filter for a formula; one that the store knows needs no pymatgen to reduce it."""
    if formula and store.query_one({FORMULAS: formula}, ["uuid"], load=False):
        return {FORMULAS: formula}
    return {FORMULAS: reduced_formula(formula)} if formula else {}


def _found(
    store: JobStore | EmbeddedStore, filters: dict[str, Any], limit: int
) -> Iterator[DocumentSummary]:
    """Yield what a filter finds, newest first."""
    for document in store.query(
        filters, list(_LIGHT), sort={COMPLETED: -1}, limit=limit, load=False
    ):
        yield _summary(document)


def _summary(document: Mapping[str, Any]) -> DocumentSummary:
    """Return the line of a listing."""
    output, metadata = document.get("output") or {}, document.get("metadata") or {}
    return DocumentSummary(
        uuid=document["uuid"],
        index=document["index"],
        name=document.get("name", ""),
        stage=metadata.get("stage", ""),
        document=output.get("@class", ""),
        completed_at=document.get("completed_at", ""),
        formula=output.get("formula") or metadata.get("formula", ""),
        ion=metadata.get("ion", ""),
        study=metadata.get("study", ""),
        directory=output.get("directory", ""),
        superseded=not metadata.get("current", True),
        verdicts=metadata.get("verdicts", []),
    )
