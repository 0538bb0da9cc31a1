"""Verdicts on activation energy and D(300 K), from all temperatures together."""

from __future__ import annotations

from dataclasses import dataclass

from amorph_flows.analysis.transport._arrhenius import (
    ROOM_K,
    ArrheniusBend,
    ArrheniusFit,
    fit_bend,
)
from amorph_flows.analysis.transport._criteria import TransportThresholds, TransportVerdict
from amorph_flows.analysis.transport._log_fit import Interval
from amorph_flows.analysis.transport.temperature_transport import TransportAtTemperature
from amorph_flows.analysis.verdict import Verdict

_V = TransportVerdict


@dataclass(frozen=True)
class KnownTransition:
    """A glass transition that diffusivities are judged against.

    Parameters
    ----------
    temperature_k
        K.
    interval_k
        95 % interval, K; the temperature twice where it is not known.
    """

    temperature_k: float
    interval_k: Interval

    def __str__(self) -> str:
        low, high = self.interval_k
        within = f" (95 % {low:g} to {high:g} K)" if low < high else ""
        return f"the glass transition at {self.temperature_k:g} K{within}"

    @property
    def places_k(self) -> list[float]:
        """The temperature and the ends of its interval, K."""
        return sorted({self.temperature_k, *self.interval_k})

    def may_be_between(self, low_k: float, high_k: float) -> bool:
        """Return whether part of the interval lies between two temperatures.

        Parameters
        ----------
        low_k, high_k
            K.
        """
        return self.interval_k[0] < high_k and low_k < self.interval_k[1]


def judge_together(
    fitted: list[TransportAtTemperature],
    fit: ArrheniusFit | None,
    transition: KnownTransition | None,
    limits: TransportThresholds,
) -> list[Verdict]:
    """Judge the fit through all temperatures.

    Parameters
    ----------
    fitted
        The temperatures behind it.
    fit
        None where there are too few temperatures.
    transition
        Glass transition; None where it is not known.
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
                "one temperature has a diffusivity to fit; 2 are needed"
                if len(fitted) == 1
                else "no temperature has a diffusivity to fit; 2 are needed",
                {"temperatures": len(fitted)},
                {"least_temperatures": 2.0},
            )
        ]
    kelvin = [t.temperature_k for t in fitted]
    bend = []
    if transition is not None and transition.may_be_between(min(kelvin), max(kelvin)):
        bend = [_judge_bend(fitted, transition, limits)]
    return [
        _judge_converged(fitted),
        _judge_straight(fit, len(kelvin), limits),
        *bend,
        _judge_extrapolation(kelvin, fit.extrapolation_300k, transition),
    ]


def _judge_converged(fitted: list[TransportAtTemperature]) -> Verdict:
    """Judge whether the diffusivities that the fit rests on are converged."""
    doubtful = [f"{t.temperature_k:g} K" for t in fitted if not t.believable]
    good = not doubtful
    return Verdict(
        "diffusivities converged?",
        _V.DIFFUSIVE if good else _V.TOO_FEW_TEMPERATURES,
        good,
        "numerical",
        f"the fit rests on {len(fitted)} converged temperatures"
        if good
        else f"fewer than two temperatures are converged (not {', '.join(doubtful)})",
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
    fitted: list[TransportAtTemperature], transition: KnownTransition, limits: TransportThresholds
) -> Verdict:
    """Judge whether the activation energy changes at a glass transition between temperatures."""
    kelvin = [t.temperature_k for t in fitted]
    inside = min(kelvin) < transition.temperature_k < max(kelvin)
    where = (
        f"{transition} {'lies' if inside else 'may lie'} between the temperatures "
        f"{min(kelvin):g} and {max(kelvin):g} K"
    )
    numbers = {"glass_transition_k": transition.temperature_k}
    bend = _bend_to_judge(fitted, transition, limits)
    passed = False
    if bend is None:
        reason = f"{where}, and these temperatures cannot tell a bend; fit the glass alone"
    else:
        numbers |= {
            "bend_k": bend.temperature_k,
            "probability": bend.probability,
            "energy_below_ev": bend.energy_below_ev,
            "energy_above_ev": bend.energy_above_ev,
            "change_low_ev": bend.change_interval_ev[0],
            "change_high_ev": bend.change_interval_ev[1],
        }
        passed, found = _weigh_bend(bend, inside, limits)
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


def _bend_to_judge(
    fitted: list[TransportAtTemperature], transition: KnownTransition, limits: TransportThresholds
) -> ArrheniusBend | None:
    """Return the bend at the transition, or that at an end of its interval if the line bends there.

    None where the temperatures cannot tell.
    """
    tried = [
        fit_bend(
            [t.temperature_k for t in fitted],
            [t.tracer_diffusivity_cm2_s for t in fitted],
            [t.tracer_diffusivity_interval_cm2_s for t in fitted],
            place,
        )
        for place in transition.places_k
    ]
    bends = [bend for bend in tried if bend is not None]
    if not bends:
        return None
    clearest = min(bends, key=lambda bend: bend.probability)
    if clearest.probability < limits.curvature_p:
        return clearest
    return min(bends, key=lambda bend: abs(bend.temperature_k - transition.temperature_k))


def _weigh_bend(bend: ArrheniusBend, inside: bool, limits: TransportThresholds) -> tuple[bool, str]:
    """Return whether one line will do, and what was found.

    A transition that only may lie between the temperatures need not be excluded, just not seen.
    """
    low, high = bend.change_interval_ev
    change = bend.energy_below_ev - bend.energy_above_ev
    measured = (
        f"Ea changes at {bend.temperature_k:g} K by {change:.3g} eV (95 % {low:.3g} to {high:.3g} "
        f"eV), probability of none {bend.probability:.2g}"
    )
    if bend.probability < limits.curvature_p:
        return False, f"{measured}, so the line bends; fit the glass alone"
    if inside and max(-low, high) > limits.most_bend * abs(bend.energy_above_ev):
        return False, (
            f"{measured}, but a change of more than {limits.most_bend:.0%} of Ea is not excluded; "
            "more precise diffusivities would tell"
        )
    return True, f"{measured}, so one line will do"


def _judge_extrapolation(
    kelvin: list[float], extrapolation: float, transition: KnownTransition | None
) -> Verdict:
    """Judge D(300 K): say how far it is, refuse it through a glass transition."""
    through = False
    answer = _V.EXTRAPOLATED if extrapolation else _V.INTERPOLATED
    reason = f"the diffusivities span {min(kelvin):g} to {max(kelvin):g} K"
    if extrapolation:
        reason += (
            f"; 300 K is extrapolated by {extrapolation:.2g} times the span of their 1/T, on the "
            "assumption that the activation energy stays the same"
        )
    if transition is not None and transition.may_be_between(ROOM_K, min(kelvin)):
        through = True
        answer = _V.GLASS_TRANSITION_BETWEEN
        sure = ROOM_K < transition.temperature_k < min(kelvin)
        reason += f"; 300 K {'lies' if sure else 'may lie'} beyond {transition}"
    return Verdict(
        "300 K in reach?", answer, not through, "numerical", reason,
        {"lowest_k": min(kelvin), "highest_k": max(kelvin), "extrapolation_300k": extrapolation},
        {"wanted_k": ROOM_K},
    )  # fmt: skip
