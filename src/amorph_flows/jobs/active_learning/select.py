"""Select: which of the saved configurations are labelled."""

from __future__ import annotations

from amorph_flows.datasets import refuse_unphysical
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.jobs.active_learning.validation import is_below, validation_errors
from amorph_flows.jobs.required import required
from amorph_flows.potentials import get_learned_backend
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.active_learning import ExplorationDoc, FrameBatch, SelectionDoc
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.potential import PotentialDoc


@stage_job(SelectionDoc)
def select_candidates(
    potential: PotentialDoc | None,
    dataset: DatasetDoc | None,
    explorations: list[ExplorationDoc | None],
    limit: int,
    n_batches: int = 1,
    min_contact_a: float | None = 1.25,
    force_error_ev_a: float | None = None,
    only_after_a_break: bool = True,
) -> SelectionDoc:
    """Return the saved configurations that MaxVol adds to the active set.

    Where no run broke, and the potential is as accurate as asked, nothing is left to learn and
    nothing is chosen; a loop that learns from whatever was saved says so.

    Parameters
    ----------
    potential
        The potential that the runs were made with.
    dataset
        What it was fitted to.
    explorations
        The runs; None stands for a job that failed.
    limit
        How many to choose at most.
    n_batches
        Number of labelling jobs.
    min_contact_a
        Candidates with a shorter contact, Å, are refused; None: any.
    force_error_ev_a
        Error of forces on the validation frames that is asked for, eV/Å; None: any will do.
    only_after_a_break
        Whether a run has to break before anything is chosen.
    """
    candidates = FrameSet(frame for doc in explorations if doc is not None for frame in doc.frames)
    refusal = refuse_unphysical(candidates, min_contact_a)
    chosen: list[int] = []
    potential = required(potential, "the potential")
    dataset = required(dataset, "the dataset")
    done = only_after_a_break and unbroken(explorations) and len(dataset.frames) > 0
    if done and force_error_ev_a is not None:
        done = is_below(validation_errors(potential, dataset), force_error_ev_a)
    if len(refusal.kept) and not done:
        training = dataset.frames.take(dataset.training)
        method = get_learned_backend(potential.backend)
        chosen = method.select(potential, training, refusal.kept, limit)
    return SelectionDoc(
        n_candidates=len(candidates),
        n_refused=len(refusal.refused),
        batches=[
            FrameBatch(frames=refusal.kept.take(chosen[i::n_batches])) for i in range(n_batches)
        ],
    )


def unbroken(explorations: list[ExplorationDoc | None]) -> bool:
    """Return whether there were runs and none of them broke or failed.

    Parameters
    ----------
    explorations
        The runs of a turn; None stands for a job that failed.
    """
    return bool(explorations) and all(doc is not None and not doc.run.broke for doc in explorations)
