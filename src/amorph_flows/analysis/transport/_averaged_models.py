"""What the models of a spectrum say together, with errors.

What the choice between the models leaves open is part of an error, beside the scatter between ions
and between blocks of time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from amorph_flows.analysis.transport._diffusion import DIMENSIONS, Diffusion, Estimate
from amorph_flows.analysis.transport._jump_ratio import jump_ratio
from amorph_flows.analysis.transport._scatter import Blocks, clustered_variance, trend_of
from amorph_flows.analysis.transport._spectrum import BinnedSpectrum
from amorph_flows.analysis.transport._spectrum_models import (
    SpectrumModel,
    evidence,
    fit_models,
    gradient,
)
from amorph_flows.arrays import FloatArray

_NEGLIGIBLE = 0.003  # weight of a model
_TELLING = 0.1  # |B| over S(0): a memory smaller than this does not count


class AveragedModels:
    """The models of one spectrum, averaged by their evidence.

    Parameters
    ----------
    spectrum
        Of all pieces.
    """

    def __init__(self, spectrum: BinnedSpectrum) -> None:
        self.spectrum = spectrum
        self.models = fit_models(spectrum)
        self.plain = _split_weights(spectrum, self.models[0], _at_zero)
        self.n_series = self._n_series()
        weights = evidence(self.models, self.n_series)
        weights[weights < _NEGLIGIBLE] = 0.0
        self.weights = weights / weights.sum()
        self.used = [(w, m) for w, m in zip(self.weights, self.models, strict=True) if w]
        self.longest_memory = self.mean(_telling_time)
        self.blocks = Blocks.over(spectrum.pieces, self.longest_memory)

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
        """Return the average over models.

        Parameters
        ----------
        functional
            A number of a model.
        """
        return float(sum(w * functional(m) for w, m in self.used))

    def _spread(self, functional: Callable[[SpectrumModel], float]) -> float:
        """Return the variance between models."""
        mean = self.mean(functional)
        return float(sum(w * (functional(m) - mean) ** 2 for w, m in self.used))

    def _frequency_weights(self, functional: Callable[[SpectrumModel], float]) -> list[FloatArray]:
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
        most = float(DIMENSIONS * self.spectrum.pieces[0].n_ions)
        return float(np.clip(expected / observed, 1.0, most)) if observed else most

    def diffusion(self) -> Diffusion:
        """Return what the averaged models say, per frame of this spectrum."""
        weights = self._frequency_weights(_at_zero)
        along = self._axis_sums(weights)
        deviations = self.blocks.deviations([each.mean(axis=0) for each in along])
        found = clustered_variance(self.blocks, deviations)
        freedom = min(self._frequency_freedom(weights), self.blocks.count - 1.0)
        value = self.mean(_at_zero)
        tracer = Estimate(value, float(np.sqrt(found.both + self._spread(_at_zero))), freedom)
        ratio = jump_ratio(self.spectrum, self.used)
        error = np.hypot(ratio.error * value, ratio.value * tracer.error)
        jump = Estimate(ratio.value * value, float(error), _joint_freedom(ratio, tracer))
        plain = self._sums(self.plain)
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
            longest_memory=self.longest_memory,
            growing=self.mean(_at_zero) > self.mean(_at_once),
            moves=self._moves(plain),
            trend=trend_of(self.blocks, plain),
            n_blocks=self.blocks.count,
            intercept_a2=DIMENSIONS * self.likeliest.intercept,
            weights=self.weights,
            n_steps=self.spectrum.longest,
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

    def _moves(self, plain: Sequence[FloatArray]) -> float:
        """Return 1/(Var(S)/S²) of the estimate without memory, over time alone."""
        variance = clustered_variance(self.blocks, self.blocks.deviations(plain)).of_time
        level = self.models[0].at_zero
        return level**2 / variance if variance > 0 else float("inf")

    def _frequency_freedom(self, weights: Sequence[FloatArray]) -> float:
        """Return how many degrees of freedom of one series an estimate rests on."""
        shares = []
        for place, (piece, weight) in enumerate(zip(self.spectrum.pieces, weights, strict=True)):
            level = self._mean_level(place)
            shares.append((weight * level) ** 2 / piece.freedom)
        share = np.concatenate(shares)
        return float(2 * share.sum() ** 2 / np.sum(share**2))

    def _mean_level(self, place: int) -> FloatArray:
        """Return the averaged spectrum at every frequency of a piece."""
        piece = self.spectrum.pieces[place]
        fitted = np.asarray(sum(w * self.spectrum.split(m.fitted)[place] for w, m in self.used))
        return np.asarray(fitted[piece.bin_of])

    def _axes(self, along: Sequence[FloatArray], tracer: Estimate) -> list[Estimate]:
        """Return the diffusivity along each axis, of which that of the ions is the mean."""
        values = np.array(
            [sum(float(each[axis].sum()) for each in along) for axis in range(DIMENSIONS)]
        )
        mean = float(values.mean())
        scale = tracer.value / mean if mean * tracer.value > 0 else 1.0
        open_choice = self._spread(_at_zero)
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
        others = self.blocks.deviations(self._sums(self._frequency_weights(_at_once)))
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
        deviations = self.blocks.deviations(self._sums(weights))
        return clustered_variance(self.blocks, deviations).both


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


def _joint_freedom(first: Estimate, second: Estimate) -> float:
    """Return the freedom of a product (Satterthwaite, Biometrics Bull. 2, 110 (1946))."""
    a, b = first.relative_error**2, second.relative_error**2
    if not np.isfinite(a + b) or a + b == 0:
        return min(first.freedom, second.freedom)
    return (a + b) ** 2 / (a**2 / first.freedom + b**2 / second.freedom)
