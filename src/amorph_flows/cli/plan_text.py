"""A plan as text."""

from __future__ import annotations

from collections.abc import Iterator

from amorph_flows.schemas.plan import KindTotals, PlanDoc, PlannedWork

_NAMES = {"dft": "engine", "md": "potential MD", "fit": "fits", "light": "all else"}
_MOST_UNKNOWN = 5


def plan_lines(name: str, plan: PlanDoc) -> list[str]:
    """Return the lines that `amorph plan` shows.

    Parameters
    ----------
    name
        Of the study.
    plan
        Its plan.
    """
    workers = f"{plan.workers} worker{'s' if plan.workers > 1 else ''}"
    return [
        f"{name}: {plan.jobs} jobs (at most {plan.at_most.jobs}), {workers}",
        "",
        *_table(plan),
        "",
        f"time from start to end  {_hours(plan.wall_hours)}, at most "
        f"{_hours(plan.at_most.wall_hours)}",
        f"memory  {plan.memory_gb:.1f} GB    disk  {plan.at_most.disk_gb:.2g} GB",
        f"sure to a factor of {plan.factor:g}; expected: {'; '.join(plan.assumptions)}",
        *_unknown(plan),
        "",
        "one of each takes, in seconds of one core",
        *(_work(line) for line in plan.work),
        *_obstacles(plan),
    ]


def _table(plan: PlanDoc) -> Iterator[str]:
    yield f"{'':<14}{'jobs':>6}{'core-hours':>12}{'at most':>12}"
    for kind, most in plan.at_most.kinds.items():
        expected = plan.kinds[kind]
        yield f"{_NAMES[kind]:<14}{expected.jobs:>6}{_cost(expected):>12}{_cost(most):>12}"
    total = f"{plan.core_hours:.3g}", f"{plan.at_most.core_hours:.3g}"
    yield f"{'together':<14}{plan.jobs:>6}{total[0]:>12}{total[1]:>12}"


def _cost(kind: KindTotals) -> str:
    return "not known" if kind.core_hours is None else f"{kind.core_hours:.3g}"


def _hours(hours: float) -> str:
    if hours < 1:
        return f"{60 * hours:.2g} min"
    return f"{hours:.3g} h" if hours < 48 else f"{hours / 24:.3g} days"


def _work(line: PlannedWork) -> str:
    one = "not timed" if line.core_seconds is None else f"{line.core_seconds:.2g}"
    times = f"{line.expected:.3g} to {line.at_most:.3g} {line.unit}"
    when = f", timed {line.measured}" if line.measured else ""
    return f"  {one:>9}  {line.what} ({times}{when})"


def _unknown(plan: PlanDoc) -> Iterator[str]:
    if not plan.unknown:
        return
    yield "not counted, because nothing tells what it costs:"
    yield from (f"  {line}" for line in plan.unknown[:_MOST_UNKNOWN])
    left = len(plan.unknown) - _MOST_UNKNOWN
    if left > 0:
        yield f"  and {left} more jobs"


def _obstacles(plan: PlanDoc) -> Iterator[str]:
    if not plan.obstacles:
        return
    yield from ("", "cannot be converged with these settings")
    for obstacle in plan.obstacles:
        needed = "" if obstacle.needed is None else f": {obstacle.needed:g}"
        remedy = f"; set {obstacle.key}{needed}" if obstacle.key else ""
        yield f"  {obstacle.results}: {obstacle.question} {obstacle.reason}{remedy}"
