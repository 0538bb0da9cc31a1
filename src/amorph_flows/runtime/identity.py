"""Identity of a job: a uuid made from everything that its result depends on."""

from __future__ import annotations

import importlib
import json
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from operator import attrgetter
from typing import Any

from jobflow import Flow, Job
from jobflow.core.flow import JobOrder
from monty.json import MontyEncoder
from pydantic import BaseModel

from amorph_flows import __version__
from amorph_flows.errors import InputError
from amorph_flows.hashes import sha256_of
from amorph_flows.runtime.stage_job import stage_of
from amorph_flows.schemas.base import JobKind
from amorph_flows.upstream.jobflow import job_kind


@dataclass(frozen=True)
class PlannedJob:
    """A job as plain data, ready to be sent to another process or stored.

    Parameters
    ----------
    record
        The job as jobflow serialises it, with the content-derived uuid.
    parents
        uuids of the jobs that come before it.
    """

    record: dict[str, Any]
    parents: tuple[str, ...]

    @property
    def uuid(self) -> str:
        """The content-derived uuid."""
        return str(self.record["uuid"])

    @property
    def index(self) -> int:
        """How many times the job has been replaced, from 1."""
        return int(self.record["index"])

    @property
    def name(self) -> str:
        """Name of the job."""
        return str(self.record["name"])

    @property
    def function(self) -> str:
        """Import path of the job's function."""
        function = self.record["function"]
        return f"{function['@module']}.{function['@callable']}"

    @property
    def stage(self) -> str:
        """Stage whose document the job makes, empty for other jobs."""
        return stage_of((self.record.get("output_schema") or {}).get("@module", ""))

    @property
    def document(self) -> str:
        """Class of the document that the job makes, empty for other jobs."""
        return str((self.record.get("output_schema") or {}).get("@callable", ""))

    @property
    def kind(self) -> JobKind:
        """What the job mostly does."""
        function = self.record["function"]
        module = importlib.import_module(function["@module"])
        return job_kind(attrgetter(function["@callable"])(module))

    @property
    def needs_all_parents(self) -> bool:
        """Whether the job cannot run when the output of a parent is missing."""
        return bool(self.record["config"]["on_missing_references"] == "error")

    @property
    def resolves_references(self) -> bool:
        """Whether the job sees outputs of parents, not only references to them."""
        return bool(self.record["config"]["resolve_references"])


def plan(flows: list[Flow | Job], fixed: frozenset[str] = frozenset()) -> list[PlannedJob]:
    """Return the jobs of some flows under content-derived uuids, parents first.

    The uuid is a hash of the function, its bound Maker, its arguments with references by the
    uuids derived in the same way (a Merkle tree), the settings hash of an engine, the schema of
    its document and the version of this package. Names of jobs, metadata, hosts and folders do not
    enter. The jobs of the flows get the new uuids as well, and so do the references in the outputs
    of the flows.

    Parameters
    ----------
    flows
        Flows or jobs that may refer to each other.
    fixed
        uuids that are content-derived already, such as that of the job that is being replaced.

    Raises
    ------
    InputError
        If a job's function cannot be imported by another process or jobs depend on each other.
    """
    jobs = [job for flow in flows for job in jobs_of(flow)]
    order: dict[str, set[str]] = {job.uuid: set() for job in jobs}
    for flow in flows:
        _add_linear_order(flow, order)
    records = {job.uuid: _record(job) for job in jobs}
    surroundings = {job.uuid: [_engine_settings(job), _shape(job.output_schema)] for job in jobs}
    new_uuids: dict[str, str] = {}
    seen: Counter[str] = Counter()
    for old in _sorted(records, order):
        content = _content(records[old], surroundings[old], new_uuids)
        seen[content] += 1
        new_uuids[old] = old if old in fixed else _uuid(content, seen[content])
    for flow in flows:
        _rename(flow, new_uuids)
    return [_planned(records[old], order[old], new_uuids) for old in records]


def jobs_of(flow: Flow | Job) -> Iterator[Job]:
    """Yield the jobs of a flow and of the flows inside it.

    Parameters
    ----------
    flow
        A flow or a job.
    """
    if isinstance(flow, Job):
        yield flow
    else:
        for member in flow:
            yield from jobs_of(member)


