"""Spectra of the ions' steps, and what a memory of the steps looks like in them.

The power spectrum of the steps between frames, S(ω), is that of the velocity: at zero frequency it
is 2D per axis (the Green-Kubo relation), with no lag to choose. A run of T steps shows S smeared by
its finite length, E P(ω) = Σ_m (1 - |m|/T) C(m) exp(-iωm); the shapes below contain this exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import fft

from amorph_flows.arrays import FloatArray, IntArray

_BIN_RATIO = 1.12
"""Frequencies are averaged in bins whose edges grow by this factor; the four lowest stand alone."""
_LEAST_POWER = 1e-12  # over the largest: free flight has no power but at zero frequency
_MEMORY_STEP = 0.5
"""Distance in ln τ of the exponentials that make a broad memory."""


@dataclass(frozen=True)
class StepSpectrum:
    """Periodograms of the steps of ions in one continuous piece.

    Parameters
    ----------
    steps
        Å, shape ``(3, n_ions, n_steps)``.
    run
        Which trajectory the piece is from: pieces of one trajectory have the same ions.
    """

    steps: FloatArray
    run: int = 0

    @property
    def n_steps(self) -> int:
        """Number of steps, T."""
        return self.steps.shape[2]

    @property
    def n_ions(self) -> int:
        """Number of ions."""
        return self.steps.shape[1]

    def thinned(self, stride: int) -> StepSpectrum:
        """Return the spectrum of the steps between every so many frames.

        Parameters
        ----------
        stride
            Frames.
        """
        if stride == 1:
            return self
        n_kept = self.n_steps // stride
        kept = self.steps[:, :, : n_kept * stride].reshape(3, self.n_ions, n_kept, stride)
        return StepSpectrum(kept.sum(axis=3), self.run)

    @cached_property
    def transform(self) -> np.ndarray[tuple[int, ...], np.dtype[np.complex128]]:
        """Fourier transform of the steps, shape ``(3, n_ions, n_frequencies)``."""
        return np.asarray(fft.rfft(self.steps, axis=2))

    @cached_property
    def summed_steps(self) -> FloatArray:
        """Steps of all ions together over √n_ions, Å, shape ``(3, n_steps)``."""
        return np.asarray(self.steps.sum(axis=1) / np.sqrt(self.n_ions))

    @cached_property
    def freedom(self) -> FloatArray:
        """Degrees of freedom of each frequency over two: half at zero and at the highest one."""
        halves = np.ones(self.n_steps // 2 + 1)
        halves[0] = 0.5
        if self.n_steps % 2 == 0:
            halves[-1] = 0.5
        return halves

    @cached_property
    def edges(self) -> IntArray:
        """First frequency of each bin."""
        n_frequencies, edges = len(self.freedom), [0, 1, 2, 3, 4]
        while edges[-1] < n_frequencies:
            edges.append(max(edges[-1] + 1, round(edges[-1] * _BIN_RATIO)))
        return np.array([edge for edge in edges if edge < n_frequencies])

    @cached_property
    def bin_of(self) -> IntArray:
        """The bin of each frequency."""
        return np.repeat(
            np.arange(len(self.edges)), np.diff(np.append(self.edges, len(self.freedom)))
        )

    @cached_property
    def bin_freedom(self) -> FloatArray:
        """Sum of the freedom of each bin."""
        return np.asarray(np.add.reduceat(self.freedom, self.edges))

    def binned(self, values: FloatArray) -> FloatArray:
        """Return averages over the bins of values at every frequency (the last axis).

        Parameters
        ----------
        values
            Shape ``(..., n_frequencies)``.
        """
        sums = np.add.reduceat(values * self.freedom, self.edges, axis=-1)
        return np.asarray(sums / self.bin_freedom)

    @cached_property
    def power_axes(self) -> FloatArray:
        """Mean periodogram of the ions along each axis, Å², shape ``(3, n_frequencies)``."""
        squared = np.abs(self.transform) ** 2
        return np.asarray(squared.mean(axis=1) / self.n_steps)

    @cached_property
    def power(self) -> FloatArray:
        """Mean periodogram over axes and ions, Å², shape ``(n_frequencies,)``."""
        return np.asarray(self.power_axes.mean(axis=0))

    @cached_property
    def summed_power(self) -> FloatArray:
        """Mean periodogram over axes of the summed steps, Å²."""
        transform = fft.rfft(self.summed_steps, axis=1)
        return np.asarray((np.abs(transform) ** 2).mean(axis=0) / self.n_steps)

    @cached_property
    def frequencies(self) -> FloatArray:
        """Mean angular frequency of each bin, per frame."""
        return self.binned(2 * np.pi * np.arange(len(self.freedom)) / self.n_steps)

    @cached_property
    def vibration(self) -> FloatArray:
        """Shape of positions that scatter independently in each frame: 2 - 2(1 - 1/T) cos ω."""
        angle = 2 * np.pi * np.arange(len(self.freedom)) / self.n_steps
        return self.binned(2 - 2 * (1 - 1 / self.n_steps) * np.cos(angle))

    def exponential(self, log_time: float) -> FloatArray:
        """Return the shape of a memory ρ^m, ρ = exp(-1/τ), over its value at zero in a long run.

        2 Re[1/(1 - z) - z (1 - ρ^T)/(T (1 - z)²)] - 1 with z = ρ exp(-iω), over (1 + ρ)/(1 - ρ).

        Parameters
        ----------
        log_time
            ln τ, τ in frames.
        """
        decay = np.exp(-np.exp(-log_time))
        z = decay * np.exp(-1j * self.frequencies)
        missing = z * (1 - decay**self.n_steps) / (self.n_steps * (1 - z) ** 2)
        shape = 2 * (1 / (1 - z) - missing).real - 1
        return np.asarray(shape * (1 - decay) / (1 + decay))

    def weighted_products(self, weights: FloatArray) -> FloatArray:
        """Return what each ion and step contributes to a weighted sum of power, along each axis.

        Σ_k w_k P_k = Σ_t u_t (κ∗u)_t with κ the inverse transform of the weights.

        Parameters
        ----------
        weights
            Of every frequency.

        Returns
        -------
        FloatArray
            Shape ``(3, n_ions, n_steps)``; each axis sums to the weighted
            sum of its mean power.
        """
        two_sided = weights * np.where(self.freedom == 0.5, 1.0, 0.5)
        smoothed = fft.irfft(self.transform * two_sided, n=self.n_steps, axis=2)
        return np.asarray(self.steps * smoothed / self.n_ions)


@dataclass(frozen=True)
class Memory:
    """A memory of the steps that decays: one exponential, or one for each time in a range.

    Parameters
    ----------
    log_time
        ln of the longest time, frames.
    width
        Length of the range of ln τ; 0 is one exponential.
    """

    log_time: float
    width: float = 0.0

    @property
    def parts(self) -> tuple[FloatArray, FloatArray]:
        """Logarithms of the times of its exponentials, and their shares of S(0)."""
        if not self.width:
            return np.array([self.log_time]), np.ones(1)
        count = int(self.width / _MEMORY_STEP) + 1
        times = np.linspace(self.log_time - self.width, self.log_time, count)
        times = times[times > -0.7]
        shares = np.ones(len(times))
        shares[0] = shares[-1] = 0.5
        return times, shares / shares.sum()

    @property
    def mean_time(self) -> float:
        """Mean time of its exponentials, frames."""
        times, shares = self.parts
        return float(shares @ np.exp(times))

    @property
    def at_once(self) -> float:
        """C(0) over the value of the spectrum at zero frequency."""
        times, shares = self.parts
        decay = np.exp(-np.exp(-times))
        return float(shares @ ((1 - decay) / (1 + decay)))

    @property
    def offset(self) -> float:
        """What it takes off the mean-square displacement at long lags, frames: Σ 2ρ/(1 - ρ²)."""
        times, shares = self.parts
        decay = np.exp(-np.exp(-times))
        return float(shares @ (2 * decay / (1 - decay**2)))

    def later(self, change: float) -> Memory:
        """Return the memory with another ln τ.

        Parameters
        ----------
        change
            Of ln τ.
        """
        return Memory(self.log_time + change, self.width)


class BinnedSpectrum:
    """The bins of all pieces, one after the other, and the shapes that are fitted to them.

    Parameters
    ----------
    pieces
        Of the same kind of ions.
    """

    def __init__(self, pieces: Sequence[StepSpectrum]) -> None:
        self.pieces = pieces
        self.freedom = np.concatenate([p.bin_freedom for p in pieces])
        power = np.concatenate([p.binned(p.power) for p in pieces])
        self.power = np.maximum(power, _LEAST_POWER * float(power.max()))
        self.vibration = np.concatenate([p.vibration for p in pieces])
        self._exponentials: dict[float, FloatArray] = {}

    @property
    def longest(self) -> int:
        """Steps of the longest piece."""
        return max(p.n_steps for p in self.pieces)

    @property
    def n_steps(self) -> int:
        """Steps of all pieces."""
        return sum(p.n_steps for p in self.pieces)

    def shape(self, memory: Memory) -> FloatArray:
        """Return the shape of a memory in every bin, 1 at zero frequency in a long run.

        Parameters
        ----------
        memory
            Any.
        """
        total = np.zeros(len(self.freedom))
        for log_time, share in zip(*memory.parts, strict=True):
            key = round(float(log_time), 6)
            if key not in self._exponentials:
                self._exponentials[key] = np.concatenate(
                    [p.exponential(float(log_time)) for p in self.pieces]
                )
            total += share * self._exponentials[key]
        return total

    def design(self, memories: Sequence[Memory]) -> FloatArray:
        """Return the shapes as columns: constant, vibration, memories.

        Parameters
        ----------
        memories
            Any number.
        """
        columns = [np.ones(len(self.freedom)), self.vibration, *map(self.shape, memories)]
        return np.column_stack(columns)

    def split(self, values: FloatArray) -> list[FloatArray]:
        """Return the values of bins by piece.

        Parameters
        ----------
        values
            Of every bin.
        """
        return np.split(values, np.cumsum([len(p.edges) for p in self.pieces])[:-1])
