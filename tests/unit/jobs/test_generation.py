"""When active learning goes on, when it ends, and what its verdict says."""

from __future__ import annotations

import pytest

from amorph_flows.jobs.active_learning.conclude import CONVERGED_FS, judge_loop
from amorph_flows.schemas.active_learning import ExplorationRun, GenerationDoc
from amorph_flows.schemas.labelling import QuarantinedCalculation


def generation(turn: int, broke: bool, labelled: int = 3, failures: int = 0) -> GenerationDoc:
    run = ExplorationRun(
        run=f"run {turn}",
        formula="MgV2O5",
        temperature_k=1200.0,
        seed=1,
        asked_fs=1000.0,
        reached_fs=500.0 if broke else 1000.0,
        broke=broke,
        max_grade=11.0 if broke else 1.5,
        fraction_above_select=0.1,
        n_saved=4,
    )
    return GenerationDoc(
        turn=turn,
        potential_uuid="p",
        runs=[run],
        n_candidates=4,
        n_refused=0,
        n_selected=labelled + failures,
        n_labelled=labelled,
        quarantined=[QuarantinedCalculation(index=i, reason="SCF") for i in range(failures)],
    )


def test_a_broken_run_with_turns_left_goes_on() -> None:
    assert judge_loop([generation(1, broke=True)], 3, 5, CONVERGED_FS) is None


@pytest.mark.parametrize(
    ("duration_fs", "answer", "believable"),
    [(CONVERGED_FS, "CONVERGED", True), (1e4, "UNBROKEN_BUT_SHORT", False)],
)
def test_unbroken_runs_end_the_loop(duration_fs: float, answer: str, believable: bool) -> None:
    turns = [generation(1, broke=True), generation(2, broke=False)]
    verdict = judge_loop(turns, 10, 5, duration_fs)
    assert verdict is not None
    assert (verdict.answer, verdict.believable) == (answer, believable)


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
    verdict = judge_loop(turns, max_turns, 5, CONVERGED_FS)
    assert verdict is not None
    assert verdict.answer == answer
    assert not verdict.believable
    assert "did not converge" in verdict.reason
