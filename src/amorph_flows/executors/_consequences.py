"""Consequences of a finished job, kept with its document so that a killed study can go on."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from jobflow import Flow, Job, JobStore, Response

from amorph_flows.runtime.identity import PlannedJob, jobs_of, plan
from amorph_flows.upstream.jobflow import HeldStore

_FIELD = "execution"


@dataclass(frozen=True)
class Consequences:
    """The consequences of a finished job.

    Parameters
    ----------
    finished
        When it finished, seconds since 1970.
    jobs
        Jobs that it asked for.
    holds
        uuids of those that must end before jobs downstream may start.
    stop_children, stop_study
        Whether the jobs downstream, or all jobs, are not to run.
    """

    finished: float
    jobs: tuple[PlannedJob, ...] = ()
    holds: tuple[str, ...] = ()
    stop_children: bool = False
    stop_study: bool = False


def consequences_of(response: Response[Any], uuid: str) -> Consequences:
    """Return what a response asks for, under content-derived uuids.

    Parameters
    ----------
    response
        What a job returned.
    uuid
        uuid of the job.
    """
    kinds = ("replace", "detour", "addition")
    flows: dict[str, Flow | Job] = {
        kind: getattr(response, kind) for kind in kinds if getattr(response, kind) is not None
    }
    jobs = plan(list(flows.values()), fixed=frozenset({uuid}))
    waited = [flow for kind, flow in flows.items() if kind != "addition"]
    held = [flow for flow in waited if isinstance(flow, Flow)]
    holds = {job.uuid for flow in held for job in jobs_of(flow)} - {uuid}
    return Consequences(
        finished=time.time(),
        jobs=tuple(jobs),
        holds=tuple(sorted(holds)),
        stop_children=response.stop_children,
        stop_study=response.stop_jobflow,
    )


def write_with_consequences(held: HeldStore, store: JobStore, consequences: Consequences) -> None:
    """Write a document with its consequences, then drop the bulk data of what it replaces.

    Parameters
    ----------
    held
        The store that holds the document.
    store
        Where it goes.
    consequences
        What follows from its job.
    """
    former = store.query_one({name: held.document[name] for name in ("uuid", "index")})
    held.commit(**{_FIELD: _dump(consequences)})
    for name, blobs in _blobs(former).items():
        store.additional_stores[name].remove_docs({"blob_uuid": {"$in": blobs}})


def finished_before(store: JobStore, uuid: str, index: int) -> Consequences | None:
    """Return the consequences of a job that the store holds complete, or None.

    A document whose bulk data is missing is not complete.

    Parameters
    ----------
    store
        A connected job store.
    uuid, index
        Identity of the job.
    """
    document = store.query_one({"uuid": uuid, "index": index})
    if document is None:
        return None
    for name, blobs in _blobs(document).items():
        held = store.additional_stores.get(name)
        if held is None or held.count({"blob_uuid": {"$in": blobs}}) < len(blobs):
            return None
    return _load(document[_FIELD]) if document.get(_FIELD) else Consequences(finished=0.0)


def _dump(consequences: Consequences) -> str:
    """Return consequences as text: keys of jobs may not be keys of a database."""
    jobs = [{"record": job.record, "parents": job.parents} for job in consequences.jobs]
    return json.dumps({**vars(consequences), "jobs": jobs})


def _load(text: str) -> Consequences:
    fields = json.loads(text)
    jobs = (PlannedJob(job["record"], tuple(job["parents"])) for job in fields.pop("jobs"))
    return Consequences(**(fields | {"jobs": tuple(jobs), "holds": tuple(fields["holds"])}))


def _blobs(value: Any) -> dict[str, list[str]]:
    """Return the bulk data that a document refers to, by additional store."""
    found: dict[str, list[str]] = {}
    stack = [value]
    while stack:
        here = stack.pop()
        if isinstance(here, dict) and "blob_uuid" in here and "store" in here:
            found.setdefault(here["store"], []).append(here["blob_uuid"])
        elif isinstance(here, dict):
            stack.extend(here.values())
        elif isinstance(here, list):
            stack.extend(here)
    return found
