"""Training of moment tensor potentials on energies, forces and stresses."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from ase import Atoms
from scipy.linalg import cho_factor, cho_solve

from amorph_flows.arrays import FloatArray
from amorph_flows.potentials.mtp._bfgs import Gradient, Point, bfgs
from amorph_flows.potentials.mtp._file import MTPPotential
from amorph_flows.potentials.mtp._settings import TrainingSettings
from amorph_flows.potentials.mtp.loss import Loss
from amorph_flows.schemas.fits import LossWeights
from amorph_flows.schemas.potential import HowEnded


@dataclass(frozen=True)
class Progress:
    """Loss and errors of a fit at one step.

    Parameters
    ----------
    seconds, cpu_seconds
        Since the start of the fit.
    steps
        Number of steps of the optimiser.
    loss
        On the training frames.
    validation_loss
        On the validation frames, where there are some.
    """

    seconds: float
    cpu_seconds: float
    steps: int
    loss: float
    validation_loss: float | None = None


@dataclass(frozen=True)
class TrainingResult:
    """A fitted potential and how it was found.

    Parameters
    ----------
    potential
        The potential; where validation frames were given, the best snapshot on them.
    loss
        On the training frames.
    validation_loss
        On the validation frames, where there are some.
    history
        ``(CPU seconds, loss)`` of every step.
    seed
        Of the random numbers.
    ended
        What ended the fit.
    """

    potential: MTPPotential
    loss: float
    validation_loss: float | None
    history: list[tuple[float, float]]
    seed: int
    ended: HowEnded


class MTPTrainer:
    """Fit of all coefficients to labelled frames.

    The linear coefficients by least squares, then all together by BFGS whose first metric is the
    inverse of a randomly sketched Gauss-Newton matrix, taken anew every few steps while it pays.

    Parameters
    ----------
    potential
        Where to start: an untrained potential or one fitted before, with its species.
    frames
        ASE structures whose calculators hold energy, forces and, some of them, stress.
    settings
        The optimiser.
    validation
        Frames that choose the snapshot and stop the fit; they are not fitted.
    weights
        Of energies, forces and stresses in the loss.
    of_frames
        Weight of each training and of each validation frame; None: 1.

    Raises
    ------
    InputError
        If a frame has no labels or an element that the potential lacks.

    Examples
    --------
    >>> start = untrained(12, ["Mg", "V", "O"], 5.0)  # doctest: +SKIP
    >>> fit = MTPTrainer(start, frames).train(max_seconds=60)  # doctest: +SKIP
    >>> fit.potential.write("fitted.mtp")  # doctest: +SKIP
    """

    def __init__(
        self,
        potential: MTPPotential,
        frames: Sequence[Atoms],
        settings: TrainingSettings | None = None,
        validation: Sequence[Atoms] = (),
        weights: LossWeights | None = None,
        of_frames: tuple[FloatArray | None, FloatArray | None] = (None, None),
    ) -> None:
        self.potential = potential
        self.settings = settings or TrainingSettings()
        weights, threads = weights or LossWeights(), self.settings.n_threads
        self.loss = Loss(potential, frames, weights, threads, of_frames[0])
        self.validation = None
        if validation:
            self.validation = Loss(potential, validation, weights, threads, of_frames[1])

    def train(
        self,
        max_seconds: float = np.inf,
        seed: int = 0,
        callback: Callable[[Progress], None] | None = None,
    ) -> TrainingResult:
        """Fit.

        Parameters
        ----------
        max_seconds
            Stop after this wall-clock time; otherwise when blocks stop paying.
        seed
            Of the random sketches. A fit that time does not cut short repeats exactly.
        callback
            Told of every step.

        Returns
        -------
        TrainingResult
            The potential, its loss and the history.
        """
        run = _Run(self, max_seconds, callback)
        rng = np.random.default_rng(seed)
        point = self._linear_start(rng)
        run.record(point)
        ended: HowEnded = "steps"
        for _ in range(self.settings.max_blocks):
            if run.timed_out:
                break
            before = point.value
            for step in self._block(point, rng):
                point = step
                run.record(point)
                if run.timed_out:
                    break
            self._write_checkpoint(run.best)
            pays = point.value < before * (1.0 - self.settings.tolerance)
            if not run.validate(point) or not pays:
                ended = "converged"
                break
        validation_loss = self.validation.value(run.best) if self.validation else None
        return TrainingResult(
            self.potential.with_parameters(run.best), self.loss.value(run.best), validation_loss,
            run.history, seed, "time" if run.timed_out else ended,
        )  # fmt: skip

    def _linear_start(self, rng: np.random.Generator) -> Point:
        """Start from the linear fit, unless the given coefficients are better."""
        given = self.potential.parameters
        count = min(len(self.loss.frames), self.settings.linear_frames)
        chosen = np.sort(rng.choice(len(self.loss.frames), count, replace=False))
        fitted = self.loss.linear_fit(given, chosen.tolist(), self.settings.ridge)
        points = [Point(x, *self.loss.value_and_gradient(x)) for x in (given, fitted)]
        return min(points, key=lambda point: point.value)

    def _block(self, start: Point, rng: np.random.Generator) -> Iterator[Point]:
        """Take BFGS steps in coordinates where the curvature has a unit diagonal."""
        scale, inverse = self._metric(start.x, rng)

        def scaled(y: FloatArray) -> tuple[float, Gradient]:
            value, gradient = self.loss.differentiable(y * scale)
            return value, lambda: gradient() * scale

        first = Point(start.x / scale, start.value, start.gradient * scale)
        for point in bfgs(scaled, first, inverse, self.settings.block_steps):
            yield Point(point.x * scale, point.value, point.gradient / scale)

    def _metric(
        self, parameters: FloatArray, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Give scales and the inverse of the damped, scaled sketch of the Gauss-Newton matrix."""
        n = len(parameters)
        sweeps = int(np.clip(np.ceil(4 * n / len(self.loss.frames)), 1, self.settings.sweeps))
        matrix = self.loss.curvature(parameters, sweeps, rng)
        diagonal = matrix.diagonal()
        scale = 1.0 / np.sqrt(np.maximum(diagonal, 1e-12 * diagonal.max()))
        matrix *= scale * scale[:, None]
        matrix[np.diag_indices(n)] += self.settings.damping
        return scale, cho_solve(cho_factor(matrix), np.eye(n))

    def _write_checkpoint(self, parameters: FloatArray) -> None:
        if self.settings.checkpoint is not None:
            self.potential.with_parameters(parameters).write(self.settings.checkpoint)


