"""Questions to a job store; the same on the embedded store and on MongoDB."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from jobflow import JobStore
from monty.json import MontyDecoder

from amorph_flows import schemas
from amorph_flows.errors import InputError
from amorph_flows.schemas.base import StageDocument

if TYPE_CHECKING:
    from amorph_flows.schemas.potential import PotentialDoc

D = TypeVar("D", bound=StageDocument)

_VERDICT_FIELDS = (
    "verdict",
    "verdicts",
    "melted",
    "branches.amorphous",
    "points.verdicts",
    "generations.verdicts",
)
_VERDICT_KEYS = {"question", "answer", "believable", "reason"}
_LIGHT = [
    *("uuid", "index", "name", "completed_at", "metadata"),
    *("output.@module", "output.@class", "output.formula", "output.directory"),
    *(f"output.{field}" for field in _VERDICT_FIELDS),
]


class DocumentSummary(TypedDict):
    """What a listing shows of a document; nothing of it comes from the ``data`` store."""

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
    verdicts: list[dict[str, Any]]


def stages() -> list[str]:
    """Return the names of the stages, which are the modules that define their documents."""
    return sorted({document.__module__.rpartition(".")[2] for document in _documents().values()})


def find_documents(
    store: JobStore,
    stage: str | None = None,
    formula: str | None = None,
    ion: str | None = None,
    study: str | None = None,
    since: datetime | str | None = None,
    verdict: str | None = None,
    limit: int = 100,
) -> Iterator[DocumentSummary]:
    """Yield what is known of the documents that match, newest first, without their bulk data.

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
    since
        Only documents completed then or later, in local time.
    verdict
        The answer of one of the document's verdicts, or ``"doubted"`` for documents with a
        verdict that forbids belief, ``"believed"`` for those with verdicts that all allow it.
    limit
        Most documents to yield; 0: all.

    Raises
    ------
    InputError
        If the stage is unknown or the date cannot be read.
    """
    criteria = _criteria(stage, formula, ion, study, since)
    at_most = 0 if verdict else limit
    found = store.query(criteria, list(_LIGHT), sort={"completed_at": -1}, limit=at_most)
    n_found = 0
    for document in found:
        summary = _summary(document)
        if verdict is not None and not _has_verdict(summary["verdicts"], verdict):
            continue
        yield summary
        n_found += 1
        if n_found == limit:
            return


def load_document(store: JobStore, uuid: str) -> StageDocument:
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
        If there is no such document, several begin so, or it is none of this package.
    """
    output = store.get_output(full_uuid(store, uuid), load=True)
    document = MontyDecoder().process_decoded(output)
    if not isinstance(document, StageDocument):
        raise InputError(f"{uuid} is {type(document).__name__}, not a document of a stage")
    return document


def load_potential(store: JobStore, uuid: str) -> PotentialDoc:
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


def latest(store: JobStore, document: type[D], **where: Any) -> D:
    """Return the newest document of a kind with its bulk data.

    Parameters
    ----------
    store
        A connected job store.
    document
        Its class, such as ``PotentialDoc``.
    **where
        Filters of `find_documents`: formula, ion, study, since, verdict.

    Raises
    ------
    InputError
        If there is none.
    """
    stage = document.__module__.rpartition(".")[2]
    for summary in find_documents(store, stage=stage, limit=0, **where):
        if summary["document"] == document.__name__:
            found = load_document(store, summary["uuid"])
            if isinstance(found, document):
                return found
    described = "".join(f" with {key} {value}" for key, value in where.items())
    raise InputError(f"the store holds no {document.__name__}{described}")


def full_uuid(store: JobStore, uuid: str) -> str:
    """Return the uuid of the only job whose uuid begins so.

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
    if store.query_one({"uuid": uuid}, ["uuid"]):
        return uuid
    matches = {d["uuid"] for d in store.query({"uuid": {"$regex": f"^{uuid}"}}, ["uuid"])}
    if not matches:
        raise InputError(f"the store holds no document {uuid}; `amorph query` lists them")
    if len(matches) > 1:
        raise InputError(f"{len(matches)} documents begin with {uuid}; give more of the uuid")
    return str(matches.pop())


def _criteria(
    stage: str | None,
    formula: str | None,
    ion: str | None,
    study: str | None,
    since: datetime | str | None,
) -> dict[str, Any]:
    """Return the filters that the store itself applies."""
    criteria: dict[str, Any] = {
        "output.@module": {"$in": [_module(stage)] if stage else _modules()}
    }
    if formula:
        criteria["$or"] = [{"metadata.formula": formula}, {"output.formula": formula}]
    if ion:
        element = ion.rstrip("+-0123456789")
        criteria["metadata.ion"] = {"$regex": f"^{element}[0-9]*[+-]?$"} if ion == element else ion
    if study:
        criteria["metadata.study"] = study
    if since is not None:
        criteria["completed_at"] = {"$gte": _date(since)}
    return criteria


def _date(since: datetime | str) -> str:
    """Return a date as jobflow stores it: local time, ISO format."""
    try:
        date = since if isinstance(since, datetime) else datetime.fromisoformat(since)
    except ValueError as error:
        raise InputError(f"{since!r} is no date such as 2025-06-30T12:00") from error
    return date.astimezone().replace(tzinfo=None).isoformat()


def _summary(document: Mapping[str, Any]) -> DocumentSummary:
    """Return the line of a listing."""
    output, metadata = document.get("output") or {}, document.get("metadata") or {}
    return DocumentSummary(
        uuid=document["uuid"],
        index=document["index"],
        name=document.get("name", ""),
        stage=output["@module"].rpartition(".")[2],
        document=output["@class"],
        completed_at=document.get("completed_at", ""),
        formula=output.get("formula") or metadata.get("formula", ""),
        ion=metadata.get("ion", ""),
        study=metadata.get("study", ""),
        directory=output.get("directory", ""),
        verdicts=list(_verdicts(output)),
    )


def _verdicts(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every verdict inside a document, at any depth."""
    if isinstance(value, dict):
        if value.keys() >= _VERDICT_KEYS:
            yield {key: value[key] for key in sorted(_VERDICT_KEYS)}
        else:
            for inner in value.values():
                yield from _verdicts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _verdicts(inner)


def _has_verdict(verdicts: list[dict[str, Any]], wanted: str) -> bool:
    if wanted in ("believed", "doubted"):
        doubted = any(not verdict["believable"] for verdict in verdicts)
        return bool(verdicts) and doubted == (wanted == "doubted")
    return any(verdict["answer"] == wanted for verdict in verdicts)


def _module(stage: str) -> str:
    """Return the module of a stage's documents."""
    if stage not in stages():
        raise InputError(f"unknown stage {stage!r}; known: {', '.join(stages())}")
    return f"{schemas.__name__}.{stage}"


def _modules() -> list[str]:
    return sorted({document.__module__ for document in _documents().values()})


@cache
def _documents() -> dict[str, type[StageDocument]]:
    """Return the documents of all stages by name."""
    for module in pkgutil.iter_modules(schemas.__path__):
        importlib.import_module(f"{schemas.__name__}.{module.name}")
    kinds = StageDocument.__subclasses__()
    return {k.__name__: k for k in kinds if k.__module__.startswith(schemas.__name__)}
