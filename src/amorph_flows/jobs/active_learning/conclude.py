"""Conclude: another turn, or the end of the loop and its verdict."""

from __future__ import annotations

from typing import Protocol

from jobflow import Flow, OutputReference, Response
from pymatgen.core import Structure

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.jobs.active_learning.generation import summarise_turn
from amorph_flows.jobs.required import required
from amorph_flows.runtime.stage_job import current_job_uuid, stage_job
from amorph_flows.schemas.active_learning import (
    ActiveLearningDoc,
    ActiveLearningOutcome,
    ExplorationDoc,
    GenerationDoc,
    LearningVerdict,
    SelectionDoc,
)
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.potential import PotentialDoc

L = LearningVerdict

CONVERGED_FS = 4_000_000.0

Start = tuple[str, float, Structure]
"""Formula, temperature (K) and structure of a run."""


class TurnMaker(Protocol):
    """The part of `amorph_flows.flows.ActiveLearningMaker` that the end of a turn uses."""

    duration_fs: float
    max_turns: int
    failure_budget: int
    worse_factor: float

    def turn(
        self,
        turn: int,
        potential: PotentialDoc,
        dataset: DatasetDoc,
        starts: list[Start],
        generations: list[GenerationDoc],
    ) -> Flow:
        """Return the flow of a turn."""


@stage_job(ActiveLearningOutcome)
def conclude_turn(
    loop: TurnMaker,
    turn: int,
    potential: PotentialDoc | None,
    refitted: PotentialDoc | None,
    dataset: DatasetDoc | None,
    extended: DatasetDoc | None,
    runs: list[ExplorationDoc | None],
    selection: SelectionDoc | None,
    labels: list[LabelDoc | None],
    starts: list[Start],
    generations: list[GenerationDoc],
) -> ActiveLearningOutcome | Response:
    """End the loop, or begin another turn.

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
    runs, selection, labels
        What the turn did; None stands for a job that failed.
    starts
        Where runs start; a structure is None where the run before failed.
    generations
        Earlier turns.
    """
    potential = required(potential, "the potential")
    dataset = required(dataset, "the dataset")
    generation = summarise_turn(
        turn, potential, refitted, dataset, runs, selection, labels, loop.worse_factor
    )
    own_uuid = current_job_uuid()
    generations = [*generations, generation.model_copy(update={"job_uuid": own_uuid})]
    kept = refitted if generation.kept and refitted is not None else potential
    data = extended if extended is not None else dataset
    verdict = judge_loop(generations, loop.max_turns, loop.failure_budget, loop.duration_fs)
    if verdict is None:
        left = [start for start in starts if start[2] is not None]
        return Response(
            replace=loop.turn(turn + 1, _reference(kept), _reference(data), left, generations)
        )
    document = ActiveLearningDoc(
        job_uuid=own_uuid,
        generations=generations,
        potential_uuid=kept.job_uuid,
        dataset_uuid=data.job_uuid,
        verdict=verdict,
    )
    return ActiveLearningOutcome(loop=document, potential=kept, dataset=data)


def _reference(document: PotentialDoc | DatasetDoc) -> OutputReference:
    """Return the reference to a document that is already in the store."""
    return OutputReference(document.job_uuid, output_schema=type(document))


def judge_loop(
    generations: list[GenerationDoc], max_turns: int, failure_budget: int, duration_fs: float
) -> Verdict | None:
    """Return how the loop ends, or None where it goes on.

    Parameters
    ----------
    generations
        The turns so far.
    max_turns
        Turns at most.
    failure_budget
        Failed labels and runs at most.
    duration_fs
        How long every run had to last, fs.
    """
    last = generations[-1]
    n_failed = sum(_failures(generation) for generation in generations)
    broken = [run.run for run in last.runs if run.broke]
    numbers = {
        "turns": len(generations),
        "broken_runs": len(broken),
        "failures": n_failed,
        "duration_fs": duration_fs,
    }
    if last.runs and not broken:
        return _converged(last, duration_fs, numbers)
    if n_failed > failure_budget:
        answer, why = L.FAILURE_BUDGET_USED_UP, f"{n_failed} labels and runs failed"
    elif len(generations) >= max_turns:
        answer, why = L.TURNS_USED_UP, f"all {max_turns} turns are used up"
    elif last.n_labelled == 0:
        answer, why = L.NOTHING_TO_LEARN, "runs break but gave no configuration to label"
    else:
        return None
    return Verdict(
        question="active learning converged?",
        answer=answer,
        passed=False,
        scope="numerical",
        reason=f"active learning did not converge: {why}, and {len(broken)} of "
        f"{len(last.runs)} runs still broke in turn {last.turn}",
        numbers=numbers,
        thresholds={"max_turns": max_turns, "failure_budget": failure_budget},
    )


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


def _failures(generation: GenerationDoc) -> int:
    return len(generation.quarantined) + sum(bool(run.failure) for run in generation.runs)
