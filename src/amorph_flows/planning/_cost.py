"""What a plan costs: core-hours, memory, disk and time from its jobs and the rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import pi

from amorph_flows.planning._schedule import end_of_schedule
from amorph_flows.planning._walk import Node
from amorph_flows.planning.forecast import Task
from amorph_flows.planning.rates import Rate
from amorph_flows.planning.timed import GRADIENT_STEPS, EngineCall, FitStep, PotentialStep
from amorph_flows.schemas.base import JobKind
from amorph_flows.schemas.fits import FitSettings
from amorph_flows.schemas.plan import KindTotals, PlanTotals

_JOB_S = 0.3
"""Read the job, load its documents, store its own."""
_JOB_GB = 0.5
_FRAME_ATOM_BYTES = 230
_DUMP_ATOM_BYTES = 42
_ACTIVE_SET_BYTES = 24
"""For each pair of parameters, as text."""
_NEIGHBOUR_BYTES = 40
_REPORT_BYTES = 10e6


@dataclass(frozen=True)
class JobCost:
    """What one job takes.

    Parameters
    ----------
    core_s
        CPU time, s.
    wall_s
        From its start to its end, s.
    memory_gb
        GB.
    disk_bytes
        Bytes.
    is_known
        Whether nothing is left out.
    """

    core_s: float
    wall_s: float
    memory_gb: float
    disk_bytes: float
    is_known: bool


def cost_of(node: Node, rates: Mapping[str, Rate]) -> JobCost:
    """Return what a job takes; what has no rate is left out.

    Parameters
    ----------
    node
        The job.
    rates
        By key of the work.
    """
    forecast = node.forecast
    core_s = wall_s = forecast.other_s + _JOB_S
    memory_gb, n_parameters = _JOB_GB, 0
    for task in forecast.tasks:
        rate = rates.get(task.timed.key)
        if rate is None:
            continue
        spent = _seconds(task, rate)
        core_s, wall_s = core_s + spent, wall_s + spent / rate.cores
        memory_gb = max(memory_gb, rate.memory_gb + _of_neighbours_gb(task))
        n_parameters = max(n_parameters, rate.n_parameters)
    disk = forecast.frame_atoms * _FRAME_ATOM_BYTES + forecast.dump_atoms * _DUMP_ATOM_BYTES
    disk += forecast.active_sets * n_parameters**2 * _ACTIVE_SET_BYTES
    is_known = forecast.is_known and all(task.timed.key in rates for task in forecast.tasks)
    return JobCost(core_s, wall_s, memory_gb, disk, is_known)


def totals(nodes: Sequence[Node], rates: Mapping[str, Rate], workers: int) -> PlanTotals:
    """Return what all jobs cost together.

    Parameters
    ----------
    nodes
        The jobs, parents first.
    rates
        By key of the work.
    workers
        Jobs at once.
    """
    costs = {node.uuid: cost_of(node, rates) for node in nodes}
    loads = _loads(nodes, rates)
    kinds = {kind: _kind(kind, nodes, costs, loads, workers) for kind in _kinds(nodes)}
    largest = sorted((cost.memory_gb for cost in costs.values()), reverse=True)
    end_s = end_of_schedule(
        [node.uuid for node in nodes],
        {node.uuid: node.parents for node in nodes},
        {uuid: cost.wall_s for uuid, cost in costs.items()},
        workers,
    )
    return PlanTotals(
        jobs=len(nodes),
        core_hours=sum(kind.core_hours or 0.0 for kind in kinds.values()),
        kinds=kinds,
        memory_gb=sum(largest[:workers]),
        disk_gb=(_REPORT_BYTES + sum(cost.disk_bytes for cost in costs.values())) / 1e9,
        wall_hours=(end_s + sum(loads.values())) / 3600,
    )


def _kinds(nodes: Sequence[Node]) -> list[JobKind]:
    present: list[JobKind] = ["dft", "md", "fit", "light"]
    return [kind for kind in present if any(node.kind == kind for node in nodes)]


def _kind(
    kind: JobKind,
    nodes: Sequence[Node],
    costs: Mapping[str, JobCost],
    loads: Mapping[str, float],
    workers: int,
) -> KindTotals:
    own = [costs[node.uuid] for node in nodes if node.kind == kind]
    core_s = sum(cost.core_s for cost in own)
    if kind == "dft":
        core_s += sum(loads.values()) * min(workers, len(own))
    known = any(cost.is_known for cost in own)
    return KindTotals(jobs=len(own), core_hours=core_s / 3600 if known else None)


def _loads(nodes: Sequence[Node], rates: Mapping[str, Rate]) -> dict[str, float]:
    """Return how long each engine takes to load in a process, s."""
    tasks = [task for node in nodes for task in node.forecast.tasks]
    calls = [t.timed for t in tasks if isinstance(t.timed, EngineCall) and t.timed.key in rates]
    return {call.engine.info().settings_hash: rates[call.key].start_s for call in calls}


def _seconds(task: Task, rate: Rate) -> float:
    """Return the CPU time of a task, s; an engine is loaded once in a process, LAMMPS each time."""
    spent = task.n * rate.core_seconds
    if isinstance(task.timed, PotentialStep):
        spent += rate.start_s
    if task.limit_core_s is not None:
        left = max(0.0, task.limit_core_s - task.n_before * rate.core_seconds)
        spent = min(spent, left)
    return spent if task.limit_s is None else min(spent, task.limit_s * rate.cores)


def _of_neighbours_gb(task: Task) -> float:
    """Return the memory of the neighbour lists of a fit, which holds those of all frames."""
    timed = task.timed
    if not isinstance(timed, FitStep):
        return 0.0
    assert isinstance(timed.settings, FitSettings)
    density = len(timed.structure) / timed.structure.volume
    neighbours = 4 / 3 * pi * timed.settings.cutoff**3 * density
    n_atoms = task.n / max(timed.settings.passes, GRADIENT_STEPS)
    return n_atoms * neighbours * _NEIGHBOUR_BYTES / 1e9
