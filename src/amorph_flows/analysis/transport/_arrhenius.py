"""Fit of Arrhenius' law to diffusivities with intervals, and whether it bends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase import units

from amorph_flows.analysis.transport._log_fit import Interval, exponential, fit_logarithms
from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError

ROOM_K = 300.0


@dataclass(frozen=True)
class ArrheniusFit:
    """D = D₀ exp(-Ea/kT), with 95 % intervals.

    Parameters
    ----------
    activation_energy_ev, activation_energy_interval_ev
        Ea, eV.
    d0_cm2_s, d0_interval_cm2_s
        D₀, cm²/s.
    d_300k_cm2_s, d_300k_interval_cm2_s
        D at 300 K, cm²/s.
    extrapolation_300k
        How far 300 K is from the nearest temperature, in 1/T, over the span of the temperatures;
        0 where it lies between them.
    chi_squared, degrees_of_freedom
        Misfit in units of the errors.
    curvature_p
        Probability that a straight line misfits so much by chance; None for two points.
    """

    activation_energy_ev: float
    activation_energy_interval_ev: Interval
    d0_cm2_s: float
    d0_interval_cm2_s: Interval
    d_300k_cm2_s: float
    d_300k_interval_cm2_s: Interval
    extrapolation_300k: float
    chi_squared: float
    degrees_of_freedom: int
    curvature_p: float | None


@dataclass(frozen=True)
class ArrheniusBend:
    """Two activation energies that meet at a known temperature, such as the glass transition.

    Parameters
    ----------
    temperature_k
        Where they meet, K.
    energy_below_ev, energy_above_ev
        Ea at lower and at higher temperatures, eV.
    change_interval_ev
        95 % interval of their difference, below minus above, eV.
    probability
        Of so large a difference by chance if there is one activation energy.
    """

    temperature_k: float
    energy_below_ev: float
    energy_above_ev: float
    change_interval_ev: Interval
    probability: float


def fit_arrhenius(
    temperatures_k: Sequence[float],
    diffusivities_cm2_s: Sequence[float],
    intervals_cm2_s: Sequence[Interval],
) -> ArrheniusFit:
    """Fit ln D = ln D₀ - Ea/kT (Eq. 5 of Choyal et al., Small (2025)).

    Each temperature is weighted by its own 95 % interval. Where the line misfits more than the
    intervals explain, those of the fit grow by √(χ²/ν) and Student's factor of ν degrees of
    freedom (Birge, Phys. Rev. 40, 207 (1932)).

    Parameters
    ----------
    temperatures_k
        At least two different ones, K.
    diffusivities_cm2_s
        Positive, cm²/s.
    intervals_cm2_s
        95 % intervals, cm²/s, with ends that are positive and finite.

    Raises
    ------
    InputError
        If there are fewer than two temperatures, or a diffusivity or an end of an interval is not
        positive and finite.
    """
    kelvin = np.asarray(temperatures_k, dtype=float)
    if len(np.unique(kelvin)) < 2:
        raise InputError(f"temperatures are {kelvin.tolist()}; a slope needs at least two")
    fit = fit_logarithms(_line(kelvin), diffusivities_cm2_s, intervals_cm2_s)
    energy, half_energy = fit.along([0.0, 1.0])
    d0, d0_interval = exponential(*fit.along([1.0, 0.0]))
    room, room_interval = exponential(*fit.along([1.0, -1 / (units.kB * ROOM_K)]))
    return ArrheniusFit(
        activation_energy_ev=energy,
        activation_energy_interval_ev=(energy - half_energy, energy + half_energy),
        d0_cm2_s=d0,
        d0_interval_cm2_s=d0_interval,
        d_300k_cm2_s=room,
        d_300k_interval_cm2_s=room_interval,
        extrapolation_300k=_extrapolation(kelvin),
        chi_squared=fit.chi_squared,
        degrees_of_freedom=fit.degrees_of_freedom,
        curvature_p=fit.misfit_p,
    )


def fit_bend(
    temperatures_k: Sequence[float],
    diffusivities_cm2_s: Sequence[float],
    intervals_cm2_s: Sequence[Interval],
    bend_k: float,
) -> ArrheniusBend | None:
    """Fit two activation energies that meet at a temperature, and test them against one.

    Parameters
    ----------
    temperatures_k, diffusivities_cm2_s, intervals_cm2_s
        As for `fit_arrhenius`.
    bend_k
        Where they meet, K.

    Returns
    -------
    ArrheniusBend or None
        None where the temperatures cannot tell: fewer than three, or all on one side.
    """
    kelvin = np.asarray(temperatures_k, dtype=float)
    if len(np.unique(kelvin)) < 3 or not kelvin.min() < bend_k < kelvin.max():
        return None
    beyond = np.clip(1 / kelvin - 1 / bend_k, 0.0, None) / units.kB
    design = np.column_stack([_line(kelvin), -beyond])
    fit = fit_logarithms(design, diffusivities_cm2_s, intervals_cm2_s)
    change, half = fit.along([0.0, 0.0, 1.0])
    above = float(fit.coefficients[1])
    return ArrheniusBend(
        temperature_k=bend_k,
        energy_below_ev=above + change,
        energy_above_ev=above,
        change_interval_ev=(change - half, change + half),
        probability=fit.probability_of_none(2),
    )


def _line(kelvin: FloatArray) -> FloatArray:
    return np.column_stack([np.ones(len(kelvin)), -1 / (units.kB * kelvin)])


def _extrapolation(kelvin: FloatArray) -> float:
    """Return how far 300 K is outside the temperatures, in 1/T, over their span."""
    inverse = 1 / kelvin
    outside = max(1 / ROOM_K - inverse.max(), inverse.min() - 1 / ROOM_K, 0.0)
    return float(outside / (inverse.max() - inverse.min()))