class _Run:
    """Clock, history and best snapshot of one fit."""

    def __init__(
        self,
        trainer: MTPTrainer,
        max_seconds: float,
        callback: Callable[[Progress], None] | None,
    ) -> None:
        self.trainer = trainer
        self.start, self.cpu_start = time.monotonic(), time.process_time()
        self.max_seconds, self.callback = max_seconds, callback
        self.history: list[tuple[float, float]] = []
        self.best: FloatArray = trainer.potential.parameters
        self.best_validation = np.inf
        self.worse_blocks = 0
        self.steps = 0
        self.every = max(1, trainer.settings.block_steps // 4)

    @property
    def timed_out(self) -> bool:
        """Whether the time is up."""
        return time.monotonic() - self.start >= self.max_seconds

    def record(self, point: Point) -> None:
        """Note a step."""
        cpu = time.process_time() - self.cpu_start
        self.history.append((cpu, point.value))
        validation = None
        if self.trainer.validation is None:
            self.best = point.x
        elif self.steps % self.every == 0:
            validation = self._consider(point)
        if self.callback:
            seconds = time.monotonic() - self.start
            self.callback(Progress(seconds, cpu, self.steps, point.value, validation))
        self.steps += 1

    def _consider(self, point: Point) -> float:
        assert self.trainer.validation is not None
        loss = self.trainer.validation.value(point.x)
        if loss < self.best_validation:
            self.best, self.best_validation = point.x, loss
            self.worse_blocks = -1
        return loss

    def validate(self, point: Point) -> bool:
        """Consider the end of a block; gives whether to go on."""
        if self.trainer.validation is not None:
            self._consider(point)
            self.worse_blocks += 1
        return self.worse_blocks < self.trainer.settings.patience
