"""Diffusivities from the spectrum of steps at zero frequency, with honest intervals.

D* = S(0)/2 from the mean spectrum of the ions, D_J from that of their summed steps. Models of the
spectrum are averaged by their evidence, and what the choice between them leaves open is part of the
error, beside the scatter between ions and between blocks of time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from amorph_flows.analysis.transport._msd import IonPath
from amorph_flows.analysis.transport._scatter import (
    Blocks,
    Trend,
    Variance,
    clustered_variance,
    trend_of,
)
from amorph_flows.analysis.transport._spectrum import BinnedSpectrum, StepSpectrum
from amorph_flows.analysis.transport._spectrum_models import (
    SpectrumModel,
    evidence,
    fit_models,
    gradient,
    solve_amplitudes,
)
from amorph_flows.arrays import FloatArray
from amorph_flows.errors import TrajectoryError

A2_PER_FS_IN_CM2_PER_S = 0.1
"""1 Å²/fs = 0.1 cm²/s."""
FEWEST_FRAMES = 8
_SHORTEST_PIECE = 1 / 16  # of the longest: shorter ones know nothing of slow motion
_NEGLIGIBLE = 0.003  # weight of a model
_TELLING = 0.1  # |B| over S(0): a memory smaller than this does not count
_AXES = 3
MOST_MISFIT = 1.8
"""Mean square of the spectrum's deviation from the best model, over what its scatter from one
frequency to the next explains."""
_FEWEST_STEPS = 100  # that thinning leaves


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
        return float(stats.t.ppf(0.975, max(2.0, self.freedom)))

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval, symmetric in the logarithm; from 0 where the value is not positive."""
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
        Of the models: none, one, two memories, a broad one.
    n_steps
        Of the longest piece.
    stride
        Every so many frames were used: vibration is scatter there.
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
    stride: int = 1

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
            stride=stride,
        )


def step_spectra(paths: Sequence[IonPath], runs: Sequence[int]) -> list[StepSpectrum]:
    """Return the spectra of the pieces that are long enough.

    Parameters
    ----------
    paths
        Continuous pieces.
    runs
        The trajectory that each is from.

    Raises
    ------
    TrajectoryError
        If no piece has eight frames.
    """
    longest = max((path.path.shape[2] for path in paths), default=0)
    if longest < FEWEST_FRAMES:
        raise TrajectoryError(
            f"the longest continuous piece has {longest} frames; a diffusivity needs at least "
            f"{FEWEST_FRAMES}"
        )
    least = max(FEWEST_FRAMES, longest * _SHORTEST_PIECE)
    return [
        StepSpectrum(np.diff(path.path, axis=2), run)
        for path, run in zip(paths, runs, strict=True)
        if path.path.shape[2] >= least
    ]


def estimate_diffusion(pieces: Sequence[StepSpectrum]) -> Diffusion:
    """Estimate diffusivities and memory.

    Parameters
    ----------
    pieces
        Of the same kind of ions, drift removed.
    """
    average, stride = _adequate(pieces)
    return average.diffusion().per_frame(stride, max(p.n_steps for p in pieces))


def zero_frequency(pieces: Sequence[StepSpectrum]) -> float:
    """Return S(0)/2 without an error, Å² per frame; 0 where the fit gives less.

    Parameters
    ----------
    pieces
        Of the same kind of atoms.
    """
    if not any(piece.steps.any() for piece in pieces):
        return 0.0
    average, stride = _adequate(pieces)
    return max(0.0, average.mean(_at_zero) / 2 / stride)


def _adequate(pieces: Sequence[StepSpectrum]) -> tuple[_Averaged, int]:
    """Return the models of the densest frames that they describe, and the stride to them.

    Vibration that lasts from frame to frame has peaks that no model has. Every second frame is
    taken until it is scatter: what is slow is all in there.
    """
    stride = 1
    tried: list[tuple[_Averaged, int]] = []
    while True:
        average = _Averaged(BinnedSpectrum([piece.thinned(stride) for piece in pieces]))
        tried.append((average, stride))
        if average.misfit <= MOST_MISFIT:
            return tried[-1]
        stride *= 2
        if max(piece.n_steps for piece in pieces) < _FEWEST_STEPS * stride:
            return min(tried, key=lambda each: each[0].misfit)


