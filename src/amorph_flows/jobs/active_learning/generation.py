"""One turn of active learning as a document, and whether its refit is kept."""

from __future__ import annotations

from amorph_flows.datasets.errors import ErrorStatistics
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.jobs.active_learning.select import unbroken
from amorph_flows.jobs.active_learning.validation import (
    checked_grades,
    force_error_ratio,
    validation_errors,
)
from amorph_flows.jobs.required import required
from amorph_flows.runtime.cpu_time import cpu_seconds_of
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.active_learning import (
    ExplorationDoc,
    ExplorationRun,
    GenerationDoc,
    SelectionDoc,
)
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.labelling import LabelDoc, QuarantinedCalculation
from amorph_flows.schemas.potential import PotentialDoc

_UNBROKEN = "no run broke, so nothing was labelled and the potential is kept as it is"


@stage_job(GenerationDoc)
def summarise_turn(
    turn: int,
    potential: PotentialDoc | None,
    refitted: PotentialDoc | None,
    dataset: DatasetDoc | None,
    runs: list[ExplorationDoc | None],
    selection: SelectionDoc | None,
    labels: list[LabelDoc | None],
    worse_factor: float,
    stability: ExplorationDoc | None = None,
) -> GenerationDoc:
    """Return the document of a turn, with the refit kept or undone.

    Parameters
    ----------
    turn
        Its number, from 1.
    potential, refitted
        The potential of the turn and its successor; None where the refit failed.
    dataset
        The dataset whose validation frames compare the two potentials.
    runs, selection, labels
        What the turn did; None stands for a job that failed.
    worse_factor
        How much larger the validation error of forces may get.
    stability
        Run that tests the refit; None where there is none, or its job failed.
    """
    potential = required(potential, "the potential")
    dataset = required(dataset, "the dataset")
    before = validation_errors(potential, dataset)
    changed = refitted is not None and refitted.sha256 != potential.sha256
    after = validation_errors(refitted, dataset) if changed and refitted is not None else None
    kept, reason = _keep(refitted, changed, before, after, worse_factor)
    if unbroken(runs) and not (selection and selection.n_selected):
        reason = _UNBROKEN
    given = [label for label in labels if label is not None]
    jobs = [refitted if changed else None, selection, *runs, *given, stability]
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
        grade_check=checked_grades(potential, FrameSet(f for doc in given for f in doc.frames)),
        errors_before=before,
        errors_after=after,
        stability=None if stability is None else stability.run,
        kept=kept,
        reason=reason,
        cpu_seconds=cpu_seconds_of(jobs),
    )


def _keep(
    refitted: PotentialDoc | None,
    changed: bool,
    before: ErrorStatistics | None,
    after: ErrorStatistics | None,
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
    ratio = force_error_ratio(before, after)
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
