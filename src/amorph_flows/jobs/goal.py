"""The goal of a run: how far the run is from it, how much longer it should be, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, inf

from amorph_flows.analysis.verdict import Verdict, in_words, known_numbers
from amorph_flows.errors import InputError, unknown_name
from amorph_flows.jobs.fields import require_budget
from amorph_flows.schemas.until import Extension, GoalVerdict, Until

LEAST_FACTOR, MOST_FACTOR = 1.25, 2.0
"""How much longer a run is after one extension."""
_WORTH_A_PIECE = 1.05
"""How much longer at least where the core-hours that are left decide."""
UNKNOWN_FACTOR = 2.0
"""How much longer where nothing tells."""


@dataclass(frozen=True)
class Standing:
    """How far a run is from its goal.

    Parameters
    ----------
    passed
        Whether it is reached.
    reason
        What is missing, or what was reached.
    question
        What was asked.
    value, goal
        What was measured and what was asked for; None where that is no number.
    factor
        How much longer the run should be in all; None where its numbers do not tell.
    hotter
        Whether it should be hotter instead.
    """

    passed: bool
    reason: str
    question: str
    value: float | None = None
    goal: float | None = None
    factor: float | None = None
    hotter: bool = False


@dataclass(frozen=True)
class Spent:
    """What a run took so far.

    Parameters
    ----------
    length_fs
        What counts towards the budget of time, fs.
    core_hours
        CPU time, h.
    before_fs
        MD before that, whose CPU time is counted but whose length is not, fs.
    """

    length_fs: float
    core_hours: float
    before_fs: float = 0.0

    def paid_fs(self, until: Until) -> float:
        """Return the length that the core-hours allow, fs; that of now if no piece is worth it.

        Parameters
        ----------
        until
            The budget.
        """
        if until.budget_core_hours is None or not self.core_hours:
            return inf
        rate = self.core_hours / (self.before_fs + self.length_fs)
        allowed = self.length_fs + (until.budget_core_hours - self.core_hours) / rate
        return allowed if allowed >= self.length_fs * _WORTH_A_PIECE else self.length_fs


def check_goal(until: Until, first_fs: float, field: str, name: str = "until") -> None:
    """Refuse a goal without a budget, a budget without a goal, and one that the start exceeds.

    Parameters
    ----------
    until
        The goal.
    first_fs
        Length at first, fs.
    field
        The setting that gives it.
    name
        The setting that gives the goal.

    Raises
    ------
    InputError
        What is wrong.
    """
    if not until.asked:
        known = [n for n in ("relative_error", "verdict") if n in type(until).model_fields]
        named = " or ".join(f"{name}.{one}" for one in known)
        raise InputError(f"{name} has a budget, but nothing to reach; give {named}")
    ps = until.budget_ps
    require_budget(name, "run", budget_ps=ps, budget_core_hours=until.budget_core_hours)
    if ps is not None and ps * 1e3 < first_fs * (1 - 1e-9):
        raise InputError(
            f"{name}.budget_ps is {ps:g}, less than {field}, {first_fs / 1e3:g} ps, "
            f"which is run at first; give a larger budget or a shorter {field}"
        )


def question_among(known: Iterable[str], verdict: str, name: str = "until") -> str:
    """Return the question that a goal names, with or without its question mark.

    Parameters
    ----------
    known
        Questions that may be a goal.
    verdict
        What it names.
    name
        The setting that gives the goal.

    Raises
    ------
    InputError
        If there is no such verdict; the message names the nearest one.
    """
    names = {one.rstrip("?").lower(): one for one in known}
    found = names.get(verdict.rstrip("?").lower())
    if found is None:
        raise InputError(f"{name}.verdict: {unknown_name('verdict', verdict, names.values())}")
    return found


def goal_in_words(until: Until) -> str:
    """Return what is asked for, such as ``"goal: relative error of D 0.2"``."""
    return f"goal: {' and '.join(until.asked)}"


def failure_in_words(verdict: Verdict) -> str:
    """Return why a verdict did not pass, such as ``"steady? ageing: …"``."""
    return f"{verdict.question} {in_words(verdict.answer)}: {verdict.reason}"


def next_length_fs(
    length_fs: float, factor: float | None, most_fs: float, unit_fs: float
) -> float | None:
    """Return how long a run should be next; None where its budget is used up.

    Parameters
    ----------
    length_fs
        Length now, fs.
    factor
        How much longer its own error and memory time ask for; None: not known.
    most_fs
        Length that the budget allows, fs.
    unit_fs
        Between two frames; the length is a multiple of it, fs.
    """
    times = min(max(factor or UNKNOWN_FACTOR, LEAST_FACTOR), MOST_FACTOR)
    wanted = ceil(length_fs * times / unit_fs - 1e-9) * unit_fs
    allowed = floor(most_fs / unit_fs + 1e-9) * unit_fs if most_fs < inf else inf
    longer = min(wanted, allowed)
    return longer if longer > length_fs * (1 + 1e-9) else None


def extension_of(until: Until, now: Standing, spent: Spent, unit_fs: float) -> Extension | None:
    """Return by how much a run is made longer; None where its budget is used up.

    Parameters
    ----------
    until
        The goal and the budget.
    now
        How far the run is from it.
    spent
        What it took.
    unit_fs
        Between two frames, fs.
    """
    budget_fs = inf if until.budget_ps is None else until.budget_ps * 1e3
    longer = next_length_fs(
        spent.length_fs, now.factor, min(budget_fs, spent.paid_fs(until)), unit_fs
    )
    if longer is None:
        return None
    return Extension(
        reason=now.reason,
        question=now.question,
        value=now.value,
        goal=now.goal,
        from_fs=spent.length_fs,
        to_fs=longer,
        core_hours=spent.core_hours,
    )


def judge_goal(
    until: Until, now: Standing, spent: Spent, temperature_k: float, *, failed: bool = False
) -> Verdict:
    """Return whether a run that is made no longer reached its goal.

    Parameters
    ----------
    until
        The goal and the budget.
    now
        How far the run is from it.
    spent
        What it took.
    temperature_k
        That it was held at, K.
    failed
        Whether it ended because it failed.
    """
    length_ps, hours = spent.length_fs / 1e3, spent.core_hours
    took = f"after {length_ps:g} ps and {hours:.3g} core-hours at {temperature_k:g} K"
    if now.passed:
        answer, more = GoalVerdict.REACHED, ""
    elif failed:
        answer, more = GoalVerdict.ENDED_EARLY, "; the run failed"
    elif spent.paid_fs(until) <= spent.length_fs:
        answer, more = GoalVerdict.CORE_HOURS_USED_UP, "; the core-hours are used up"
    else:
        answer, more = GoalVerdict.TIME_USED_UP, "; the budget of time is used up"
    numbers = {"length_ps": length_ps, "core_hours": hours, "factor": now.factor or UNKNOWN_FACTOR}
    numbers |= known_numbers({"value": now.value})
    thresholds = {"goal": now.goal, "budget_ps": until.budget_ps}
    thresholds["budget_core_hours"] = until.budget_core_hours
    return Verdict(
        question="goal reached?",
        answer=answer,
        passed=now.passed,
        scope="numerical",
        reason=f"{now.reason}, {took}{more}",
        numbers=numbers,
        thresholds=known_numbers(thresholds),
    )
