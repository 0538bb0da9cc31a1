"""Batches of labels in several jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from jobflow import Job, JobStore, run_locally
from maggma.stores import MemoryStore

from amorph_flows.datasets.frames import Frame, FrameSet, Provenance
from amorph_flows.engines import AseEngine
from amorph_flows.engines._batches import merge_labels
from amorph_flows.errors import InputError
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.structures import v2o5

TOY = AseEngine(calculator="toy")


@pytest.fixture(scope="module")
def frames() -> FrameSet:
    """Seven configurations, the fourth of which no engine can label."""
    crystal = v2o5()
    held = []
    for seed in range(7):
        positions = crystal.cart_coords + np.random.default_rng(seed).normal(0, 0.05, (14, 3))
        atoms = Atoms(crystal.atomic_numbers, positions=positions, cell=crystal.lattice.matrix)
        held.append(Frame.from_atoms(atoms, Provenance(run=f"run {seed}", step=seed)))
    held[3] = Frame(held[3].numbers, np.full((14, 3), np.nan), held[3].cell)
    return FrameSet(held)


@pytest.fixture
def execute() -> Callable[[Job], Any]:
    """Run a job with all that replaces it; return its output."""

    def run(job: Job) -> Any:
        store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
        responses = run_locally(job, store=store, create_folders=True)
        run.n_jobs = sum(len(by_index) for by_index in responses.values())  # type: ignore[attr-defined]
        return job.output.resolve(store)

    return run


@pytest.mark.parametrize("labels_per_job", [1, 3, 7, 100])
def test_cut_batch_equals_one_job(
    frames: FrameSet, execute: Callable[[Job], LabelDoc], labels_per_job: int
) -> None:
    whole = execute(TOY.static(frames, run="batch"))
    cut = execute(
        AseEngine(calculator="toy", labels_per_job=labels_per_job).static(frames, "batch")
    )
    assert [f.content_hash for f in cut.frames] == [f.content_hash for f in whole.frames]
    assert [f.energy_ev for f in cut.frames] == [f.energy_ev for f in whole.frames]
    assert [f.provenance.run for f in cut.frames] == [f.provenance.run for f in whole.frames]
    assert [q.index for q in cut.quarantined] == [q.index for q in whole.quarantined] == [3]
    assert (cut.n_steps, cut.run, cut.engine) == (7, "batch", whole.engine)


def test_number_of_jobs(frames: FrameSet, execute: Callable[[Job], LabelDoc]) -> None:
    execute(AseEngine(calculator="toy", labels_per_job=3).static(frames))
    n_controller, n_pieces, n_merge = 1, 3, 1
    assert execute.n_jobs == n_controller + n_pieces + n_merge  # type: ignore[attr-defined]


def test_part_whose_job_failed_is_quarantined(frames: FrameSet) -> None:
    piece = AseEngine.static.original(TOY, frames[:2])
    last = AseEngine.static.original(TOY, frames[5:])
    hashes = [["a", "b"], ["c", "", "d"], ["e", "f"]]
    merged = merge_labels.original([piece, None, last], hashes, TOY.info(), "batch")
    assert [f.provenance.step for f in merged.frames] == [0, 1, 5, 6]
    assert [(q.index, q.content_hash) for q in merged.quarantined] == [(2, "c"), (3, ""), (4, "d")]
    assert all("failed" in q.reason for q in merged.quarantined)
    nothing = merge_labels.original([None], [["a"]], TOY.info(), "batch")
    assert (len(nothing.frames), len(nothing.quarantined)) == (0, 1)


def test_negative_number_is_refused(frames: FrameSet) -> None:
    with pytest.raises(InputError, match="labels_per_job must be 0"):
        AseEngine.static.original(AseEngine(calculator="toy", labels_per_job=-1), frames)
