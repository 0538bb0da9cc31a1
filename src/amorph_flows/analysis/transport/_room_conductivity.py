"""Ionic conductivity at 300 K from tracer diffusivities and Haven ratios."""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot

import numpy as np
from ase import units

from amorph_flows.analysis.transport._arrhenius import ROOM_K, ArrheniusFit
from amorph_flows.analysis.transport._criteria import TransportThresholds, TransportVerdict
from amorph_flows.analysis.transport._log_fit import (
    Interval,
    exponential,
    fit_logarithms,
    usable_interval,
)
from amorph_flows.analysis.transport.temperature_transport import TransportAtTemperature
from amorph_flows.analysis.verdict import Verdict


@dataclass(frozen=True)
class RoomConductivity:
    """Nernst-Einstein at 300 K, σ = n (ze)² D*/(H_R kT), with 95 % intervals.

    D* is that of the Arrhenius fit. The Haven ratio is the mean over the fitted temperatures, of
    its logarithm and weighted by its intervals, taken to be the same at 300 K: a fit to the jump
    diffusivities would extrapolate the noise of one collective coordinate, which is larger by the
    root of the number of ions.

    Parameters
    ----------
    s_cm, interval_s_cm
        The conductivity, S/cm; None where the charge is not known.
    haven_ratio, haven_ratio_interval
        The mean Haven ratio; its interval grows where the temperatures scatter more than theirs.
    haven_verdict
        Whether the Haven ratio is the same at all temperatures.
    """

    s_cm: float | None
    interval_s_cm: Interval | None
    haven_ratio: float
    haven_ratio_interval: Interval
    haven_verdict: Verdict


def nernst_einstein_s_cm(density_a3: float, charge: float, temperature_k: float) -> float:
    """Return n (ze)²/kT, the conductivity for each cm²/s of jump diffusivity, S/cm.

    Parameters
    ----------
    density_a3
        Ions per Å³.
    charge
        Of the ion, elementary charges.
    temperature_k
        K.
    """
    return float(density_a3 * 1e24 * charge**2 * units._e / (units.kB * temperature_k))


def room_conductivity(
    fitted: list[TransportAtTemperature],
    fit: ArrheniusFit,
    charge: float | None,
    density_a3: float,
    limits: TransportThresholds,
) -> RoomConductivity | None:
    """Return the conductivity at 300 K; None where no fitted temperature has a Haven ratio.

    Errors of D*(300 K) and of the Haven ratio are added as if they were independent: what they
    share is the noise of D*, which is small beside that of the Haven ratio.

    Parameters
    ----------
    fitted
        The temperatures behind the Arrhenius fit.
    fit
        To the tracer diffusivities.
    charge
        Of the ion, elementary charges.
    density_a3
        Ions per Å³, of the coldest temperature.
    limits
        What the Haven ratios are held to.
    """
    ratios = [
        (t.temperature_k, t.haven_ratio, t.haven_ratio_interval)
        for t in fitted
        if t.haven_ratio is not None and t.haven_ratio_interval is not None
        if usable_interval(t.haven_ratio_interval)
    ]
    if not ratios:
        return None
    values, intervals = [r for _, r, _ in ratios], [i for _, _, i in ratios]
    mean = fit_logarithms(np.ones((len(ratios), 1)), values, intervals)
    log_haven, half_haven = mean.along([1.0])
    haven, haven_interval = exponential(log_haven, half_haven)
    conductivity, interval = None, None
    if charge is not None and fit.d_300k_cm2_s > 0:
        scale = nernst_einstein_s_cm(density_a3, charge, ROOM_K)
        low, high = np.log(fit.d_300k_interval_cm2_s)
        conductivity, interval = exponential(
            float(np.log(scale * fit.d_300k_cm2_s)) - log_haven,
            hypot(float(high - low) / 2, half_haven),
        )
    return RoomConductivity(
        conductivity,
        interval,
        haven,
        haven_interval,
        _judge_haven([k for k, _, _ in ratios], values, mean.misfit_p, limits),
    )


def _judge_haven(
    kelvin: list[float],
    values: list[float],
    misfit_p: float | None,
    limits: TransportThresholds,
) -> Verdict:
    """Judge whether one Haven ratio describes all temperatures, by their scatter about it."""
    probability = 1.0 if misfit_p is None else misfit_p
    same = probability >= limits.curvature_p
    measured = ", ".join(f"{v:.3g} at {k:g} K" for k, v in zip(kelvin, values, strict=True))
    return Verdict(
        "one Haven ratio?",
        TransportVerdict.HAVEN_CONSTANT if same else TransportVerdict.HAVEN_CHANGES,
        same,
        "numerical",
        f"the Haven ratio is {measured}; probability of such scatter about one value "
        f"{probability:.2g}" + ("" if same else ", so that at 300 K is not known"),
        {"probability": probability},
        {"curvature_p": limits.curvature_p},
    )
