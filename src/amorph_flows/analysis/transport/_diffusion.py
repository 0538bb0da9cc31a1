"""Numbers with their errors, and what the motion of ions is described by."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtrit

from amorph_flows.analysis.transport._scatter import Trend
from amorph_flows.arrays import FloatArray

DIMENSIONS = 3
A2_PER_FS_IN_CM2_PER_S = 0.1
"""1 Å²/fs = 0.1 cm²/s."""


@dataclass(frozen=True)
class Estimate:
    """A number with its standard error.

    Parameters
    ----------
    value
        In the unit of the caller.
    error
        Standard error.
    freedom
        Degrees of freedom of Student's t.
    """

    value: float
    error: float
    freedom: float

    @property
    def relative_error(self) -> float:
        """Error over value; inf where the value is not positive."""
        return self.error / self.value if self.value > 0 else float("inf")

    @property
    def quantile(self) -> float:
        """Student's factor of the 95 % interval."""
        return float(stdtrit(max(2.0, self.freedom), 0.975))

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval, symmetric in the logarithm; from 0 where the value is not positive."""
        if np.isnan(self.value):
            return 0.0, float("inf")
        if self.value <= 0:
            return 0.0, max(0.0, float(self.value + self.quantile * self.error))
        half = self.quantile * self.relative_error
        upper = float(self.value * np.exp(half)) if half < 700 else float("inf")
        return float(self.value * np.exp(-min(half, 700.0))), upper

    def times(self, factor: float) -> Estimate:
        """Return the same in another unit.

        Parameters
        ----------
        factor
            Positive.
        """
        return Estimate(self.value * factor, self.error * factor, self.freedom)


@dataclass(frozen=True)
class Diffusion:
    """What the spectrum of steps says about the motion of ions; per frame, Å.

    Parameters
    ----------
    tracer, axes, jump
        S(0)/2 of single ions, along each axis, and of their summed steps, Å² per frame.
    haven
        Tracer over jump; what both have in common cancels in its error.
    memory_time
        Of the memory of the steps, frames; None where none shows.
    correlation_factor
        S(0) over what it would be if steps had no memory; its lower part is what jumps undo.
    longest_memory
        Memory time that the run must be long beside, frames; 0 without.
    growing
        Whether the memory goes on in the same direction, as in free flight.
    moves
        Independent moves that the scatter corresponds to: Var(D)/D² of n jumps is 1/n and more.
    trend
        In the course of the run.
    n_blocks
        Blocks of time behind the errors.
    intercept_a2
        Of the line 6Dt + constant that the mean-square displacement approaches.
    weights
        Of the models: none, one, two memories, a broad one, random steps without vibration.
    n_steps
        Of the longest piece.
    """

    tracer: Estimate
    axes: tuple[Estimate, ...]
    jump: Estimate
    haven: Estimate
    memory_time: Estimate | None
    correlation_factor: Estimate
    longest_memory: float
    growing: bool
    moves: float
    trend: Trend
    n_blocks: int
    intercept_a2: float
    weights: FloatArray
    n_steps: int

    def per_frame(self, stride: int, n_steps: int) -> Diffusion:
        """Return what was found with every so many frames in units of single frames.

        Parameters
        ----------
        stride
            Frames.
        n_steps
            Steps of the longest piece, all frames counted.
        """
        each = 1 / stride
        return replace(
            self,
            tracer=self.tracer.times(each),
            axes=tuple(axis.times(each) for axis in self.axes),
            jump=self.jump.times(each),
            memory_time=self.memory_time.times(stride) if self.memory_time else None,
            longest_memory=self.longest_memory * stride,
            n_steps=n_steps,
        )
