"""Verdicts on activation energy and D(300 K), from all temperatures together."""

from __future__ import annotations

from amorph_flows.analysis.transport._arrhenius import (
    ROOM_K,
    ArrheniusBend,
    ArrheniusFit,
    fit_bend,
)
from amorph_flows.analysis.transport._criteria import TransportThresholds, TransportVerdict
from amorph_flows.analysis.transport.temperature_transport import TransportAtTemperature
from amorph_flows.analysis.verdict import Verdict

_V = TransportVerdict


def judge_together(
    fitted: list[TransportAtTemperature],
    fit: ArrheniusFit | None,
    glass_transition_k: float | None,
    limits: TransportThresholds,
) -> list[Verdict]:
    """Judge the fit through all temperatures.

    Parameters
    ----------
    fitted
        The temperatures behind it.
    fit
        None where there are too few temperatures.
    glass_transition_k
        None where it is not known.
    limits
        What the fit is held to.
    """
    if fit is None:
        return [
            Verdict(
                "Arrhenius?",
                _V.TOO_FEW_TEMPERATURES,
                False,
                "numerical",
                f"{len(fitted)} temperatures have a diffusivity to fit; 2 are needed",
                {"temperatures": len(fitted)},
                {"least_temperatures": 2.0},
            )
        ]
    kelvin = [t.temperature_k for t in fitted]
    between = glass_transition_k is not None and min(kelvin) < glass_transition_k < max(kelvin)
    return [
        _judge_believed(fitted),
        _judge_straight(fit, len(kelvin), limits),
        *([_judge_bend(fitted, glass_transition_k, limits)] if between else []),
        _judge_extrapolation(kelvin, fit.extrapolation_300k, glass_transition_k),
    ]


def _judge_believed(fitted: list[TransportAtTemperature]) -> Verdict:
    """Judge whether the diffusivities that the fit rests on can be believed."""
    doubtful = [f"{t.temperature_k:g} K" for t in fitted if not t.believable]
    good = not doubtful
    return Verdict(
        "diffusivities believed?",
        _V.DIFFUSIVE if good else _V.TOO_FEW_TEMPERATURES,
        good,
        "numerical",
        f"the fit rests on {len(fitted)} believable temperatures"
        if good
        else f"fewer than two temperatures can be believed (not {', '.join(doubtful)})",
        {"doubtful": len(doubtful)},
        {"least_temperatures": 2.0},
    )


def _judge_straight(fit: ArrheniusFit, n_temperatures: int, limits: TransportThresholds) -> Verdict:
    """Judge whether one activation energy describes all temperatures."""
    curved = fit.curvature_p is not None and fit.curvature_p < limits.curvature_p
    return Verdict(
        "Arrhenius?",
        _V.CURVED if curved else _V.ARRHENIUS,
        not curved,
        "numerical",
        f"a straight line through {n_temperatures} temperatures has χ² {fit.chi_squared:.3g} with "
        f"{fit.degrees_of_freedom} degrees of freedom"
        + ("; a glass transition may lie between" if curved else ""),
        {"chi_squared": fit.chi_squared, "degrees_of_freedom": fit.degrees_of_freedom},
        {"curvature_p": limits.curvature_p},
    )


def _judge_bend(
    fitted: list[TransportAtTemperature],
    glass_transition_k: float | None,
    limits: TransportThresholds,
) -> Verdict:
    """Judge whether the activation energy changes at a glass transition between temperatures."""
    assert glass_transition_k is not None
    bend = fit_bend(
        [t.temperature_k for t in fitted],
        [t.tracer_diffusivity_cm2_s for t in fitted],
        [t.tracer_diffusivity_interval_cm2_s for t in fitted],
        glass_transition_k,
    )
    kelvin = [t.temperature_k for t in fitted]
    where = (
        f"the glass transition at {glass_transition_k:g} K lies between the temperatures "
        f"{min(kelvin):g} and {max(kelvin):g} K"
    )
    numbers = {"glass_transition_k": glass_transition_k}
    passed = False
    if bend is None:
        reason = f"{where}, and two temperatures cannot tell a bend; fit the glass alone"
    else:
        numbers |= {
            "probability": bend.probability,
            "energy_below_ev": bend.energy_below_ev,
            "energy_above_ev": bend.energy_above_ev,
            "change_low_ev": bend.change_interval_ev[0],
            "change_high_ev": bend.change_interval_ev[1],
        }
        passed, found = _weigh_bend(bend, limits)
        reason = f"{where}; {found}"
    return Verdict(
        "one line through the glass transition?",
        _V.NO_BEND if passed else _V.GLASS_TRANSITION_BETWEEN,
        passed,
        "numerical",
        reason,
        numbers,
        {"curvature_p": limits.curvature_p, "most_bend": limits.most_bend},
    )


def _weigh_bend(bend: ArrheniusBend, limits: TransportThresholds) -> tuple[bool, str]:
    """Return whether one line will do, and what was found."""
    low, high = bend.change_interval_ev
    change = bend.energy_below_ev - bend.energy_above_ev
    measured = (
        f"Ea changes there by {change:.3g} eV (95 % {low:.3g} to {high:.3g} eV), probability of "
        f"none {bend.probability:.2g}"
    )
    if bend.probability < limits.curvature_p:
        return False, f"{measured}, so the line bends; fit the glass alone"
    if max(-low, high) > limits.most_bend * abs(bend.energy_above_ev):
        return False, (
            f"{measured}, but a change of more than {limits.most_bend:.0%} of Ea is not excluded; "
            "more precise diffusivities would tell"
        )
    return True, f"{measured}, so one line will do"


def _judge_extrapolation(
    kelvin: list[float], extrapolation: float, glass_transition_k: float | None
) -> Verdict:
    """Judge D(300 K): say how far it is, refuse it through a glass transition."""
    through = glass_transition_k is not None and ROOM_K < glass_transition_k < min(kelvin)
    answer = _V.EXTRAPOLATED if extrapolation else _V.INTERPOLATED
    reason = f"the diffusivities span {min(kelvin):g} to {max(kelvin):g} K"
    if extrapolation:
        reason += (
            f"; 300 K is extrapolated by {extrapolation:.2g} times the span of their 1/T, on the "
            "assumption that the activation energy stays the same"
        )
    if through:
        answer = _V.GLASS_TRANSITION_BETWEEN
        reason += f"; 300 K lies beyond the glass transition at {glass_transition_k:g} K"
    return Verdict(
        "300 K in reach?", answer, not through, "numerical", reason,
        {"lowest_k": min(kelvin), "highest_k": max(kelvin), "extrapolation_300k": extrapolation},
        {"wanted_k": ROOM_K},
    )  # fmt: skip
