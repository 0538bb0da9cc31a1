"""When active learning goes on, when it ends, and what its verdict says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report_study import study_parts
from turns import generation

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.errors import InputError
from amorph_flows.jobs.active_learning.batch import error_gain, judge_batch_loop
from amorph_flows.jobs.active_learning.conclude import CONVERGED_FS, judge_loop
from amorph_flows.jobs.active_learning.goal import check_learning_goal, judge_learning
from amorph_flows.remedies import remedy_for
from amorph_flows.schemas.active_learning import EarlierTurns, GenerationDoc, LearningUntil


def judged(
    turns: list[GenerationDoc], max_turns: int, budget: int, duration_fs: float
) -> Verdict | None:
    so_far = EarlierTurns()
    for turn in turns:
        so_far = so_far.with_turn(turn)
    return judge_loop(so_far, turns[-1], max_turns, budget, duration_fs)


def test_a_broken_run_with_turns_left_goes_on() -> None:
    assert judged([generation(1, broke=True)], 3, 5, CONVERGED_FS) is None


@pytest.mark.parametrize(
    ("duration_fs", "answer", "passed"),
    [(CONVERGED_FS, "CONVERGED", True), (1e4, "UNBROKEN_BUT_SHORT", False)],
)
def test_unbroken_runs_end_the_loop(duration_fs: float, answer: str, passed: bool) -> None:
    turns = [generation(1, broke=True), generation(2, broke=False)]
    verdict = judged(turns, 10, 5, duration_fs)
    assert verdict is not None
    assert (verdict.answer, verdict.passed) == (answer, passed)


@pytest.mark.parametrize(
    ("turns", "max_turns", "answer"),
    [
        ([generation(1, True), generation(2, True)], 2, "TURNS_USED_UP"),
        ([generation(1, True, failures=6)], 9, "FAILURE_BUDGET_USED_UP"),
        ([generation(1, True, labelled=0)], 9, "NOTHING_TO_LEARN"),
    ],
)
def test_a_loop_that_cannot_go_on_says_why(
    turns: list[GenerationDoc], max_turns: int, answer: str
) -> None:
    verdict = judged(turns, max_turns, 5, CONVERGED_FS)
    assert verdict is not None
    assert verdict.answer == answer
    assert not verdict.passed
    assert "did not converge" in verdict.reason


def test_a_loop_without_runs_has_not_converged() -> None:
    empty = generation(1, broke=False).model_copy(update={"runs": []})
    ended = judged([empty], 1, 5, CONVERGED_FS)
    assert ended is not None
    assert not ended.passed


def precise(error_ev_a: float | None, **changes: object) -> GenerationDoc:
    """Return a turn in which no run broke, with a potential of some error."""
    [some, *_] = study_parts().potential.errors.values()
    known = None if error_ev_a is None else replace(some, force_rmse_ev_a=error_ev_a)
    turn = generation(1, broke=False, **changes)
    return turn.model_copy(update={"errors_before": known, "cpu_seconds": 3600.0})


@pytest.mark.parametrize(
    ("error", "labelled", "budget", "goes_on", "answer"),
    [
        (0.05, 3, 9.0, False, "REACHED"),
        (0.5, 3, 9.0, True, ""),
        (None, 3, 9.0, True, ""),
        (0.5, 3, 0.5, False, "CORE_HOURS_USED_UP"),
        (0.5, 0, 9.0, False, "ENDED_EARLY"),
    ],
)
def test_a_loop_goes_on_until_its_forces_are_accurate(
    error: float | None, labelled: int, budget: float, goes_on: bool, answer: str
) -> None:
    until = LearningUntil(force_error_ev_a=0.1, budget_core_hours=budget)
    turn = precise(error, labelled=labelled)
    so_far = EarlierTurns().with_turn(turn)
    verdict = judge_loop(so_far, turn, 10, 5, CONVERGED_FS, until)
    assert (verdict is None) is goes_on
    if not goes_on:
        goal = judge_learning(until, so_far, turn)
        assert goal.answer == answer
        assert goal.passed is (answer == "REACHED")


def test_core_hours_end_a_loop_whose_runs_break() -> None:
    turn = generation(1, broke=True).model_copy(update={"cpu_seconds": 7200.0})
    until = LearningUntil(budget_core_hours=1.5)
    verdict = judge_loop(EarlierTurns().with_turn(turn), turn, 10, 5, CONVERGED_FS, until)
    assert verdict is not None
    assert verdict.answer == "CORE_HOURS_USED_UP"
    settings = {"active_learning": {"until": until.model_dump()}}
    goal = judge_learning(until, EarlierTurns().with_turn(turn), turn)
    remedy = remedy_for(goal, "active_learning", settings)
    assert remedy is not None
    assert (remedy.key, remedy.value) == ("active_learning.until.budget_core_hours", 4.0)


@pytest.mark.parametrize(
    ("until", "share", "problem"),
    [
        (LearningUntil(force_error_ev_a=0.1), 0.1, "until has no budget"),
        (LearningUntil(force_error_ev_a=-1, budget_core_hours=1), 0.1, "force_error_ev_a is -1"),
        (LearningUntil(force_error_ev_a=0.1, budget_core_hours=1), 0.0, "validation_fraction is 0"),
    ],
)
def test_a_goal_that_no_loop_could_have(until: LearningUntil, share: float, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        check_learning_goal(until, share)
    check_learning_goal(LearningUntil(), share)


def batch_turn(
    before: float = 1.0, after: float = 0.99, stable: bool = True, **changes: object
) -> GenerationDoc:
    turn = generation(2, broke=False)
    errors = study_parts().potential.errors["training"]
    values = {
        "errors_before": replace(errors, force_rmse_ev_a=before),
        "errors_after": replace(errors, force_rmse_ev_a=after),
        "stability": turn.runs[0].model_copy(
            update={"broke": not stable, "asked_fs": 1e4, "reached_fs": 1e4 if stable else 11.0}
        ),
        "new_potential_uuid": "q",
    }
    return turn.model_copy(update=values | changes)


def judged_batch(turn: GenerationDoc, max_turns: int = 9, **until: float) -> Verdict | None:
    turns = EarlierTurns().with_turn(turn)
    return judge_batch_loop(turns, turn, max_turns, 5, 0.05, 0.1, LearningUntil(**until))


def test_a_batch_loop_ends_with_a_stable_refit_whose_error_no_longer_falls() -> None:
    verdict = judged_batch(batch_turn())
    assert verdict is not None
    assert (verdict.answer, verdict.passed) == ("CONVERGED", True)
    assert verdict.reason == (
        "the test at 1200 K lasted 10 of 10 ps, 0 of 1 runs of turn 2 broke, and the error of "
        "forces on held-out frames fell by 1.0%"
    )


@pytest.mark.parametrize(
    "turn",
    [
        batch_turn(after=0.9),
        batch_turn(errors_after=None),
        batch_turn(stable=False),
        batch_turn(kept=False, after=1.5),
        batch_turn(stability=None),
        batch_turn(runs=generation(2, broke=True).runs),
    ],
)
def test_a_batch_loop_goes_on_while_it_gains_or_its_refit_breaks(turn: GenerationDoc) -> None:
    assert judged_batch(turn) is None
    ended = judged_batch(turn, max_turns=1)
    assert ended is not None
    assert (ended.answer, ended.passed) == ("TURNS_USED_UP", False)


def test_a_batch_loop_may_be_asked_for_an_error() -> None:
    turn = batch_turn(before=0.2, after=0.199)
    assert judged_batch(turn, force_error_ev_a=0.1, budget_core_hours=1.0) is None
    precise = judged_batch(turn, force_error_ev_a=0.25, budget_core_hours=1.0)
    assert precise is not None
    assert precise.passed


def test_what_a_refit_gains() -> None:
    assert error_gain(batch_turn(before=2.0, after=1.5)) == pytest.approx(0.25)
    assert error_gain(batch_turn(new_potential_uuid="")) == 0.0
    assert error_gain(batch_turn(errors_after=None)) is None
