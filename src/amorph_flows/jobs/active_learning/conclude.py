"""Conclude: what a turn was, and whether another one follows."""

from __future__ import annotations

from typing import Protocol

from jobflow import Flow, OutputReference, Response
from pymatgen.core import Structure

from amorph_flows.errors import AmorphFlowsError
from amorph_flows.jobs.missing import present
from amorph_flows.jobs.potential import predict, split_parts
from amorph_flows.potentials import get_backend
from amorph_flows.runtime.stage_job import current_job_uuid, stage_job
from amorph_flows.schemas.active_learning import (
    ActiveLearningDoc,
    ActiveLearningOutcome,
    ExplorationDoc,
    ExplorationRun,
    GenerationDoc,
    SelectionDoc,
)
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.labelling import LabelDoc, QuarantinedCalculation
from amorph_flows.schemas.potential import ErrorSummary, PotentialDoc
from amorph_flows.schemas.verdict import Verdict

CONVERGED_FS = 4_000_000.0
TINY_FORCE_EV_A = 1e-12

Start = tuple[str, float, Structure]
"""Formula, temperature (K) and structure of a run."""

_TRIED = "every run went unbroken with the potential before; it is kept, the refit was not tried"


class ActiveLearning(Protocol):
    """What the end of a turn asks of `amorph_flows.flows.ActiveLearningMaker`."""

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
    loop: ActiveLearning,
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
    """End the loop, or go on with another turn.

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
    potential = present(potential, "the potential")
    dataset = present(dataset, "the dataset")
    generation = summarise_turn(
        turn, potential, refitted, dataset, runs, selection, labels, loop.worse_factor
    )
    own_uuid = current_job_uuid()
    generations = [*generations, generation.renewed(job_uuid=own_uuid)]
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


def summarise_turn(
    turn: int,
    potential: PotentialDoc,
    refitted: PotentialDoc | None,
    dataset: DatasetDoc,
    runs: list[ExplorationDoc | None],
    selection: SelectionDoc | None,
    labels: list[LabelDoc | None],
    worse_factor: float,
) -> GenerationDoc:
    """Return the document of a turn, with the refit kept or undone.

    Parameters
    ----------
    turn
        Its number, from 1.
    potential, refitted
        The potential of the turn and its successor; None where the refit failed.
    dataset
        The dataset before the turn; its validation frames compare the two potentials.
    runs, selection, labels
        What the turn did; None stands for a job that failed.
    worse_factor
        How much larger the validation error of forces may get.
    """
    before = _validation_errors(potential, dataset)
    changed = refitted is not None and refitted.sha256 != potential.sha256
    after = _validation_errors(refitted, dataset) if changed and refitted is not None else None
    kept, reason = _keep(refitted, changed, before, after, worse_factor)
    if changed and runs and all(doc is not None and not doc.run.broke for doc in runs):
        kept, reason = False, _TRIED
    given = [label for label in labels if label is not None]
    return GenerationDoc(
        turn=turn,
        potential_uuid=potential.job_uuid,
        runs=[doc.run if doc is not None else _lost_run() for doc in runs],
        n_candidates=selection.n_candidates if selection else 0,
        n_refused=selection.n_refused if selection else 0,
        n_selected=selection.n_selected if selection else 0,
        n_labelled=sum(len(label.frames) for label in given),
        quarantined=[
            *(failure for label in given for failure in label.quarantined),
            *(_lost_label(i) for i, label in enumerate(labels) if label is None),
        ],
        new_potential_uuid=refitted.job_uuid if changed and refitted else "",
        errors_before=before,
        errors_after=after,
        kept=kept,
        reason=reason,
    )


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
        "turns": float(len(generations)),
        "broken_runs": float(len(broken)),
        "failures": float(n_failed),
        "duration_fs": duration_fs,
    }
    if last.runs and not broken:
        return _converged(last, duration_fs, numbers)
    if n_failed > failure_budget:
        answer, why = "FAILURE_BUDGET_USED_UP", f"{n_failed} labels and runs failed"
    elif len(generations) >= max_turns:
        answer, why = "TURNS_USED_UP", f"all {max_turns} turns are used up"
    elif last.n_labelled == 0:
        answer, why = "NOTHING_TO_LEARN", "runs break but gave no configuration to label"
    else:
        return None
    return Verdict(
        question="active learning converged?",
        answer=answer,
        believable=False,
        reason=f"active learning did not converge: {why}, and {len(broken)} of "
        f"{len(last.runs)} runs still broke in turn {last.turn}",
        numbers=numbers,
        thresholds={"max_turns": float(max_turns), "failure_budget": float(failure_budget)},
    )


def _converged(last: GenerationDoc, duration_fs: float, numbers: dict[str, float]) -> Verdict:
    long_enough = duration_fs >= CONVERGED_FS
    tail = "" if long_enough else f"; {CONVERGED_FS / 1e3:g} ps are asked for"
    return Verdict(
        question="active learning converged?",
        answer="CONVERGED" if long_enough else "UNBROKEN_BUT_SHORT",
        believable=long_enough,
        reason=f"all {len(last.runs)} runs of turn {last.turn} went {duration_fs / 1e3:g} ps "
        f"unbroken{tail}",
        numbers=numbers,
        thresholds={"duration_fs": CONVERGED_FS},
    )


def _failures(generation: GenerationDoc) -> int:
    return len(generation.quarantined) + sum(bool(run.failure) for run in generation.runs)


def _validation_errors(doc: PotentialDoc, dataset: DatasetDoc) -> ErrorSummary | None:
    frames = split_parts(dataset)["validation"]
    if not len(frames):
        return None
    try:
        return ErrorSummary.of(frames, predict(get_backend(doc.backend), doc, frames))
    except (ArithmeticError, RuntimeError, ValueError, AmorphFlowsError):
        return None


def _keep(
    refitted: PotentialDoc | None,
    changed: bool,
    before: ErrorSummary | None,
    after: ErrorSummary | None,
    worse_factor: float,
) -> tuple[bool, str]:
    if refitted is None:
        return False, "the refit failed; the potential before it is kept"
    if not changed or before is None:
        return True, ""
    if after is None:
        return False, (
            "the refit gives no energies and forces of the validation frames; the potential "
            "before it is kept"
        )
    ratio = after.force_rmse_ev_a / max(before.force_rmse_ev_a, TINY_FORCE_EV_A)
    if not ratio <= worse_factor:
        return False, (
            f"the refit raised the validation error of forces {ratio:.2f} times, more than "
            f"{worse_factor:g}; the potential before it is kept"
        )
    return True, f"the validation error of forces went to {ratio:.2f} times its value"


def _lost_run() -> ExplorationRun:
    return ExplorationRun(
        run="lost",
        formula="",
        temperature_k=0.0,
        seed=0,
        asked_fs=0.0,
        reached_fs=0.0,
        broke=True,
        failure="the job failed",
        max_grade=0.0,
        fraction_above_select=0.0,
        n_saved=0,
    )


def _lost_label(index: int) -> QuarantinedCalculation:
    return QuarantinedCalculation(index=index, reason="the labelling job failed")
