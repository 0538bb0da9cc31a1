"""The goal of active learning: checked before it runs, and held against its turns."""

from __future__ import annotations

from amorph_flows.analysis.verdict import Verdict, known_numbers
from amorph_flows.errors import InputError
from amorph_flows.jobs.active_learning.validation import is_below
from amorph_flows.jobs.fields import require_budget, require_positive
from amorph_flows.jobs.goal import UNKNOWN_FACTOR
from amorph_flows.schemas.active_learning import EarlierTurns, GenerationDoc, LearningUntil
from amorph_flows.schemas.until import GoalVerdict


def check_learning_goal(until: LearningUntil, validation_fraction: float) -> None:
    """Refuse a goal that no loop could have.

    Parameters
    ----------
    until
        The goal.
    validation_fraction
        Share of the frames that the error is measured on.

    Raises
    ------
    InputError
        What is wrong.
    """
    if not until.is_set:
        return
    require_budget("until", "loop", budget_core_hours=until.budget_core_hours)
    error = until.force_error_ev_a
    if error is None:
        return
    require_positive(**{"until.force_error_ev_a": error})
    if not validation_fraction > 0:
        raise InputError(
            f"until.force_error_ev_a is {error:g}, but fit.validation_fraction is "
            f"{validation_fraction:g}, so no error is measured; give it more than 0"
        )


def is_precise(until: LearningUntil, turn: GenerationDoc) -> bool:
    """Return whether the potential of a turn has the error asked for.

    Parameters
    ----------
    until
        The goal.
    turn
        The turn.
    """
    most_ev_a = until.force_error_ev_a
    return most_ev_a is None or is_below(turn.errors_before, most_ev_a)


def found_so_far(turn: GenerationDoc) -> str:
    """Return how far a turn is from where nothing is left to learn.

    Parameters
    ----------
    turn
        The turn.
    """
    n_broken = sum(run.broke for run in turn.runs)
    found = f"{n_broken} of {len(turn.runs)} runs broke in turn {turn.turn}"
    if turn.errors_before is None:
        return found
    return f"{found}, validation error of forces {turn.errors_before.force_rmse_ev_a:.3g} eV/Å"


def judge_learning(until: LearningUntil, turns: EarlierTurns, last: GenerationDoc) -> Verdict:
    """Return whether a loop that has ended reached its goal.

    Parameters
    ----------
    until
        The goal and the budget.
    turns
        All turns.
    last
        The last of them.
    """
    hours = turns.cpu_seconds / 3600
    unbroken = bool(last.runs) and not any(run.broke for run in last.runs)
    passed = unbroken and is_precise(until, last)
    if passed:
        answer, more = GoalVerdict.REACHED, ""
    elif hours >= (until.budget_core_hours or 0.0):
        answer, more = GoalVerdict.CORE_HOURS_USED_UP, "; the core-hours are used up"
    else:
        answer, more = GoalVerdict.ENDED_EARLY, "; turns, failures or candidates were used up"
    numbers = {"core_hours": hours, "factor": UNKNOWN_FACTOR}
    if last.errors_before is not None:
        numbers["value"] = last.errors_before.force_rmse_ev_a
    held_to = {"goal": until.force_error_ev_a, "budget_core_hours": until.budget_core_hours}
    return Verdict(
        question="goal reached?",
        answer=answer,
        passed=passed,
        scope="numerical",
        reason=f"{found_so_far(last)}, after {hours:.3g} core-hours{more}",
        numbers=numbers,
        thresholds=known_numbers(held_to),
    )
