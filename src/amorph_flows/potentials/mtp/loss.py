"""The loss of a fit: weighted squared errors of energies, forces and stresses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from ase import Atoms
from scipy.linalg import cho_factor, cho_solve

from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError
from amorph_flows.potentials.mtp._file import MTPPotential
from amorph_flows.potentials.mtp.training_kernel import TrainingKernel
from amorph_flows.schemas.fits import LossWeights


class Loss:
    """Loss of a potential on labelled frames, as a function of its parameters.

    With n frames of N atoms it is the mean over frames, each times its own weight, of
    ``w_E dE^2 / N^2 + w_F sum |dF|^2 / N + w_S |dW|^2 / N^2`` with W = V sigma, as in MLIP-2.

    Parameters
    ----------
    potential
        The potential, with its species.
    frames
        Structures with calculators that hold energy, forces and, some of them, stress.
    weights
        Of energies, forces and stresses.
    threads
        Threads over structures.
    of_frames
        Weight of each frame, shape ``(n_frames,)``; None: 1.

    Raises
    ------
    InputError
        If there are no frames, one has no labels, or one has an unknown element.
    """

    def __init__(
        self,
        potential: MTPPotential,
        frames: Sequence[Atoms],
        weights: LossWeights,
        threads: int = 1,
        of_frames: FloatArray | None = None,
    ) -> None:
        if not frames:
            raise InputError("there are no frames to train on")
        labels = [_labels(atoms, number) for number, atoms in enumerate(frames)]
        self.kernel = TrainingKernel(potential, frames, threads=threads)
        self.frames = np.arange(len(frames), dtype=np.int32)
        self.threads = threads
        self.energies = np.array([label[0] for label in labels])
        self.forces = np.concatenate([label[1] for label in labels])
        self.virials = np.array([label[2] for label in labels])
        sizes = self.kernel.sizes.astype(float)
        share = np.full(len(frames), 1.0 / len(frames))
        if of_frames is not None:
            share *= of_frames
        self.energy_scale = np.sqrt(weights.energy_weight * share / sizes**2)
        force_scale = np.sqrt(weights.force_weight * share / sizes)
        self.force_scale = np.repeat(force_scale, self.kernel.sizes)[:, None]
        has_stress = np.isfinite(self.virials).all(axis=1)
        stress = np.sqrt(weights.stress_weight * share / sizes**2) * has_stress
        # off-diagonal components count twice, as in the full tensor
        self.virial_scale = stress[:, None] * np.sqrt([1.0, 1.0, 1.0, 2.0, 2.0, 2.0])
        self.virials = np.where(has_stress[:, None], self.virials, 0.0)

    def value_and_gradient(self, parameters: FloatArray) -> tuple[float, FloatArray]:
        """Give the loss and its exact gradient."""
        value, gradient = self.differentiable(parameters)
        return value, gradient()

    def differentiable(self, parameters: FloatArray) -> tuple[float, Callable[[], FloatArray]]:
        """Give the loss and a call that gives its exact gradient at the same parameters."""
        energy, force, virial = self._residuals(parameters)

        def gradient() -> FloatArray:
            self.kernel.set_parameters(parameters)
            return self.kernel.pull_back(
                self.frames,
                2.0 * energy * self.energy_scale,
                2.0 * force * self.force_scale,
                2.0 * virial * self.virial_scale,
            )

        value = float((energy**2).sum() + (force**2).sum() + (virial**2).sum())
        return value, gradient

    def value(self, parameters: FloatArray) -> float:
        """Give the loss."""
        return float(sum((part**2).sum() for part in self._residuals(parameters)))

    def _residuals(self, parameters: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        self.kernel.set_parameters(parameters)
        energies, forces, virials = self.kernel.evaluate(self.frames)
        return (
            (energies - self.energies) * self.energy_scale,
            (forces - self.forces) * self.force_scale,
            (virials - self.virials) * self.virial_scale,
        )

    def curvature(
        self, parameters: FloatArray, sweeps: int, rng: np.random.Generator
    ) -> FloatArray:
        """Estimate the Gauss-Newton matrix ``2 J^T J`` of the loss.

        Energies enter exactly, forces and stresses through ``sweeps`` random sums with signs,
        whose expectation is exact (Hutchinson's sketch).

        Parameters
        ----------
        parameters
            Where.
        sweeps
            Random sums for each frame.
        rng
            Of the signs.

        Returns
        -------
        ndarray
            Shape ``(n_parameters, n_parameters)``.
        """
        self.kernel.set_parameters(parameters)
        none = np.zeros(len(self.frames))
        rows = self.kernel.pull_back(
            self.frames, self.energy_scale, np.zeros_like(self.forces), 0.0 * self.virials,
            rows=True,
        )  # fmt: skip
        matrix = 2.0 * rows.T @ rows
        for _ in range(sweeps):
            force_signs = rng.choice((-1.0, 1.0), self.forces.shape)
            virial_signs = rng.choice((-1.0, 1.0), self.virials.shape)
            rows = self.kernel.pull_back(
                self.frames, none, force_signs * self.force_scale,
                virial_signs * self.virial_scale, rows=True,
            )  # fmt: skip
            matrix += 2.0 / sweeps * (rows.T @ rows)
        return matrix

    def linear_fit(self, parameters: FloatArray, chosen: Sequence[int], ridge: float) -> FloatArray:
        """Fit moment and species coefficients by least squares.

        Parameters
        ----------
        parameters
            Where; the radial coefficients stay.
        chosen
            Frames that take part.
        ridge
            Added to the diagonal of the normal equations with unit columns.

        Returns
        -------
        ndarray
            The new parameters.
        """
        self.kernel.set_parameters(parameters)
        first = np.concatenate([[0], np.cumsum(self.kernel.sizes)])

        def normal(frame: int) -> tuple[FloatArray, FloatArray]:
            atoms = slice(first[frame], first[frame + 1])
            energy, force, virial = self.kernel.linear_rows(frame)
            rows = np.vstack([
                energy[None] * self.energy_scale[frame],
                (force * self.force_scale[atoms, :, None]).reshape(-1, len(energy)),
                virial * self.virial_scale[frame][:, None],
            ])  # fmt: skip
            labels = np.concatenate([
                [self.energies[frame] * self.energy_scale[frame]],
                (self.forces[atoms] * self.force_scale[atoms]).ravel(),
                self.virials[frame] * self.virial_scale[frame],
            ])  # fmt: skip
            return rows.T @ rows, rows.T @ labels

        m = self.kernel.n_basis + self.kernel.n_species
        matrix, vector = np.zeros((m, m)), np.zeros(m)
        with ThreadPoolExecutor(self.threads) as pool:
            for part, label in pool.map(normal, chosen):
                matrix += part
                vector += label
        scale = 1.0 / np.sqrt(np.maximum(matrix.diagonal(), 1e-300))
        scaled = matrix * scale * scale[:, None]
        scaled[np.diag_indices(m)] += ridge
        solution = scale * cho_solve(cho_factor(scaled), scale * vector)
        return np.concatenate([solution, parameters[m:]])


def _labels(atoms: Atoms, number: int) -> tuple[float, FloatArray, FloatArray]:
    """Give energy, forces and virial V sigma; a missing stress is nan."""
    results = {} if atoms.calc is None else atoms.calc.results
    for name in ("energy", "forces"):
        if name not in results or not np.all(np.isfinite(results[name])):
            raise InputError(
                f"frame {number} ({atoms.symbols}) has no finite {name}; "
                "train on frames whose calculator holds energy and forces"
            )
    stress = np.asarray(results.get("stress", np.full(6, np.nan)), dtype=float)
    if stress.shape == (3, 3):
        stress = stress[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
    forces = np.asarray(results["forces"], dtype=float)
    return float(results["energy"]), forces, stress * atoms.cell.volume
