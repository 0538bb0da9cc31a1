"""The plan of a flow."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from jobflow import Flow, Job

from amorph_flows.planning._at_best import obstacles_of
from amorph_flows.planning._cost import totals
from amorph_flows.planning._walk import Node, walk
from amorph_flows.planning.case import AT_MOST, EXPECTED
from amorph_flows.planning.measuring import rates_of
from amorph_flows.planning.rates import Rate
from amorph_flows.planning.timed import Timed
from amorph_flows.schemas.plan import PlanDoc, PlannedWork
from amorph_flows.settings import Settings

_FACTOR = 1.5


def plan_flow(
    flow: Flow | Job,
    workers: int | None = None,
    *,
    anew: bool = False,
    static: bool = False,
    tell: Callable[[str], None] | None = None,
) -> PlanDoc:
    """Return what a flow will cost on this machine; nothing of it runs.

    The jobs are those of the flow and those that it will make: turns of active learning, pieces of
    large batches. How long their work takes is timed on this machine and kept in the cache folder
    (``AMORPH_CACHE_DIR``).

    Parameters
    ----------
    flow
        The flow, such as ``load_study("study.yaml").flow()``.
    workers
        Jobs at once; None: as many as `amorph run` takes.
    anew
        Whether everything is timed again, known or not.
    static
        Whether an engine that is a program of its own, such as VASP, may be timed by one single
        point.
    tell
        Called with what is timed.

    Raises
    ------
    CalculationError
        If what is timed fails.

    Examples
    --------
    >>> plan = plan_flow(AmorphousElectrodeMaker.from_preset("demo").make(v2o5()))
    >>> plan.core_hours, plan.at_most.core_hours, plan.obstacles[0].reason
    """
    at_once = workers or Settings().processes or os.cpu_count() or 1
    expected, at_most = walk(flow, EXPECTED), walk(flow, AT_MOST)
    work = _work([*expected, *at_most])
    rates = rates_of(work.values(), at_once=at_once, anew=anew, static=static, tell=tell)
    return PlanDoc(
        **totals(expected, rates, at_once).model_dump(),
        at_most=totals(at_most, rates, at_once),
        factor=_FACTOR,
        workers=at_once,
        work=_lines(work, expected, at_most, rates),
        assumptions=EXPECTED.assumptions,
        unknown=_unknown(at_most, rates),
        obstacles=obstacles_of(at_most),
    )


def _work(nodes: Sequence[Node]) -> dict[str, Timed]:
    """Return the pieces of work by key."""
    tasks = (task for node in nodes for task in node.forecast.tasks)
    return {task.timed.key: task.timed for task in tasks}


def _lines(
    work: Mapping[str, Timed],
    expected: Sequence[Node],
    at_most: Sequence[Node],
    rates: Mapping[str, Rate],
) -> list[PlannedWork]:
    lines = []
    for key, timed in work.items():
        rate = rates.get(key)
        lines.append(
            PlannedWork(
                what=timed.what,
                unit=timed.unit,
                expected=_times(key, expected),
                at_most=_times(key, at_most),
                core_seconds=rate.core_seconds if rate else None,
                measured=rate.measured if rate else "",
            )
        )
    return lines


def _times(key: str, nodes: Sequence[Node]) -> float:
    tasks = (task for node in nodes for task in node.forecast.tasks)
    return sum(task.n for task in tasks if task.timed.key == key)


def _unknown(nodes: Sequence[Node], rates: Mapping[str, Rate]) -> list[str]:
    """Return the jobs that cost more than is counted, and why."""
    why = []
    for node in nodes:
        untimed = [task.timed.what for task in node.forecast.tasks if task.timed.key not in rates]
        if untimed:
            why.append(f"{node.name}: not timed here: {untimed[0]}")
        elif not node.forecast.is_known:
            why.append(f"{node.name}: what {node.function} does is not known")
    return list(dict.fromkeys(why))