def references(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every serialised reference to an output inside a value.

    Parameters
    ----------
    value
        Anything made of dictionaries, lists and plain values.
    """
    if isinstance(value, dict):
        if value.get("@class") == "OutputReference":
            yield value
        else:
            for inner in value.values():
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def _add_linear_order(flow: Flow | Job, order: dict[str, set[str]]) -> None:
    """Make each member of a linear flow come after the one before it."""
    if isinstance(flow, Job):
        return
    for member in flow:
        _add_linear_order(member, order)
    if flow.order == JobOrder.LINEAR:
        for before, after in pairwise(flow):
            for job in jobs_of(after):
                order[job.uuid].update(parent.uuid for parent in jobs_of(before))


def _sorted(records: Mapping[str, dict[str, Any]], order: Mapping[str, set[str]]) -> list[str]:
    """Return the uuids with those that a job refers to before its own."""
    graph = {
        old: {r["uuid"] for r in references(_inputs(record))} | order[old]
        for old, record in records.items()
    }
    try:
        return [old for old in TopologicalSorter(graph).static_order() if old in records]
    except CycleError as error:
        names = [records[old]["name"] for old in error.args[1] if old in records]
        raise InputError(f"these jobs wait for each other: {', '.join(names)}") from error


def _inputs(record: dict[str, Any]) -> list[Any]:
    return [record["function"], record["function_args"], record["function_kwargs"]]


def _record(job: Job) -> dict[str, Any]:
    """Return a job as plain data; jobflow leaves pydantic models inside Makers as they are."""
    try:
        record: dict[str, Any] = json.loads(MontyEncoder().encode(job.as_dict()))
    except TypeError as error:
        raise InputError(f"job {job.name!r} has an input that cannot be stored: {error}") from error
    return record


def _engine_settings(job: Job) -> str:
    """Return the hash of an engine's settings and version where the job has one.

    The engine is the object whose method the job is, or its first argument.
    """
    engine = getattr(job.function, "__self__", next(iter(job.function_args), None))
    info = getattr(engine, "info", None)
    return str(getattr(info(), "settings_hash", "")) if callable(info) else ""


@cache
def _shape(schema: type[BaseModel] | None) -> str:
    """Return the fields of a document: one that older code wrote may not be readable any more."""
    return json.dumps(schema.model_json_schema(), sort_keys=True) if schema else ""


def _content(record: dict[str, Any], surroundings: list[str], new_uuids: Mapping[str, str]) -> str:
    """Return the hash of all that the result of a job depends on."""
    function = dict(record["function"])
    if function.get("@module") == "__main__":
        raise InputError(
            f"the function of job {record['name']!r} is defined in the script that runs; put it "
            "into a module that other processes can import"
        )
    if isinstance(function.get("@bound"), dict):
        function["@bound"] = {k: v for k, v in function["@bound"].items() if k != "name"}
    content = {
        "version": __version__,
        "function": function,
        "surroundings": surroundings,
        "inputs": [record["function_args"], record["function_kwargs"]],
        "missing": record["config"]["on_missing_references"],
        "resolve": record["config"]["resolve_references"],
    }
    text = json.dumps(_canonical(content, new_uuids), sort_keys=True)
    return sha256_of(text)


def _canonical(value: Any, new_uuids: Mapping[str, str]) -> Any:
    """Return a value without versions of packages and with references by their new uuids."""
    if isinstance(value, dict):
        if value.get("@class") == "OutputReference":
            return {"@ref": new_uuids.get(value["uuid"], value["uuid"]), "at": value["attributes"]}
        return {k: _canonical(v, new_uuids) for k, v in value.items() if k != "@version"}
    if isinstance(value, list | tuple):
        return [_canonical(inner, new_uuids) for inner in value]
    return value


def _uuid(content: str, occurrence: int) -> str:
    """Return a uuid; jobs of one flow with the same content are numbered."""
    text = content if occurrence == 1 else f"{content} {occurrence}"
    return str(uuid.UUID(hex=sha256_of(text)[:32], version=5))


def _rename(flow: Flow | Job, new_uuids: dict[str, str]) -> None:
    """Give a flow, its jobs and the references in its output their new uuids."""
    if isinstance(flow, Job):
        flow.set_uuid(new_uuids[flow.uuid])
        return
    for member in flow:
        _rename(member, new_uuids)
    members = " ".join(member.uuid for member in flow)
    new_uuids[flow.uuid] = _uuid(f"flow {members}", 1)
    flow.uuid = new_uuids[flow.uuid]
    _rename_references(flow.output, new_uuids)


def _rename_references(value: Any, new_uuids: Mapping[str, str]) -> None:
    from jobflow import OutputReference

    if isinstance(value, OutputReference):
        value.set_uuid(new_uuids.get(value.uuid, value.uuid))
    elif isinstance(value, dict):
        for inner in value.values():
            _rename_references(inner, new_uuids)
    elif isinstance(value, list | tuple):
        for inner in value:
            _rename_references(inner, new_uuids)


def _planned(record: dict[str, Any], before: set[str], new_uuids: Mapping[str, str]) -> PlannedJob:
    """Return a job's record with all uuids replaced."""
    found = list(references(_inputs(record)))
    for reference in found:
        reference["uuid"] = new_uuids.get(reference["uuid"], reference["uuid"])
    record["uuid"] = new_uuids[record["uuid"]]
    record["hosts"] = [new_uuids.get(host, host) for host in record["hosts"]]
    parents = [r["uuid"] for r in found] + sorted(new_uuids[old] for old in before)
    unique = tuple(dict.fromkeys(p for p in parents if p != record["uuid"]))
    return PlannedJob(record=record, parents=unique)
