"""motep's trainer: its traps avoided, its limits honoured, its loss and metric as stated."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tested_time import TestedTime

from amorph_flows.datasets import FrameSet
from amorph_flows.potentials import MotepBackend
from amorph_flows.potentials.mtp import MTPPotential
from amorph_flows.potentials.mtp._start import starting_potential
from amorph_flows.runtime.progress import progress_of_job
from amorph_flows.testing.alloy import MTP_SETTINGS, alloy_frames

pytest.importorskip("motep", reason="motep is not installed")

from amorph_flows.potentials.mtp.motep import _trainer as trainer
from amorph_flows.potentials.mtp.motep._calculator import MotepCalculator, from_motep, to_motep
from amorph_flows.potentials.mtp.motep._trainer import (
    _loss_function,
    held_out_loss,
    inverse_metric,
    train,
)

SMALL = MTP_SETTINGS.model_copy(update={"level": 4, "max_steps": 5})
FRAMES = FrameSet(
    replace(frame, stress=None) if index % 3 == 0 else frame
    for index, frame in enumerate(alloy_frames(7, seed=0))
)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@cache
def some_potential() -> MTPPotential:
    potential = starting_potential(FRAMES, SMALL)
    rng = np.random.default_rng(3)
    return replace(
        potential,
        moment_coeffs=rng.normal(0, 0.1, potential.moment_coeffs.shape),
        species_coeffs=rng.normal(-3, 1, 2),
    )


def test_frames_with_and_without_stress_together() -> None:
    fit = MotepBackend().fit(FRAMES, FrameSet(), SMALL)
    assert fit.history[-1][1] < fit.history[0][1]
    bare = FrameSet(replace(frame, stress=None) for frame in FRAMES)
    without = MotepBackend().fit(bare, FrameSet(), SMALL)
    assert without.history[-1][1] < without.history[0][1]


def test_loss_is_what_it_says_and_its_gradient_too() -> None:
    potential = some_potential()
    data = to_motep(potential)
    loss = _loss_function(FRAMES, data, SMALL)
    x = np.array(data.parameters)
    ours = held_out_loss(MotepCalculator(potential), FRAMES, SMALL)
    assert loss(x) == pytest.approx(ours, rel=1e-10)
    gradient = loss.jac(x)
    for i in range(0, len(x), 3):
        step = np.zeros_like(x)
        step[i] = 1e-5
        slope = (loss(x + step) - loss(x - step)) / 2e-5
        assert gradient[i] == pytest.approx(slope, rel=1e-5, abs=1e-8)


FEW = FRAMES.take([0, 2])


def residuals(x: np.ndarray) -> np.ndarray:
    data = to_motep(some_potential())
    data.parameters = x
    calculator = MotepCalculator(from_motep(data, some_potential()))
    parts = []
    for frame in FEW:
        calculator.calculate(frame.to_atoms())
        got, n = calculator.results, frame.n_atoms
        parts.append([np.sqrt(SMALL.energy_weight) * (got["energy"] - frame.energy_ev) / n])
        parts.append(np.sqrt(SMALL.force_weight / n) * (got["forces"] - frame.forces).ravel())
        if frame.stress is not None:
            tensor = got["stress"][[0, 5, 4, 5, 1, 3, 4, 3, 2]] - frame.stress.ravel()
            volume = np.linalg.det(frame.cell)
            parts.append(np.sqrt(SMALL.stress_weight) * volume / n * tensor)
    return np.concatenate(parts) / np.sqrt(len(FEW))


def test_metric_is_the_inverse_of_the_damped_gauss_newton_matrix() -> None:
    data = to_motep(some_potential())
    loss = _loss_function(FEW, data, SMALL)
    x = np.array(data.parameters)
    assert loss(x) == pytest.approx(np.sum(residuals(x) ** 2))
    h = 1e-6
    jacobian = np.stack(
        [(residuals(x + h * e) - residuals(x - h * e)) / (2 * h) for e in np.eye(len(x))], axis=1
    )
    matrix = 2 * jacobian.T @ jacobian
    damped = matrix + 1e-3 * np.diag(np.diag(matrix))
    size = np.sqrt(np.diag(damped))
    product = inverse_metric(loss) @ damped * size[:, None] / size
    np.testing.assert_allclose(product, np.eye(len(x)), atol=1e-4)


def test_time_limit_ends_the_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = TestedTime(each=0.01)
    monkeypatch.setattr(trainer, "time", clock)
    limits = {"max_seconds": 0.5, "max_steps": 100_000, "level": 8}
    start = clock.now
    fit = MotepBackend().fit(FRAMES, FRAMES[:2], MTP_SETTINGS.model_copy(update=limits))
    assert 0.5 < clock.now - start < 0.6
    assert 1 < len(fit.history) < 50


def test_step_limit_ends_the_fit() -> None:
    fit = MotepBackend().fit(FRAMES, FrameSet(), SMALL)
    assert len(fit.history) == 1 + SMALL.max_steps


def test_snapshot_is_the_best_on_the_validation_frames() -> None:
    settings = MTP_SETTINGS.model_copy(update={"max_steps": 40, "level": 8})
    few, held_out = alloy_frames(3, seed=5), alloy_frames(6, seed=6)
    start = starting_potential(few, settings)
    losses = {}
    for name, frames in (("chosen", held_out), ("last", FrameSet())):
        potential = train(start, few, frames, settings).potential
        losses[name] = held_out_loss(MotepCalculator(potential), held_out, settings)
    assert losses["chosen"] < losses["last"], "three frames must overfit"


def test_progress_is_reported(tmp_path: Path) -> None:
    with progress_of_job(tmp_path):
        MotepBackend().fit(FRAMES, FrameSet(), SMALL)
    assert '"done": 100, "total": 100' in (tmp_path / "progress.json").read_text()


def test_foreign_elements_in_validation_are_refused() -> None:
    gold = [f for f in FRAMES if set(f.numbers.tolist()) == {79}]
    only = FrameSet([*gold] or [replace(FRAMES[0], numbers=np.full(FRAMES[0].n_atoms, 79))])
    with pytest.raises(ValueError, match="validation frames hold Cu"):
        MotepBackend().fit(only, FRAMES, SMALL)
