"""The goal that glasses are added for: checked before anything runs, and held against results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, inf, log, sinh
from typing import get_args

from scipy.special import stdtrit

from amorph_flows.analysis._more_samples import needed
from amorph_flows.analysis.verdict import Verdict, known_numbers
from amorph_flows.errors import InputError, unknown_name
from amorph_flows.jobs.fields import require_budget
from amorph_flows.remedies import OF_A_GLASS
from amorph_flows.runtime.cpu_time import total_seconds
from amorph_flows.schemas.combined import CombinedDoc, GlassesUntil, GlassesVerdict
from amorph_flows.schemas.study import Quantity, ResultRow

QUESTION = "enough glasses?"


@dataclass(frozen=True)
class Spent:
    """What a study took so far.

    Parameters
    ----------
    n_glasses, n_made
        Its glasses, and how many of them did not fail.
    core_hours
        CPU time of the study, h; None: not known.
    of_a_glass
        CPU time of one glass, h; None: not known.
    """

    n_glasses: int
    n_made: int
    core_hours: float | None
    of_a_glass: float | None

    @classmethod
    def of(cls, cpu_seconds: dict[str, float | None], n_glasses: int, n_made: int) -> Spent:
        """Return what a study took, from the CPU time of its stages.

        Parameters
        ----------
        cpu_seconds
            By stage, s; None where not known.
        n_glasses, n_made
            Its glasses, and how many of them did not fail.
        """
        own = {stage: took for stage, took in cpu_seconds.items() if stage in OF_A_GLASS}
        whole, part = total_seconds(cpu_seconds.values()), total_seconds(own.values())
        return cls(
            n_glasses,
            n_made,
            None if whole is None else whole / 3600,
            None if part is None else part / 3600 / n_made,
        )

    @property
    def most_failed(self) -> bool:
        """Whether fewer than half of the glasses could be made."""
        return 2 * self.n_made < self.n_glasses


@dataclass(frozen=True)
class GlassesStanding:
    """How far a study is from its goal.

    Parameters
    ----------
    passed
        Whether it is reached.
    reason
        What was found.
    value
        The largest relative error of the results that count; None where one has no number.
    more
        Glasses that should be added.
    """

    passed: bool
    reason: str
    value: float | None = None
    more: int = 0


def check_glasses_until(until: GlassesUntil, n_glasses: int) -> None:
    """Refuse a goal that no study could have.

    Parameters
    ----------
    until
        The goal.
    n_glasses
        Glasses at first.

    Raises
    ------
    InputError
        What is wrong.
    """
    if not until.is_set:
        return
    if until.quantity is None or until.relative_error is None:
        missing = "quantity" if until.quantity is None else "relative_error"
        raise InputError(f"until.{missing} is not given; name a quantity and its relative_error")
    names = [name for name in get_args(Quantity) if name != "voltage_crystal"]
    if until.quantity not in names:
        raise InputError(f"until.quantity: {unknown_name('quantity', until.quantity, names)}")
    if not 0 < until.relative_error < 1:
        raise InputError(
            f"until.relative_error is {until.relative_error:g}; give a number between 0 and 1"
        )
    most = until.most_glasses
    require_budget("until", "study", most_glasses=most, budget_core_hours=until.budget_core_hours)
    if most is not None and most < n_glasses:
        raise InputError(
            f"until.most_glasses is {most}, but n_glasses, which are made at first, "
            f"is {n_glasses}; raise the one or lower the other"
        )


def glasses_standing(until: GlassesUntil, rows: Sequence[ResultRow]) -> GlassesStanding:
    """Return how far the results are from the goal; the one that is furthest counts.

    Parameters
    ----------
    until
        The goal.
    rows
        The results.
    """
    goal = until.relative_error or 0.0
    counted = [
        row
        for row in rows
        if row.quantity == until.quantity and until.temperature_k in (None, row.temperature_k)
    ]
    found = [(row.temperature_k, row.combined) for row in counted if row.combined is not None]
    if not found:
        at = "" if until.temperature_k is None else f" at {until.temperature_k:g} K"
        return GlassesStanding(False, f"no glass gave a number for {until.quantity}{at}")
    temperature_k, combined = max(found, key=lambda pair: _relative_error(pair[1]))
    error = _relative_error(combined)
    at = "" if temperature_k is None else f" at {temperature_k:g} K"
    said = f"{until.quantity}{at} of {combined.n_glasses} glasses"
    if not combined.complete:
        return GlassesStanding(False, f"{said}: the scatter between them is not known", None, 2)
    said = f"relative error of {said} is {error:.3g}, asked for {goal:g}"
    more = 0
    if error > goal:
        factor = goal / error
        wanted = needed(factor, combined.shares, combined.n_glasses, combined.n_occupations)
        more = max(1, wanted.glasses or 1)
    return GlassesStanding(error <= goal, said, error, more)


def glasses_to_add(until: GlassesUntil, now: GlassesStanding, spent: Spent) -> int:
    """Return how many glasses are added: what is needed, at most as many as there are.

    Parameters
    ----------
    until
        The goal and its budget.
    now
        How far the results are from it.
    spent
        What the study took.
    """
    if now.passed or not now.more or spent.most_failed:
        return 0
    allowed = inf if until.most_glasses is None else until.most_glasses - spent.n_glasses
    return int(max(0, min(now.more, max(2, spent.n_glasses), allowed, _paid(until, spent))))


def judge_glasses(until: GlassesUntil, now: GlassesStanding, spent: Spent) -> Verdict:
    """Return the verdict on a study that no more glasses are added to.

    Parameters
    ----------
    until
        The goal and its budget.
    now
        How far the results are from it.
    spent
        What the study took.
    """
    if now.passed:
        answer, more = GlassesVerdict.ENOUGH, ""
    elif not now.more:
        answer, more = GlassesVerdict.NO_NUMBER, "; more glasses are of no help"
    elif spent.most_failed:
        made = f"{spent.n_made} of {spent.n_glasses}"
        answer, more = GlassesVerdict.GLASSES_FAIL, f"; only {made} could be made"
    elif until.most_glasses is not None and spent.n_glasses >= until.most_glasses:
        answer, more = GlassesVerdict.GLASSES_USED_UP, "; no more glasses are allowed"
    else:
        answer, more = GlassesVerdict.CORE_HOURS_USED_UP, "; the core-hours allow no other glass"
    numbers = {
        "n_glasses": float(spent.n_glasses),
        "more": float(now.more),
        "relative_error": now.value,
        "core_hours": spent.core_hours,
        "core_hours_of_a_glass": spent.of_a_glass,
    }
    thresholds = {
        "relative_error": until.relative_error,
        "most_glasses": until.most_glasses,
        "budget_core_hours": until.budget_core_hours,
    }
    return Verdict(
        question=QUESTION,
        answer=answer,
        passed=now.passed,
        scope="numerical",
        reason=f"{now.reason}{more}",
        numbers=known_numbers(numbers),
        thresholds=known_numbers(thresholds),
    )


def _relative_error(found: CombinedDoc) -> float:
    """Return half the 95 % interval over the value.

    Glasses that agree by chance may have an interval shorter than their own errors allow. A search
    that stops at the first short interval would find such luck, so that the errors of the runs
    count here at least.
    """
    if found.interval is None:
        return inf
    low, high = found.interval
    half = log(high / low) / 2 if found.log else (high - low) / 2
    if found.within is not None and found.n_glasses > 1:
        student = float(stdtrit(found.n_glasses - 1, 0.975))
        half = max(half, student * (found.within / found.n_runs) ** 0.5)
    if found.log:
        return sinh(half) if half < 700 else inf
    return half / abs(found.value) if found.value else inf


def _paid(until: GlassesUntil, spent: Spent) -> float:
    """Return how many more glasses the core-hours allow."""
    if until.budget_core_hours is None:
        return inf
    if spent.core_hours is None or not spent.of_a_glass:
        return 0 if until.most_glasses is None else inf
    return floor((until.budget_core_hours - spent.core_hours) / spent.of_a_glass)
