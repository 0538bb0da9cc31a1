"""Fits with motep: least squares for the linear coefficients, then BFGS for all of them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import numpy as np
from ase import Atoms
from motep.loss import LossFunction, LossSetting
from motep.optimizers.lls import LLSOptimizer
from motep.potentials.mtp.base import Jacobian
from motep.potentials.mtp.data import MTPData
from scipy.optimize import OptimizeResult, minimize

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets import FrameSet
from amorph_flows.potentials.mtp import MTPPotential
from amorph_flows.potentials.mtp._moment_tensor import Trained
from amorph_flows.potentials.mtp.motep._calculator import MotepCalculator, from_motep, to_motep
from amorph_flows.runtime.progress import report_progress
from amorph_flows.schemas.fits import MTPSettings
from amorph_flows.schemas.potential import HowEnded

_CHECK_EVERY = 10
_BLOCK = 40
_WORTH_ANOTHER = 0.998
_DAMPING = 1e-3


class _OutOfTimeError(Exception):
    """The time of the fit is used up."""


def train(
    potential: MTPPotential, training: FrameSet, validation: FrameSet, settings: MTPSettings
) -> Trained:
    """Fit a potential.

    The loss is MLIP-2's: weighted means over frames of the squared errors of the energy per atom,
    of the force vectors (mean over atoms) and of the virial per atom.

    Parameters
    ----------
    potential
        Where to start.
    training
        Labelled frames; stresses are used where there are any.
    validation
        Labelled frames that choose the snapshot; the last one is taken if there are none.
    settings
        Weights and limits. The same seed gives the same fit where ``max_steps`` ends it.

    Returns
    -------
    Trained
        The fitted potential.
    """
    data = to_motep(potential)
    loss = _loss_function(training, data, settings)
    LLSOptimizer(loss).optimize()
    data.optimized = ["species_coeffs", "moment_coeffs", "radial_coeffs"]
    run = _Run(loss, potential, validation, settings)
    run.descend(np.array(data.parameters))
    data.parameters = run.best_parameters
    fitted, cpu_seconds = from_motep(data, potential), time.process_time() - run.cpu_start
    return Trained(fitted, run.history, cpu_seconds, run.ended)


@dataclass
class _Run:
    """A descent that watches the validation frames and the clock."""

    loss: LossFunction
    potential: MTPPotential
    validation: FrameSet
    settings: MTPSettings
    history: list[tuple[float, float]] = field(default_factory=list)
    last_parameters: FloatArray = field(default_factory=lambda: np.empty(0))
    best_parameters: FloatArray = field(default_factory=lambda: np.empty(0))
    best_loss: float = np.inf
    ended: HowEnded = "steps"
    cpu_start: float = field(default_factory=time.process_time)
    wall_start: float = field(default_factory=lambda: time.monotonic())

    def descend(self, parameters: FloatArray) -> None:
        """Run blocks of BFGS steps, each in a new metric, while the loss falls and limits allow."""
        before = np.inf
        self._record(parameters, self.loss(parameters))
        try:
            while self._steps_left() > 0 and self.history[-1][1] < _WORTH_ANOTHER * before:
                before = self.history[-1][1]
                self._block()
            if self._steps_left() > 0:
                self.ended = "converged"
        except _OutOfTimeError:
            self.ended = "time"
        self._keep_if_better(self.last_parameters)
        report_progress(100, 100, f"fit, loss {self.history[-1][1]:.4g}")

    def _block(self) -> None:
        """Run BFGS from the inverse of the Gauss-Newton matrix."""
        parameters = self.last_parameters
        self._value_and_gradient(parameters)
        minimize(
            self._value_and_gradient,
            parameters,
            jac=True,
            method="BFGS",
            callback=self._step,
            options={
                "maxiter": min(_BLOCK, self._steps_left()),
                "gtol": 1e-9,
                "hess_inv0": inverse_metric(self.loss),
            },
        )

    def _steps_left(self) -> int:
        return self.settings.max_steps + 1 - len(self.history)

    def _value_and_gradient(self, parameters: FloatArray) -> tuple[float, FloatArray]:
        if time.monotonic() - self.wall_start > self.settings.max_seconds:
            raise _OutOfTimeError
        return self.loss(parameters), self.loss.jac(parameters)

    def _step(self, intermediate_result: OptimizeResult) -> None:
        self._record(intermediate_result.x, float(intermediate_result.fun))

    def _record(self, parameters: FloatArray, value: float) -> None:
        self.last_parameters = np.array(parameters)
        n_steps = len(self.history)
        self.history.append((time.process_time() - self.cpu_start, float(value)))
        seconds = time.monotonic() - self.wall_start
        done = max(n_steps / self.settings.max_steps, seconds / self.settings.max_seconds)
        report_progress(min(99, int(100 * done)), 100, f"fit, loss {value:.4g}")
        if n_steps % _CHECK_EVERY == 0:
            self._keep_if_better(self.last_parameters)

    def _keep_if_better(self, parameters: FloatArray) -> None:
        loss = self._validation_loss(parameters)
        if loss <= self.best_loss:
            self.best_loss, self.best_parameters = loss, np.array(parameters)

    def _validation_loss(self, parameters: FloatArray) -> float:
        """Return the loss on the validation frames; without any, the latest is the best."""
        if not len(self.validation):
            return 0.0
        data = to_motep(self.potential)
        data.parameters = parameters
        calculator = MotepCalculator(from_motep(data, self.potential))
        return held_out_loss(calculator, self.validation, self.settings)


def inverse_metric(loss: LossFunction) -> FloatArray:
    """Return the inverse of the damped Gauss-Newton matrix of the loss.

    With weighted residuals r and their Jacobian J by the parameters, the loss is ``r @ r`` and the
    matrix ``2 J.T @ J``, damped by a share of its diagonal (Marquardt, SIAM J. Appl. Math. 11
    (1963) 431).

    Parameters
    ----------
    loss
        Evaluated at the parameters.
    """
    n_parameters = loss.mtp_data.number_of_parameters_optimized
    matrix = np.zeros((n_parameters, n_parameters))
    for atoms in loss.images:
        jacobian = _residual_jacobian(atoms, loss.setting)
        matrix += 2.0 / len(loss.images) * jacobian @ jacobian.T
    size = np.sqrt(np.diag(matrix))
    size[size == 0.0] = 1.0
    scaled = matrix / np.outer(size, size) + _DAMPING * np.eye(n_parameters)
    inverse = np.linalg.inv(scaled) / np.outer(size, size)
    return np.asarray(0.5 * (inverse + inverse.T))


def _residual_jacobian(atoms: Atoms, weights: LossSetting) -> FloatArray:
    """Return the derivatives of a frame's weighted residuals, shape ``(n_parameters, n)``."""
    engine, held = atoms.calc.engine, atoms.calc.targets
    parts = [np.sqrt(weights.energy_weight) / len(atoms) * _flat(engine.jac_energy(atoms))]
    if "forces" in held:
        parts.append(np.sqrt(weights.forces_weight / len(atoms)) * _flat(engine.jac_forces(atoms)))
    if "stress" in held:
        per_atom = atoms.get_volume() / len(atoms)
        parts.append(np.sqrt(weights.stress_weight) * per_atom * _flat(engine.jac_stress(atoms)))
    return np.hstack(parts)


