"""SevenNet fine-tuned for real from the weights of its wheel: one epoch on ten frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_systems import check_run, force_gain

from amorph_flows.datasets import FrameSet
from amorph_flows.errors import MissingDependencyError
from amorph_flows.potentials import get_learned_backend
from amorph_flows.potentials.environments.installed import find_installed
from amorph_flows.potentials.environments.pins import SEVENN
from amorph_flows.schemas.fits import SevenNetSettings
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.testing.alloy import Task, alloy_frames, document, predicted, squeezed

try:
    find_installed(SEVENN)
except MissingDependencyError as error:
    pytest.skip(str(error), allow_module_level=True)

SETTINGS = SevenNetSettings(max_steps=1, members=2, batch_size=2, seed=1)


def test_one_epoch_on_ten_frames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trained, stored, read back, run in LAMMPS and graded; its forces are those of its energy."""
    monkeypatch.chdir(tmp_path)
    backend, training, held_out = get_learned_backend("sevenn"), *alloys()
    fit = backend.fit(training, held_out, SETTINGS)
    assert fit.ended == "steps"
    assert len(fit.history) == 1
    doc = document(backend, fit, held_out, SETTINGS)
    back = PotentialDoc.model_validate_json(doc.model_dump_json())
    task = Task(backend, fit, back, training, held_out)
    assert force_gain(task) < 0.8
    check_derivatives(task)
    check_run(task, tmp_path)
    tight = FrameSet(squeezed(frame, 0.8) for frame in held_out)
    assert backend.grades(back, tight).min() > backend.grades(back, held_out).max()


def alloys() -> tuple[FrameSet, FrameSet]:
    return alloy_frames(10, seed=0), alloy_frames(4, seed=1)


def check_derivatives(task: Task) -> None:
    """Compare forces with central differences of the energy."""
    frame = task.validation[0]
    way = np.random.default_rng(0).normal(size=frame.positions.shape)
    moved = [
        type(frame)(frame.numbers, frame.positions + sign * 1e-4 * way, frame.cell)
        for sign in (0, 1, -1)
    ]
    here, one, two = predicted(task, FrameSet(moved))
    assert here.forces is not None
    slope = ((one.energy_ev or 0.0) - (two.energy_ev or 0.0)) / 2e-4
    assert slope == pytest.approx(-float(np.sum(here.forces * way)), rel=1e-5, abs=1e-6)
