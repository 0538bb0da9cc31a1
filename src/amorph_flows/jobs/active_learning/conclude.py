"""Conclude: another turn, or the end of the loop and its verdict."""

from __future__ import annotations

from typing import Any, Protocol

from jobflow import Flow, JobConfig, OutputReference, Response

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.jobs.active_learning.goal import found_so_far, is_precise, judge_learning
from amorph_flows.jobs.required import required
from amorph_flows.runtime.continuation import reference_to, replaced_by
from amorph_flows.runtime.progress import report_goal
from amorph_flows.runtime.stage_job import current_job_uuid, stage_job
from amorph_flows.schemas.active_learning import (
    BLOCK,
    ActiveLearningDoc,
    ActiveLearningOutcome,
    EarlierTurns,
    GenerationDoc,
    KeptTurns,
    LearningUntil,
    LearningVerdict,
    flat_turns,
)
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.potential import PotentialDoc

L = LearningVerdict

CONVERGED_FS = 4_000_000.0

Start = tuple[str, float, Any]
"""Formula, temperature (K) and structure of a run, or the composition that it is packed from."""


class TurnMaker(Protocol):
    """The part of a loop that the end of a turn uses."""

    until: LearningUntil

    def judge(self, turns: EarlierTurns, last: GenerationDoc) -> Verdict | None:
        """Return how the loop ends, or None where it goes on."""

    def turn(
        self,
        turn: int,
        potential: PotentialDoc,
        dataset: DatasetDoc,
        starts: list[Start],
        earlier: EarlierTurns,
        kept_turns: KeptTurns | None = None,
    ) -> Flow:
        """Return the flow of a turn; its last job concludes it."""


@stage_job(ActiveLearningOutcome)
def conclude_turn(
    loop: TurnMaker,
    turn: int,
    potential: PotentialDoc | None,
    refitted: PotentialDoc | None,
    dataset: DatasetDoc | None,
    extended: DatasetDoc | None,
    generation: GenerationDoc | None,
    starts: list[Start],
    earlier: EarlierTurns,
    kept_turns: KeptTurns | None = None,
) -> ActiveLearningOutcome | Response[Any]:
    """End the loop, or begin another turn, whose last job takes the place of this one.

    Parameters
    ----------
    loop
        Its limits and its next turn; an argument, because jobflow renames a Maker whose method
        is a job.
    turn
        The turn that ends.
    potential, refitted
        The potential of the turn and its successor; None where the refit failed.
    dataset, extended
        The dataset before and after.
    generation
        What the turn did.
    starts
        Where runs start; a structure is None where the run before failed.
    earlier
        References to earlier turns.
    kept_turns
        Those before them, in the turn after they were kept.
    """
    if kept_turns is not None:
        earlier = earlier.model_copy(update={"before": kept_turns.job_uuid})
    potential = required(potential, "the potential")
    dataset = required(dataset, "the dataset")
    generation = required(generation, "the summary of the turn")
    kept = refitted if generation.kept and refitted is not None else potential
    data = extended if extended is not None else dataset
    so_far = earlier.with_turn(generation)
    verdict = loop.judge(so_far, generation)
    asked = f"goal: {' and '.join(loop.until.asked)}: {found_so_far(generation)}"
    if verdict is not None:
        goal = judge_learning(loop.until, so_far, generation) if loop.until.is_set else None
        report_goal(asked, verdict.passed if goal is None else goal.passed)
        ended = ActiveLearningDoc(
            job_uuid=current_job_uuid(),
            generations=[generation],
            potential_uuid=kept.job_uuid,
            dataset_uuid=data.job_uuid,
            verdict=verdict,
            goal=goal,
        )
        if not earlier.n_turns:
            return ActiveLearningOutcome(loop=ended, potential=kept, dataset=data)
        collect = collect_turns(reference_to(kept), reference_to(data), ended, so_far.references)
        collect.name = f"active learning: all {so_far.n_turns} turns"
        return replaced_by(Flow([collect]))
    report_goal(asked, False)
    left = [start for start in starts if start[2] is not None]
    full = len(so_far.latest) >= BLOCK
    keeping = keep_turns(so_far.references) if full else None
    following = loop.turn(
        turn + 1,
        reference_to(kept),
        reference_to(data),
        left,
        so_far.model_copy(update={"latest": []}) if full else so_far,
        None if keeping is None else keeping.output,
    )
    response = replaced_by(following)
    if keeping is not None:
        following.add_jobs(keeping)
    return response