def _flat(jacobian: Jacobian) -> FloatArray:
    parameters = np.asarray(jacobian.parameters)
    return parameters.reshape(len(parameters), -1)


def held_out_loss(calculator: MotepCalculator, frames: FrameSet, settings: MTPSettings) -> float:
    """Return the loss of a potential on some frames.

    Parameters
    ----------
    calculator
        The potential.
    frames
        Labelled frames.
    settings
        The weights.
    """
    total = 0.0
    for frame in frames:
        calculator.calculate(frame.to_atoms())
        predicted = calculator.results
        energy = (predicted["energy"] - (frame.energy_ev or 0.0)) / frame.n_atoms
        total += settings.energy_weight * energy**2
        if frame.forces is not None:
            squares = np.sum((predicted["forces"] - frame.forces) ** 2)
            total += settings.force_weight * squares / frame.n_atoms
        if frame.stress is not None:
            volume_per_atom = abs(np.linalg.det(frame.cell)) / frame.n_atoms
            guess = predicted["stress"][[[0, 5, 4], [5, 1, 3], [4, 3, 2]]]
            virial = volume_per_atom * (guess - frame.stress)
            total += settings.stress_weight * np.sum(virial**2)
    return float(total / len(frames))


def _loss_function(frames: FrameSet, data: MTPData, settings: MTPSettings) -> LossFunction:
    weights = LossSetting(
        energy_weight=settings.energy_weight,
        forces_weight=settings.force_weight,
        stress_weight=settings.stress_weight,
    )
    images = frames.to_atoms()
    loss = LossFunction(images, data, weights, engine="cext")
    # motep indexes the volumes of frames with stress by the number of the frame
    loss.loss_stress.volumes = np.array([atoms.get_volume() for atoms in images])
    return loss