class _Averaged:
    """The models of one spectrum, averaged."""

    def __init__(self, spectrum: BinnedSpectrum) -> None:
        self.spectrum = spectrum
        self.models = fit_models(spectrum)
        self.plain = _split_weights(spectrum, self.models[0], _at_zero)
        self.n_series = self._n_series()
        weights = evidence(self.models, self.n_series)
        weights[weights < _NEGLIGIBLE] = 0.0
        self.weights = weights / weights.sum()
        self.used = [(w, m) for w, m in zip(self.weights, self.models, strict=True) if w]
        self.blocks = Blocks.over(spectrum.pieces, self.mean(_telling_time))

    @property
    def likeliest(self) -> SpectrumModel:
        """The model with the largest weight."""
        return max(self.used, key=lambda each: each[0])[1]

    @property
    def misfit(self) -> float:
        """Mean square deviation of the bins from the best model, in units of their scatter."""
        best = self.likeliest
        deviation = (
            self.n_series * self.spectrum.freedom * (self.spectrum.power / best.fitted - 1) ** 2
        )
        n_parameters = len(best.amplitudes) + len(best.memories)
        return float(deviation.sum() / max(len(deviation) - n_parameters, 1))

    def mean(self, functional: Callable[[SpectrumModel], float]) -> float:
        """Return the average over models."""
        return float(sum(w * functional(m) for w, m in self.used))

    def spread(self, functional: Callable[[SpectrumModel], float]) -> float:
        """Return the variance between models."""
        mean = self.mean(functional)
        return float(sum(w * (functional(m) - mean) ** 2 for w, m in self.used))

    def frequency_weights(self, functional: Callable[[SpectrumModel], float]) -> list[FloatArray]:
        """Return the weights of frequencies that give the average of a number, by piece."""
        parts = [
            [w * part for part in _split_weights(self.spectrum, m, functional)]
            for w, m in self.used
        ]
        return [np.asarray(sum(pieces)) for pieces in zip(*parts, strict=True)]

    def _n_series(self) -> float:
        """Return ν from the scatter of the spectrum about the best model, frequency by frequency.

        Weighted as in the estimate without memory, so that the frequencies of jumps count.
        """
        best = min(self.models, key=lambda m: m.deviance)
        observed = expected = 0.0
        for piece, weights, fitted in zip(
            self.spectrum.pieces, self.plain, self.spectrum.split(best.fitted), strict=True
        ):
            level = fitted[piece.bin_of]
            squared = (weights * level) ** 2
            observed += float(np.sum(squared * (piece.power / level - 1) ** 2))
            expected += float(np.sum(squared / piece.freedom))
        most = float(_AXES * self.spectrum.pieces[0].n_ions)
        return float(np.clip(expected / observed, 1.0, most)) if observed else most

    def diffusion(self) -> Diffusion:
        weights = self.frequency_weights(_at_zero)
        along = self._axis_sums(weights)
        deviations = self.blocks.deviations([each.mean(axis=0) for each in along])
        found = clustered_variance(self.blocks, deviations)
        freedom = min(self._frequency_freedom(weights), self.blocks.count - 1.0)
        value = self.mean(_at_zero)
        tracer = Estimate(value, float(np.sqrt(found.both + self.spread(_at_zero))), freedom)
        ratio = _jump_ratio(self)
        error = np.hypot(ratio.error * value, ratio.value * tracer.error)
        jump = Estimate(ratio.value * value, float(error), _joint_freedom(ratio, tracer))
        longest = self.mean(_telling_time)
        pieces = self.spectrum.pieces
        return Diffusion(
            tracer=tracer.times(0.5),
            axes=tuple(self._axes(along, tracer)),
            jump=jump.times(0.5),
            haven=Estimate(
                1 / ratio.value if ratio.value > 0 else float("nan"),
                ratio.error / ratio.value**2 if ratio.value > 0 else float("inf"),
                ratio.freedom,
            ),
            memory_time=self._memory_time(),
            correlation_factor=self._correlation_factor(deviations, tracer),
            longest_memory=longest,
            growing=self.mean(_at_zero) > self.mean(_at_once),
            moves=self._moves(),
            trend=trend_of(self.blocks, self._sums(self.plain)),
            n_blocks=self.blocks.count,
            intercept_a2=_AXES * self.likeliest.intercept,
            weights=self.weights,
            n_steps=max(p.n_steps for p in pieces),
        )

    def _axis_sums(self, weights: Sequence[FloatArray]) -> list[FloatArray]:
        """Return sums over blocks, by piece, shape ``(3, n_ions, n_blocks)``."""
        products = [
            p.weighted_products(w) for p, w in zip(self.spectrum.pieces, weights, strict=True)
        ]
        return self.blocks.sums(products)

    def _sums(self, weights: Sequence[FloatArray]) -> list[FloatArray]:
        """Return the mean over axes of sums over blocks, by piece."""
        return [np.asarray(each.mean(axis=0)) for each in self._axis_sums(weights)]

    def _moves(self) -> float:
        sums = self._sums(self.plain)
        variance = clustered_variance(self.blocks, self.blocks.deviations(sums)).of_time
        level = self.models[0].at_zero
        return level**2 / variance if variance > 0 else float("inf")

    def _frequency_freedom(self, weights: Sequence[FloatArray]) -> float:
        """Return how many degrees of freedom of one series an estimate rests on."""
        shares = []
        for place, (piece, weight) in enumerate(zip(self.spectrum.pieces, weights, strict=True)):
            level = self.mean_level(place)
            shares.append((weight * level) ** 2 / piece.freedom)
        share = np.concatenate(shares)
        return float(2 * share.sum() ** 2 / np.sum(share**2))

    def mean_level(self, place: int) -> FloatArray:
        """Return the averaged spectrum at every frequency of a piece."""
        piece = self.spectrum.pieces[place]
        fitted = np.asarray(sum(w * self.spectrum.split(m.fitted)[place] for w, m in self.used))
        return np.asarray(fitted[piece.bin_of])

    def _axes(self, along: Sequence[FloatArray], tracer: Estimate) -> list[Estimate]:
        """Return the diffusivity along each axis, of which that of the ions is the mean."""
        values = np.array([sum(float(each[axis].sum()) for each in along) for axis in range(_AXES)])
        mean = float(values.mean())
        scale = tracer.value / mean if mean * tracer.value > 0 else 1.0
        open_choice = self.spread(_at_zero)
        found = []
        for axis, value in enumerate(values):
            deviations = self.blocks.deviations([each[axis] for each in along])
            variance = clustered_variance(self.blocks, deviations).both + open_choice
            found.append(
                Estimate(float(value) * scale, float(np.sqrt(variance)), tracer.freedom).times(0.5)
            )
        return found

    def _correlation_factor(self, deviations: Sequence[FloatArray], tracer: Estimate) -> Estimate:
        at_once = self.mean(_at_once)
        if not (at_once > 0 and tracer.value > 0):
            return Estimate(float("nan"), float("inf"), tracer.freedom)
        others = self.blocks.deviations(self._sums(self.frequency_weights(_at_once)))
        joint = [a / tracer.value - b / at_once for a, b in zip(deviations, others, strict=True)]
        variance = clustered_variance(self.blocks, joint).both
        between = sum(
            w * (m.at_zero / m.at_once - tracer.value / at_once) ** 2
            for w, m in self.used
            if m.at_once > 0
        )
        value = tracer.value / at_once
        return Estimate(value, float(np.sqrt(variance * value**2 + between)), tracer.freedom)

    def _memory_time(self) -> Estimate | None:
        """Return the memory time where memory is more likely than none; its error in ln τ."""
        remembering = [(w, m) for w, m in self.used if _telling_time(m) > 0]
        total = sum(w for w, _ in remembering)
        if total < 0.5:
            return None
        times = np.log([_telling_time(m) for _, m in remembering])
        shares = np.array([w for w, _ in remembering]) / total
        mean = float(shares @ times)
        variance = float(shares @ (times - mean) ** 2)
        best = max(remembering, key=lambda each: each[0])[1]
        error = np.sqrt(variance + self._log_time_variance(best))
        value = float(np.exp(mean))
        return Estimate(value, float(value * error), max(2.0, self.blocks.count - 1.0))

    def _log_time_variance(self, model: SpectrumModel) -> float:
        """Return the variance of ln τ of a model, clustered as that of the diffusivity."""
        weights = _split_weights(self.spectrum, model, _log_time)
        variance: Variance = clustered_variance(
            self.blocks, self.blocks.deviations(self._sums(weights))
        )
        return variance.both


