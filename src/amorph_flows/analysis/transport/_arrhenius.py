"""Fit of Arrhenius' law to diffusivities with errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from ase import units
from scipy import stats

from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError


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
    chi_squared, degrees_of_freedom
        Misfit in units of the errors.
    curvature_p
        Probability that a straight line misfits so much by chance; None for two points.
    """

    activation_energy_ev: float
    activation_energy_interval_ev: tuple[float, float]
    d0_cm2_s: float
    d0_interval_cm2_s: tuple[float, float]
    d_300k_cm2_s: float
    d_300k_interval_cm2_s: tuple[float, float]
    chi_squared: float
    degrees_of_freedom: int
    curvature_p: float | None


def fit_arrhenius(
    temperatures_k: Sequence[float],
    diffusivities_cm2_s: Sequence[float],
    relative_errors: Sequence[float],
) -> ArrheniusFit:
    """Fit ln D = ln D₀ - Ea/kT (Eq. 5 of Choyal et al., Small (2025)), weighted by the errors.

    Where the line misfits more than the errors explain, the intervals grow by √(χ²/ν) and Student's
    factor of ν degrees of freedom (Birge, Phys. Rev. 40, 207 (1932)).

    Parameters
    ----------
    temperatures_k
        At least two different ones, K.
    diffusivities_cm2_s
        Positive, cm²/s.
    relative_errors
        Standard errors over values.

    Raises
    ------
    InputError
        If there are fewer than two temperatures or a diffusivity is not positive.
    """
    kelvin = np.asarray(temperatures_k, dtype=float)
    values = np.asarray(diffusivities_cm2_s, dtype=float)
    errors = np.maximum(np.asarray(relative_errors, dtype=float), 1e-6)
    if len(np.unique(kelvin)) < 2:
        raise InputError(f"temperatures are {kelvin.tolist()}; a slope needs at least two")
    if not (values > 0).all() or not np.isfinite(errors).all():
        raise InputError(
            f"diffusivities {values.tolist()} with relative errors {errors.tolist()}; positive "
            "values and finite errors are needed"
        )
    design = np.column_stack([np.ones(len(kelvin)), -1 / (units.kB * kelvin)])
    covariance = np.linalg.inv(design.T @ (design / errors[:, None] ** 2))
    fitted = covariance @ (design.T @ (np.log(values) / errors**2))
    chi_squared = float(np.sum(((np.log(values) - design @ fitted) / errors) ** 2))
    return _with_intervals(fitted, covariance, chi_squared, len(kelvin) - 2)


def _with_intervals(
    fitted: FloatArray, covariance: FloatArray, chi_squared: float, freedom: int
) -> ArrheniusFit:
    """Return the fit with intervals of Ea, D₀ and D(300 K)."""
    quantile = float(stats.norm.ppf(0.975))
    if freedom > 0 and chi_squared > freedom:
        covariance = covariance * (chi_squared / freedom)
        quantile = float(stats.t.ppf(0.975, freedom))
    room = np.array([1.0, -1 / (units.kB * 300.0)])
    half_ea = quantile * float(np.sqrt(covariance[1, 1]))
    energy = float(fitted[1])
    return ArrheniusFit(
        activation_energy_ev=energy,
        activation_energy_interval_ev=(energy - half_ea, energy + half_ea),
        d0_cm2_s=_exp(fitted[0]),
        d0_interval_cm2_s=_interval(fitted[0], quantile * np.sqrt(covariance[0, 0])),
        d_300k_cm2_s=_exp(float(room @ fitted)),
        d_300k_interval_cm2_s=_interval(
            float(room @ fitted), quantile * float(np.sqrt(room @ covariance @ room))
        ),
        chi_squared=chi_squared,
        degrees_of_freedom=freedom,
        curvature_p=float(stats.chi2.sf(chi_squared, freedom)) if freedom > 0 else None,
    )


def _exp(logarithm: float) -> float:
    return float(np.exp(np.clip(logarithm, -700, 700)))


def _interval(logarithm: float, half: float) -> tuple[float, float]:
    return _exp(logarithm - half), _exp(logarithm + half)
