"""Training: exact gradients, the linear fit, and fits that find what made the labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ase.calculators.singlepoint import SinglePointCalculator
from mtp_reference import SPECIES, random_potential, random_structure

from amorph_flows.datasets import Frame, FrameSet, error_statistics
from amorph_flows.errors import InputError
from amorph_flows.potentials.mtp import (
    MTPCalculator,
    MTPTrainer,
    TrainingSettings,
    read_mtp,
    untrained,
)
from amorph_flows.potentials.mtp._bfgs import Point, bfgs
from amorph_flows.potentials.mtp._start import named_text, starting_potential
from amorph_flows.potentials.mtp.loss import Loss
from amorph_flows.potentials.mtp.training_kernel import TrainingKernel
from amorph_flows.schemas.fits import LossWeights, MTPSettings

SETTINGS = TrainingSettings(threads=1)
WEIGHTS = LossWeights(force_weight=0.1, stress_weight=0.01)


def labelled(potential, n_frames, *, stress=True, seed=0):
    frames = []
    calculator = MTPCalculator(potential)
    for number in range(n_frames):
        atoms = random_structure(8, 5.0, seed=seed + number)
        atoms.calc = calculator
        results = {"energy": atoms.get_potential_energy(), "forces": atoms.get_forces()}
        if stress:
            results["stress"] = atoms.get_stress()
        frames.append(atoms.copy())
        frames[-1].calc = SinglePointCalculator(frames[-1], **results)
    return frames


def force_rmse(potential, frames):
    guesses = [atoms.copy() for atoms in frames]
    for atoms in guesses:
        atoms.calc = MTPCalculator(potential)
        atoms.get_forces()
    both = [FrameSet(Frame.from_atoms(a) for a in part) for part in (frames, guesses)]
    return error_statistics(*both).force_rmse_ev_a


@pytest.mark.parametrize("level", [6, 12])
def test_gradient_is_the_derivative(level):
    frames = labelled(random_potential(8, seed=4), 3) + labelled(random_potential(8), 2,
                                                                stress=False, seed=9)  # fmt: skip
    potential = random_potential(level, cutoff=4.5, seed=1)
    loss = Loss(potential, frames, WEIGHTS, threads=2)
    x = potential.parameters
    value, gradient = loss.value_and_gradient(x)
    assert value == pytest.approx(loss.value(x), rel=1e-12)
    rng = np.random.default_rng(0)
    for _ in range(4):
        direction = rng.normal(size=len(x))
        h = 1e-5
        points = [loss.value(x + step * h * direction) for step in (-2, -1, 1, 2)]
        slope = (8 * (points[2] - points[1]) - (points[3] - points[0])) / (12 * h)
        assert gradient @ direction == pytest.approx(slope, rel=1e-7)


def test_loss_is_the_weighted_sum_of_squares():
    frames = labelled(random_potential(8, seed=4), 2)
    potential = random_potential(6, seed=1)
    expected = 0.0
    for atoms in frames:
        truth = atoms.calc.results
        trial = atoms.copy()
        trial.calc = MTPCalculator(potential)
        n, volume = len(atoms), atoms.get_volume()
        stress = trial.get_stress(voigt=False) - atoms.get_stress(voigt=False)
        expected += (trial.get_potential_energy() - truth["energy"]) ** 2 / n**2 / 2
        expected += 0.1 * ((trial.get_forces() - truth["forces"]) ** 2).sum() / n / 2
        expected += 0.01 * ((stress * volume) ** 2).sum() / n**2 / 2
    assert Loss(potential, frames, WEIGHTS).value(potential.parameters) == pytest.approx(expected)


def test_loss_weighs_each_frame():
    frames = labelled(random_potential(8, seed=4), 3)
    potential = random_potential(6, seed=1)
    single = [Loss(potential, [frame], WEIGHTS).value(potential.parameters) for frame in frames]
    weights = np.array([0.5, 2.0, 0.1])
    weighted = Loss(potential, frames, WEIGHTS, of_frames=weights)
    expected = np.mean(weights * single)
    assert weighted.value(potential.parameters) == pytest.approx(expected, rel=1e-12)


def test_threads_change_no_digit():
    frames = labelled(random_potential(8, seed=4), 5)
    potential = random_potential(8, seed=1)
    results = [
        Loss(potential, frames, LossWeights(), threads=n).value_and_gradient(potential.parameters)
        for n in (1, 3)
    ]
    assert results[0][0] == results[1][0]
    assert np.array_equal(results[0][1], results[1][1])


def test_atom_gradients_sum_to_that_of_the_energy():
    potential, atoms = random_potential(10), random_structure()
    kernel = TrainingKernel(potential, [atoms])
    total = kernel.pull_back(
        np.array([0], dtype=np.int32), np.ones(1), np.zeros((len(atoms), 3)), np.zeros((1, 6))
    )
    assert np.allclose(kernel.atom_gradients(0).sum(axis=0), total, rtol=1e-10, atol=1e-10)


def test_curvature_sketch_tends_to_gauss_newton():
    frames = labelled(random_potential(4, seed=4), 3)
    potential = replace(random_potential(2, seed=1))
    loss = Loss(potential, frames, WEIGHTS)
    x = potential.parameters
    jacobian = []
    for k in range(len(x)):
        h = 1e-6 * np.eye(len(x))[k]
        up, down = loss._residuals(x + h), loss._residuals(x - h)
        jacobian.append(
            np.concatenate([((a - b) / 2e-6).ravel() for a, b in zip(up, down, strict=True)])
        )
    exact = 2 * np.array(jacobian) @ np.array(jacobian).T
    sketch = loss.curvature(x, 3000, np.random.default_rng(0))
    assert np.abs(sketch - exact).max() < 0.1 * np.abs(exact).max()


def test_linear_fit_recovers_linear_coefficients():
    truth = random_potential(8)
    frames = labelled(truth, 12)
    start = replace(truth, moment_coeffs=0 * truth.moment_coeffs,
                    species_coeffs=0 * truth.species_coeffs)  # fmt: skip
    loss = Loss(start, frames, WEIGHTS)
    fitted = loss.linear_fit(start.parameters, range(12), 1e-14)
    assert loss.value(fitted) < 1e-12
    n = len(truth.moment_coeffs)
    assert np.allclose(fitted[:n], truth.moment_coeffs, rtol=1e-3, atol=1e-6)


def test_fit_finds_what_made_the_labels(tmp_path):
    frames = labelled(random_potential(6), 30)
    settings = SETTINGS.model_copy(update={"checkpoint": tmp_path / "c.mtp", "max_blocks": 3})
    steps = []
    trainer = MTPTrainer(untrained(6, SPECIES, 4.0, 1.1), frames, settings, weights=WEIGHTS)
    fit = trainer.train(seed=1, callback=steps.append)
    forces = np.concatenate([atoms.calc.results["forces"] for atoms in frames])
    assert force_rmse(fit.potential, frames) < 0.25 * forces.std()
    assert fit.loss == trainer.loss.value(fit.potential.parameters)
    losses = [loss for _, loss in fit.history]
    assert losses == sorted(losses, reverse=True)
    assert len(steps) == len(fit.history)
    assert fit.seed == 1
    written = read_mtp(tmp_path / "c.mtp")
    assert np.array_equal(written.parameters, fit.potential.parameters)
    start, none = untrained(6, SPECIES, 4.0, 1.1), settings.model_copy(update={"max_blocks": 0})
    again = MTPTrainer(start, frames, settings, weights=WEIGHTS).train(seed=1)
    assert np.array_equal(again.potential.parameters, fit.potential.parameters)
    warm = MTPTrainer(fit.potential, frames, none, weights=WEIGHTS).train()
    assert warm.loss <= fit.loss * (1 + 1e-9)


def test_validation_frames_choose_the_snapshot():
    frames = labelled(random_potential(8, seed=2), 14)
    settings = SETTINGS.model_copy(update={"max_blocks": 3, "block_steps": 20})
    seen = []
    trainer = MTPTrainer(untrained(8, SPECIES, 4.0), frames[:4], settings, frames[4:], WEIGHTS)
    fit = trainer.train(callback=seen.append)
    assert fit.validation_loss is not None
    validated = [p.validation_loss for p in seen if p.validation_loss is not None]
    assert fit.validation_loss <= min(validated)


def test_added_species_leave_the_old_ones_alone():
    potential = replace(random_potential(6), species=("Mg", "V", "O"))
    frames = labelled(potential, 2)
    iron = [atoms.copy() for atoms in frames]
    for atoms, labels in zip(iron, frames, strict=True):
        atoms.symbols[0] = "Fe"
        atoms.calc = SinglePointCalculator(atoms, **labels.calc.results)
    training = FrameSet(Frame.from_atoms(atoms) for atoms in frames + iron)
    wider = starting_potential(training, MTPSettings(level=6, cutoff=4.0), named_text(potential))
    assert wider.species == ("Mg", "V", "O", "Fe")
    assert Loss(wider, frames, WEIGHTS).value(wider.parameters) < 1e-20
    trainer = MTPTrainer(wider, frames + iron, SETTINGS.model_copy(update={"max_blocks": 1}))
    assert trainer.train().loss < trainer.loss.value(wider.parameters)


def test_time_limit_is_kept():
    frames = labelled(random_potential(8), 4)
    fit = MTPTrainer(untrained(8, SPECIES, 4.0), frames, SETTINGS).train(max_seconds=0.0)
    assert len(fit.history) == 1


def test_frames_without_labels_are_refused():
    frames = labelled(random_potential(6), 2)
    frames[1].calc = None
    with pytest.raises(InputError, match=r"frame 1 .* no finite energy"):
        MTPTrainer(untrained(6, SPECIES, 4.0), frames)
    with pytest.raises(InputError, match="no frames"):
        MTPTrainer(untrained(6, SPECIES, 4.0), [])


def test_bfgs_minimises_rosenbrock():
    def gradient(x):
        slope = -2 * (1 - x[0]) - 400 * x[0] * (x[1] - x[0] ** 2)
        return np.array([slope, 200 * (x[1] - x[0] ** 2)])

    def rosenbrock(x):
        value = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
        return value, lambda: gradient(x)

    start = np.array([-1.2, 1.0])
    points = list(bfgs(rosenbrock, Point(start, 24.2, gradient(start)), 1e-3 * np.eye(2), 200))
    assert np.allclose(points[-1].x, 1.0, atol=1e-5)