def _at_zero(model: SpectrumModel) -> float:
    return model.at_zero


def _at_once(model: SpectrumModel) -> float:
    return model.at_once


def _telling(model: SpectrumModel) -> int | None:
    """Return which memory lasts longest among those that matter to S(0)."""
    least = _TELLING * abs(model.at_zero)
    telling = [i for i, b in enumerate(model.amplitudes[2:]) if abs(b) >= least]
    return max(telling, key=lambda i: model.memories[i].mean_time, default=None)


def _telling_time(model: SpectrumModel) -> float:
    place = _telling(model)
    return 0.0 if place is None else model.memories[place].mean_time


def _log_time(model: SpectrumModel) -> float:
    place = _telling(model)
    return 0.0 if place is None else model.memories[place].log_time


def _split_weights(
    spectrum: BinnedSpectrum,
    model: SpectrumModel,
    functional: Callable[[SpectrumModel], float],
) -> list[FloatArray]:
    """Return the weights of frequencies, by piece, that give a number of a model."""
    by_bin = spectrum.split(gradient(spectrum, model, functional))
    return [
        (weights / piece.bin_freedom)[piece.bin_of] * piece.freedom
        for piece, weights in zip(spectrum.pieces, by_bin, strict=True)
    ]


def _jump_ratio(average: _Averaged) -> Estimate:
    """Return jump over tracer diffusivity from the spectrum of the summed steps.

    That is one series per axis, normal by the number of ions, so its Whittle likelihood gives the
    error. It has the shape of the ions' spectrum times a ratio, beside a vibration of its own; or
    the same memory times with amplitudes of their own, if the evidence asks for it.
    """
    spectrum = average.spectrum
    power = np.concatenate([p.binned(p.summed_power) for p in spectrum.pieces])
    logarithms, values, variances, freedoms = [], [], [], []
    for weight, model in average.used:
        without = model.fitted - model.amplitudes[1] * spectrum.vibration
        designs = [(np.column_stack([without, spectrum.vibration]), np.array([model.at_zero, 0.0]))]
        if model.memories:
            ones = [1.0] * len(model.memories)
            designs.append((spectrum.design(model.memories), np.array([1.0, 0.0, *ones])))
        for design, at_zero in designs:
            deviance, amplitudes, fitted = solve_amplitudes(spectrum.freedom, power, design)
            inverse = np.linalg.pinv(
                design.T @ ((spectrum.freedom / fitted**2)[:, None] * design), rcond=1e-12
            )
            shares = ((design @ (inverse @ at_zero)) * spectrum.freedom / fitted) ** 2
            shares /= spectrum.freedom
            scale = model.at_zero if model.at_zero > 0 else float("nan")
            values.append(float(at_zero @ amplitudes) / scale)
            variances.append(float(at_zero @ inverse @ at_zero) / _AXES / scale**2)
            freedoms.append(
                2 * _AXES * float(shares.sum() ** 2 / np.sum(shares**2 / spectrum.freedom))
            )
            penalty = design.shape[1] / 2 * np.log(_AXES * spectrum.freedom.sum())
            logarithms.append(np.log(weight) - _AXES * deviance - penalty)
    odds = np.exp(np.array(logarithms) - max(logarithms))
    odds /= odds.sum()
    mean = float(odds @ values)
    variance = float(odds @ (np.array(variances) + (np.array(values) - mean) ** 2))
    return Estimate(mean, float(np.sqrt(variance)), float(odds @ freedoms))


def _joint_freedom(first: Estimate, second: Estimate) -> float:
    """Return the freedom of a product (Satterthwaite, Biometrics Bull. 2, 110 (1946))."""
    a, b = first.relative_error**2, second.relative_error**2
    if not np.isfinite(a + b) or a + b == 0:
        return min(first.freedom, second.freedom)
    return (a + b) ** 2 / (a**2 / first.freedom + b**2 / second.freedom)