@stage_job(KeptTurns, config=JobConfig(resolve_references=False))
def keep_turns(turns: list[OutputReference]) -> KeptTurns:
    """Store references to turns, so that the turns to come hand on one for all of them.

    Parameters
    ----------
    turns
        The references.
    """
    return KeptTurns(turns=turns)


@stage_job(ActiveLearningOutcome)
def collect_turns(
    potential: PotentialDoc,
    dataset: DatasetDoc,
    loop: ActiveLearningDoc,
    turns: list[GenerationDoc | KeptTurns],
) -> ActiveLearningOutcome:
    """Return the loop with the documents of its turns, which no turn hands on.

    Parameters
    ----------
    potential, dataset
        What it ends with.
    loop
        How it ended, with its last turn alone.
    turns
        All turns, in order.
    """
    whole = loop.model_copy(update={"generations": flat_turns(turns)})
    return ActiveLearningOutcome(loop=whole, potential=potential, dataset=dataset)


def judge_loop(
    turns: EarlierTurns,
    last: GenerationDoc,
    max_turns: int,
    failure_budget: int,
    duration_fs: float,
    until: LearningUntil | None = None,
) -> Verdict | None:
    """Return how the loop ends, or None where it goes on.

    Parameters
    ----------
    turns
        The turns so far.
    last
        The last of them.
    max_turns
        Turns at most.
    failure_budget
        Failed labels and runs at most.
    duration_fs
        How long every run had to last, fs.
    until
        What is asked for besides, and the budget.
    """
    until = until or LearningUntil()
    n_failed = turns.n_failed
    broken = [run.run for run in last.runs if run.broke]
    numbers = {
        "turns": turns.n_turns,
        "broken_runs": len(broken),
        "failures": n_failed,
        "duration_fs": duration_fs,
    }
    why = used_up(turns, last, max_turns, failure_budget, until)
    from_nothing = turns.n_turns == 1 and last.n_labelled > 0 and last.errors_before is None
    if last.runs and not broken and not from_nothing and (why or is_precise(until, last)):
        return _converged(last, duration_fs, numbers)
    if why is None:
        return None
    return Verdict(
        question="active learning converged?",
        answer=why[0],
        passed=False,
        scope="numerical",
        reason=f"active learning did not converge: {why[1]}, and {len(broken)} of "
        f"{len(last.runs)} runs still broke in turn {last.turn}",
        numbers=numbers,
        thresholds={"max_turns": max_turns, "failure_budget": failure_budget},
    )


def used_up(
    turns: EarlierTurns,
    last: GenerationDoc,
    max_turns: int,
    failure_budget: int,
    until: LearningUntil,
) -> tuple[LearningVerdict, str] | None:
    """Return what ends a loop though there is something to learn, None where nothing does.

    Parameters
    ----------
    turns
        The turns so far.
    last
        The last of them.
    max_turns
        Turns at most.
    failure_budget
        Failed labels and runs at most.
    until
        The budget.
    """
    hours, budget = turns.cpu_seconds / 3600, until.budget_core_hours
    if turns.n_failed > failure_budget:
        return L.FAILURE_BUDGET_USED_UP, f"{turns.n_failed} labels and runs failed"
    if turns.n_turns >= max_turns:
        return L.TURNS_USED_UP, f"all {max_turns} turns are used up"
    if budget is not None and hours >= budget:
        return L.CORE_HOURS_USED_UP, f"the {budget:g} core-hours are used up"
    if last.n_labelled == 0:
        return L.NOTHING_TO_LEARN, "runs break but gave no configuration to label"
    return None


def _converged(last: GenerationDoc, duration_fs: float, numbers: dict[str, float]) -> Verdict:
    long_enough = duration_fs >= CONVERGED_FS
    tail = "" if long_enough else f"; {CONVERGED_FS / 1e3:g} ps are asked for"
    return Verdict(
        question="active learning converged?",
        answer=L.CONVERGED if long_enough else L.UNBROKEN_BUT_SHORT,
        passed=long_enough,
        scope="numerical",
        reason=f"all {len(last.runs)} runs of turn {last.turn} went {duration_fs / 1e3:g} ps "
        f"unbroken{tail}",
        numbers=numbers,
        thresholds={"duration_fs": CONVERGED_FS},
    )
