"""Build a dataset from labels, and extend it by the labels of active learning."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from amorph_flows.datasets import (
    deduplicate,
    refuse_unphysical,
    split_at_random,
    split_frames,
)
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.errors import InputError
from amorph_flows.jobs.required import required
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.labelling import EngineInfo, LabelDoc

SplitBy = Literal["blocks", "random"]


@stage_job(DatasetDoc)
def build_dataset(
    labels: list[LabelDoc | None],
    test_fraction: float = 0.1,
    validation_fraction: float = 0.1,
    min_contact_a: float | None = 1.25,
    max_force_ev_a: float | None = 30.0,
    seed: int = 0,
    split: SplitBy = "blocks",
) -> DatasetDoc:
    """Return the dataset of some labels, without duplicates and split.

    Parameters
    ----------
    labels
        What the engine gave; None stands for a job that failed.
    test_fraction, validation_fraction
        Shares of the frames.
    min_contact_a, max_force_ev_a
        Frames with a shorter contact, Å, or a larger force, eV/Å, are left out; None: no limit.
    seed
        Seed of the split.
    split
        ``"blocks"``: as `split_frames` does; ``"random"``: as `split_at_random` does.

    Raises
    ------
    InputError
        If there is no labelled frame, or labels of two engines would mix.
    """
    given = [label for label in labels if label is not None]
    frames = FrameSet(frame for label in given for frame in label.frames.labelled())
    dataset = split_dataset(
        frames,
        _one_engine(given),
        test_fraction=test_fraction,
        validation_fraction=validation_fraction,
        min_contact_a=min_contact_a,
        max_force_ev_a=max_force_ev_a,
        seed=seed,
        split=split,
    )
    return dataset.renewed(sources=[label.job_uuid for label in given])


def split_dataset(
    frames: FrameSet,
    engine: EngineInfo,
    *,
    test_fraction: float = 0.1,
    block_fraction: float | None = None,
    validation_fraction: float = 0.1,
    min_contact_a: float | None = 1.25,
    max_force_ev_a: float | None = 30.0,
    seed: int = 0,
    split: SplitBy = "blocks",
) -> DatasetDoc:
    """Return the dataset of labelled frames, without duplicates and split.

    Parameters
    ----------
    frames
        With the energies and forces of one engine.
    engine
        That engine.
    test_fraction, block_fraction, validation_fraction
        Shares of the frames: random test frames, trajectory blocks for the test (None: as many),
        and trajectory blocks that choose hyperparameters.
    min_contact_a, max_force_ev_a
        Frames with a shorter contact, Å, or a larger force, eV/Å, are left out; None: no limit.
    seed
        Seed of the split.
    split
        ``"blocks"``: as `split_frames` does; ``"random"``: as `split_at_random` does, without
        trajectory blocks.

    Raises
    ------
    InputError
        If the fractions leave no frames for training.
    """
    distinct, n_duplicates = deduplicate(frames)
    refusal = refuse_unphysical(distinct, min_contact_a, max_force_ev_a)
    if split == "random":
        parts = split_at_random(refusal.kept, test_fraction, validation_fraction, seed)
    else:
        parts = split_frames(
            refusal.kept,
            test_fraction=test_fraction,
            validation_fraction=validation_fraction,
            seed=seed,
            block_fraction=block_fraction,
        )
    return DatasetDoc(
        engine=engine,
        frames=refusal.kept,
        training=list(parts.training),
        validation=list(parts.validation),
        test_random=list(parts.test_random),
        test_blocks=list(parts.test_blocks),
        n_duplicates=n_duplicates,
        n_refused=len(refusal.refused),
        composition=count_frames(refusal.kept),
        seed=seed,
    )


@stage_job(DatasetDoc)
def extend_dataset(
    dataset: DatasetDoc | None,
    labels: list[LabelDoc | None],
    min_contact_a: float | None = 1.25,
    max_force_ev_a: float | None = 30.0,
    held_out_fraction: float = 0.0,
) -> DatasetDoc:
    """Return the dataset with new labels in its training part; the test frames stay.

    Parameters
    ----------
    dataset
        The dataset so far.
    labels
        New labels; None stands for a job that failed.
    min_contact_a, max_force_ev_a
        Frames with a shorter contact, Å, or a larger force, eV/Å, are left out; None: no limit.
    held_out_fraction
        Share of the new labels that joins the validation part instead, evenly spaced.
    """
    dataset = required(dataset, "the dataset")
    new_labels = [label for label in labels if label is not None and len(label.frames)]
    if not new_labels:
        return dataset
    engine = _one_engine(new_labels, dataset.engine)
    known = {frame.content_hash for frame in dataset.frames}
    offered = FrameSet(frame for label in new_labels for frame in label.frames.labelled())
    distinct, n_duplicates = deduplicate(offered)
    new = FrameSet(frame for frame in distinct if frame.content_hash not in known)
    refusal = refuse_unphysical(new, min_contact_a, max_force_ev_a)
    frames = dataset.frames + refusal.kept
    added = range(len(dataset.frames), len(frames))
    n_held_out = round(held_out_fraction * len(added))
    held_out = {added[round((i + 0.5) * len(added) / n_held_out - 0.5)] for i in range(n_held_out)}
    return dataset.renewed(
        engine=engine,
        frames=frames,
        training=[*dataset.training, *(i for i in added if i not in held_out)],
        validation=[*dataset.validation, *sorted(held_out)],
        n_duplicates=dataset.n_duplicates + n_duplicates + len(distinct) - len(new),
        n_refused=dataset.n_refused + len(refusal.refused),
        composition=count_frames(frames),
        sources=[*dataset.sources, *(label.job_uuid for label in new_labels)],
    )


def count_frames(frames: FrameSet) -> dict[str, dict[str, int]]:
    """Return the number of frames by formula and, within it, by temperature to the nearest 100 K.

    Parameters
    ----------
    frames
        Any frames.
    """
    counts: dict[str, Counter[str]] = {}
    for frame in frames:
        temperature = frame.provenance.temperature_k
        key = "unknown" if temperature is None else f"{round(temperature, -2):g} K"
        counts.setdefault(frame.formula, Counter())[key] += 1
    return {formula: dict(counter) for formula, counter in counts.items()}


def _one_engine(labels: list[LabelDoc], engine: EngineInfo | None = None) -> EngineInfo:
    engines = [*([engine] if engine else []), *(label.engine for label in labels)]
    if not engines:
        raise InputError(
            "every labelling job failed, so there are no labels to build a dataset from; see "
            "those jobs"
        )
    hashes = {info.settings_hash: info.name for info in engines}
    if len(hashes) > 1:
        raise InputError(
            f"labels of different engines never mix in one dataset; got {sorted(hashes.values())} "
            f"with settings {sorted(hashes)}"
        )
    return engines[0]
