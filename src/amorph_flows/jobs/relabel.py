"""Take frames of a dataset, give them another engine's labels, and compare the two."""

from __future__ import annotations

from typing import Any

import numpy as np

from amorph_flows.datasets import LabelComparison, compare_labels, refuse_unphysical
from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.errors import CalculationError, InputError
from amorph_flows.jobs.dataset import count_frames
from amorph_flows.jobs.required import required
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.relabel import (
    EnergyDifferenceField,
    ForceDifferenceField,
    RelabelDoc,
    RelabelledFrame,
)

_PARTS = ("training", "validation", "test_random", "test_blocks")


@stage_job(DatasetDoc)
def take_frames(dataset: DatasetDoc | None, max_frames: int | None = None) -> DatasetDoc:
    """Return a part of a dataset: frames evenly spaced over it, split as they were.

    Parameters
    ----------
    dataset
        The dataset.
    max_frames
        Frames at most; None: all.

    Raises
    ------
    InputError
        If ``max_frames`` is below 1 or the dataset is empty.
    """
    dataset = required(dataset, "the dataset")
    n_frames = len(dataset.frames)
    if not n_frames or (max_frames is not None and max_frames < 1):
        raise InputError(
            f"max_frames is {max_frames} for a dataset of {n_frames} frames; ask for at least one"
        )
    n_taken = min(max_frames or n_frames, n_frames)
    taken = np.linspace(0, n_frames - 1, n_taken).round().astype(int).tolist()
    return _part(dataset, taken, dataset.frames.take(taken))


@stage_job(DatasetDoc)
def relabel_dataset(
    dataset: DatasetDoc | None,
    labels: LabelDoc | None,
    min_contact_a: float | None = 1.25,
    max_force_ev_a: float | None = 30.0,
) -> DatasetDoc:
    """Return a dataset with the labels of another engine only, split as it was.

    Frames that the engine failed on, or whose new forces are too large, are left out.

    Parameters
    ----------
    dataset
        The dataset with the former labels.
    labels
        The new labels of its frames.
    min_contact_a, max_force_ev_a
        Frames with a shorter contact, Å, or a larger force, eV/Å, are left out; None: no limit.

    Raises
    ------
    CalculationError
        If no frame has a new label.
    """
    dataset, labels = required(dataset, "the dataset"), _with_frames(labels)
    refusal = refuse_unphysical(labels.frames, min_contact_a, max_force_ev_a)
    index = {frame.content_hash: i for i, frame in enumerate(dataset.frames)}
    kept = [index[frame.content_hash] for frame in refusal.kept]
    frames = FrameSet(f.with_provenance(parent=f.content_hash) for f in refusal.kept)
    part = _part(dataset, kept, frames)
    return part.renewed(
        engine=labels.engine,
        n_duplicates=0,
        n_refused=len(refusal.refused),
        sources=[labels.job_uuid],
    )


@stage_job(RelabelDoc)
def compare_engines(
    dataset: DatasetDoc | None, labels: LabelDoc | None, dataset_uuid: str = "", seed: int = 0
) -> RelabelDoc:
    """Return how far the new labels of a dataset are from its own.

    Parameters
    ----------
    dataset
        The dataset with the former labels.
    labels
        The new labels of its frames.
    dataset_uuid
        Of the dataset that the frames are from; empty: of ``dataset``.
    seed
        Seed of the draws behind the standard errors.

    Raises
    ------
    CalculationError
        If no frame has a new label.
    """
    dataset, labels = required(dataset, "the dataset"), _with_frames(labels)
    known = {frame.content_hash: frame for frame in dataset.frames}
    new = labels.frames
    former = FrameSet(known[frame.content_hash] for frame in new)
    comparison = compare_labels(former, new, seed)
    by_element = comparison.forces_by_element.items()
    return RelabelDoc(
        dataset_uuid=dataset_uuid or dataset.job_uuid,
        former_engine=dataset.engine,
        engine=labels.engine,
        n_frames=len(new),
        n_quarantined=len(labels.quarantined),
        quarantined=labels.quarantined,
        forces=ForceDifferenceField.of(comparison.forces),
        forces_by_element={element: ForceDifferenceField.of(f) for element, f in by_element},
        energies=EnergyDifferenceField.of(comparison.energies),
        per_frame=[_row(frame, comparison, i) for i, frame in enumerate(new)],
        seed=seed,
        curves=_parity(former, new, comparison),
    )


def _part(dataset: DatasetDoc, taken: list[int], frames: FrameSet) -> DatasetDoc:
    """Return the document of some frames of a dataset, given by their index in it."""
    place = {old: new for new, old in enumerate(taken)}
    parts = {name: [place[i] for i in getattr(dataset, name) if i in place] for name in _PARTS}
    return dataset.renewed(frames=frames, composition=count_frames(frames), **parts)


def _with_frames(labels: LabelDoc | None) -> LabelDoc:
    """Return labels if there is at least one frame among them."""
    labels = required(labels, "the new labels")
    if not len(labels.frames):
        reason = labels.quarantined[0].reason if labels.quarantined else "no frame was given"
        raise CalculationError(f"no frame has a label of {labels.engine.name}: {reason}")
    return labels


def _row(frame: Frame, comparison: LabelComparison, index: int) -> RelabelledFrame:
    return RelabelledFrame(
        content_hash=frame.content_hash,
        formula=frame.formula,
        run=frame.provenance.run,
        temperature_k=frame.provenance.temperature_k,
        force_mae_ev_a=comparison.frame_force_mae[index],
        energy_residual_mev_atom=comparison.frame_energy_residual[index],
    )


def _parity(former: FrameSet, new: FrameSet, comparison: LabelComparison) -> dict[str, Any]:
    """Return former and new labels side by side; former energies are moved by the offsets."""
    offsets = comparison.energies.offsets_ev_atom
    energies = [
        (one.energy_ev_atom - offsets[two.formula].value, two.energy_ev_atom)
        for one, two in zip(former, new, strict=True)
    ]
    forces = [
        [frame.forces for frame in frames if frame.forces is not None] for frames in (former, new)
    ]
    return {
        "force_ev_a": np.stack([np.concatenate(side).ravel() for side in forces], axis=1),
        "force_numbers": np.repeat(np.concatenate([frame.numbers for frame in new]), 3),
        "energy_ev_atom": np.array(energies),
    }
