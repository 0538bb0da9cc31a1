"""When active learning goes on, when it ends, and what its verdict says."""

from __future__ import annotations

import pytest
from turns import generation

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.jobs.active_learning.conclude import CONVERGED_FS, judge_loop
from amorph_flows.schemas.active_learning import EarlierTurns, GenerationDoc


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
