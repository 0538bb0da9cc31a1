"""The walk through the jobs of a flow, those that will be made while it runs included."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jobflow import Flow, Job, OutputReference

from amorph_flows.engines import Engine
from amorph_flows.planning._of_others import handed_on
from amorph_flows.planning.case import Case
from amorph_flows.planning.forecast import FORECASTERS, Call, Expected, Forecast, Forecaster
from amorph_flows.runtime.identity import jobs_of
from amorph_flows.schemas.base import JobKind
from amorph_flows.upstream.jobflow import job_kind

for _name in ("_of_engines", "_of_others", "_of_potentials"):
    importlib.import_module(f"amorph_flows.planning.{_name}")


@dataclass(frozen=True)
class Node:
    """A job of a plan.

    Parameters
    ----------
    uuid, name
        Of the job.
    function
        Import path of its function.
    kind
        What it mostly does.
    parents
        uuids of the jobs that it waits for.
    forecast
        What it will do.
    given
        Its arguments by name; what refers to another job is that job's `Expected`.
    """

    uuid: str
    name: str
    function: str
    kind: JobKind
    parents: tuple[str, ...]
    forecast: Forecast
    given: dict[str, Any]


def walk(flow: Flow | Job, case: Case) -> list[Node]:
    """Return the jobs of a flow, parents first.

    Parameters
    ----------
    flow
        The flow.
    case
        How much is done of what is not known.
    """
    return _Walk(case).nodes_of(flow)


class _Walk:
    def __init__(self, case: Case) -> None:
        self.case = case
        self.expected: dict[str, Expected] = {}
        self.ends: dict[str, tuple[str, ...]] = {}

    def nodes_of(self, flow: Flow | Job) -> list[Node]:
        jobs = list(jobs_of(flow))
        return [node for job in _in_order(jobs) for node in self._nodes(job, jobs)]

    def _nodes(self, job: Job, together: Sequence[Job]) -> Iterator[Node]:
        """Yield a job, the pieces that it is cut into, and the jobs that it makes."""
        node = self._node(job, together)
        forecast = node.forecast
        self.expected[job.uuid] = forecast.output
        if forecast.pieces > 1:
            yield from self._pieces(node)
            return
        yield node
        if forecast.last:
            last = self._after(node, forecast.last, (node.uuid,))
            self.expected[last.uuid] = forecast.output
            yield last
        if forecast.then is not None:
            made = self.nodes_of(forecast.then)
            yield from made
            self.ends[job.uuid] = self._ends_of(made[-1].uuid)
            self.expected[job.uuid] = self.expected[made[-1].uuid]

    def _node(self, job: Job, together: Sequence[Job]) -> Node:
        bound = inspect.signature(job.function).bind(*job.function_args, **job.function_kwargs)
        bound.apply_defaults()
        raw = dict(bound.arguments)
        given = {name: self._resolved(value) for name, value in raw.items()}
        call = Call(job, given, raw, self.case, tuple(together), self.expected)
        parents = (end for uuid in job.input_uuids for end in self._ends_of(uuid))
        kind = job_kind(job.function)
        return Node(
            uuid=job.uuid,
            name=job.name,
            function=_path(job),
            kind=kind,
            parents=tuple(dict.fromkeys(parents)),
            forecast=_forecast(call, kind),
            given=given,
        )

    def _pieces(self, node: Node) -> Iterator[Node]:
        """Yield the job that cuts a batch, its pieces, and the job that merges them."""
        n, forecast = node.forecast.pieces, node.forecast
        tasks = tuple(replace(task, n=task.n / n) for task in forecast.tasks)
        share = replace(forecast, tasks=tasks, frame_atoms=forecast.frame_atoms / n, pieces=1)
        yield replace(node, forecast=Forecast())
        pieces = [
            replace(node, uuid=f"{node.uuid} piece {i}", parents=(node.uuid,), forecast=share)
            for i in range(n)
        ]
        yield from pieces
        yield self._after(node, "merge_labels", tuple(piece.uuid for piece in pieces))

    def _after(self, node: Node, name: str, parents: tuple[str, ...]) -> Node:
        """Return the light job that ends what a job began, for which others wait."""
        uuid = f"{node.uuid} {name}"
        self.ends[node.uuid] = (uuid,)
        return Node(uuid, name, name, "light", parents, Forecast(), {})

    def _ends_of(self, uuid: str) -> tuple[str, ...]:
        return self.ends.get(uuid, (uuid,))

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, OutputReference):
            return self.expected.get(value.uuid, Expected())
        if isinstance(value, list | tuple):
            return type(value)(self._resolved(item) for item in value)
        return value


def _forecast(call: Call, kind: JobKind) -> Forecast:
    """Return what a job will do; one that cannot be told hands on what it is given."""
    found = _forecaster(call.job)
    if found is not None:
        try:
            return found(call)
        except LookupError:
            return replace(handed_on(call), is_known=False)
    return replace(handed_on(call), is_known=kind == "light")


def _forecaster(job: Job) -> Forecaster | None:
    function = job.function
    if isinstance(getattr(function, "__self__", None), Engine):
        return FORECASTERS.get(f"Engine.{function.__name__}")
    return FORECASTERS.get(_path(job))


def _path(job: Job) -> str:
    return f"{job.function.__module__}.{job.function.__qualname__}"


def _in_order(jobs: Sequence[Job]) -> list[Job]:
    """Return jobs with parents first, otherwise in the order given."""
    own, placed = {job.uuid for job in jobs}, set[str]()
    left, ordered = list(jobs), list[Job]()
    while left:
        ready = [job for job in left if {u for u in job.input_uuids if u in own} <= placed]
        if not ready:
            raise LookupError("jobs wait for each other")
        ordered += ready
        placed |= {job.uuid for job in ready}
        left = [job for job in left if job.uuid not in placed]
    return ordered
