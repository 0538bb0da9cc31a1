"""Jump over tracer diffusivity, the inverse Haven ratio."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from amorph_flows.analysis.transport._diffusion import DIMENSIONS, Estimate
from amorph_flows.analysis.transport._spectrum import BinnedSpectrum
from amorph_flows.analysis.transport._spectrum_models import SpectrumModel, solve_amplitudes


def jump_ratio(spectrum: BinnedSpectrum, models: Sequence[tuple[float, SpectrumModel]]) -> Estimate:
    """Return jump over tracer diffusivity from the spectrum of the summed steps.

    That is one series per axis, normal by the number of ions, so its Whittle likelihood gives the
    error. It has the shape of the ions' spectrum times a ratio, beside a vibration of its own; or
    the same memory times with amplitudes of their own, if the evidence asks for it.

    Parameters
    ----------
    spectrum
        Of all pieces.
    models
        Of the ions' spectrum, with their weights.
    """
    power = np.concatenate([p.binned(p.summed_power) for p in spectrum.pieces])
    logarithms, values, variances, freedoms = [], [], [], []
    for weight, model in models:
        without = model.fitted - model.amplitudes[1] * spectrum.vibration
        designs = [(np.column_stack([without, spectrum.vibration]), np.array([model.at_zero, 0.0]))]
        if not model.vibrates:
            designs = [(without[:, None], np.array([model.at_zero]))]
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
            variances.append(float(at_zero @ inverse @ at_zero) / DIMENSIONS / scale**2)
            freedoms.append(
                2 * DIMENSIONS * float(shares.sum() ** 2 / np.sum(shares**2 / spectrum.freedom))
            )
            penalty = design.shape[1] / 2 * np.log(DIMENSIONS * spectrum.freedom.sum())
            logarithms.append(np.log(weight) - DIMENSIONS * deviance - penalty)
    odds = np.exp(np.array(logarithms) - max(logarithms))
    odds /= odds.sum()
    mean = float(odds @ values)
    variance = float(odds @ (np.array(variances) + (np.array(values) - mean) ** 2))
    return Estimate(mean, float(np.sqrt(variance)), float(odds @ freedoms))
