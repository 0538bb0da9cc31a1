"""Transport of one element at all temperatures, and whether it can be believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.transport._arrhenius import ArrheniusFit, fit_arrhenius
from amorph_flows.analysis.transport._criteria import TransportThresholds, TransportVerdict
from amorph_flows.analysis.transport._discontinuities import Drift
from amorph_flows.analysis.transport._transport_at import transport_at
from amorph_flows.analysis.transport._unwrap import atoms_of
from amorph_flows.analysis.transport.temperature_transport import TransportAtTemperature
from amorph_flows.analysis.verdict import Verdict, believable
from amorph_flows.errors import InputError

_V = TransportVerdict


@dataclass(frozen=True)
class TransportResult:
    """Diffusivities at every temperature and what follows from them together.

    Parameters
    ----------
    ion
        Element symbol.
    charge
        Of the ion in the conductivity, elementary charges; None if not known.
    temperatures
        By increasing temperature.
    arrhenius
        The fit through the tracer diffusivities; None below two usable temperatures.
    fitted_temperatures_k
        The temperatures behind it: the believable ones if there are two, else all.
    verdicts
        On the temperatures together.
    thresholds
        What everything was held to.
    """

    ion: str
    charge: float | None
    temperatures: list[TransportAtTemperature]
    arrhenius: ArrheniusFit | None
    fitted_temperatures_k: list[float]
    verdicts: tuple[Verdict, ...]
    thresholds: TransportThresholds

    @property
    def activation_energy_ev(self) -> float | None:
        """Ea of the tracer diffusivity, eV; None below two usable temperatures."""
        return self.arrhenius.activation_energy_ev if self.arrhenius else None

    @property
    def activation_energy_interval_ev(self) -> tuple[float, float] | None:
        """95 % interval of Ea, eV."""
        return self.arrhenius.activation_energy_interval_ev if self.arrhenius else None

    @property
    def d0_cm2_s(self) -> float | None:
        """Prefactor D₀, cm²/s."""
        return self.arrhenius.d0_cm2_s if self.arrhenius else None

    @property
    def d_300k_cm2_s(self) -> float | None:
        """Tracer diffusivity at 300 K from the fit, cm²/s."""
        return self.arrhenius.d_300k_cm2_s if self.arrhenius else None

    @property
    def d_300k_interval_cm2_s(self) -> tuple[float, float] | None:
        """95 % interval of the tracer diffusivity at 300 K, cm²/s."""
        return self.arrhenius.d_300k_interval_cm2_s if self.arrhenius else None

    @property
    def believable(self) -> bool:
        """Whether every numerical verdict on activation energy and D(300 K) passed."""
        return believable(self.verdicts)

    @property
    def reasons(self) -> tuple[Verdict, ...]:
        """The verdicts, under the name that scripts ask for."""
        return self.verdicts

    @property
    def doubts(self) -> list[str]:
        """Why activation energy and D(300 K) cannot be believed; empty if they can."""
        return [str(verdict) for verdict in self.verdicts if not verdict.passed]


def analyse_transport(
    trajectories: Mapping[float, Trajectory | Sequence[Trajectory]],
    ion: str,
    drift: Drift = "host",
    charge: float | None = None,
    single_time_fs: float | None = None,
    glass_transition_k: float | None = None,
    thresholds: TransportThresholds | None = None,
) -> TransportResult:
    """Analyse the transport of one element, with intervals and verdicts.

    Parameters
    ----------
    trajectories
        By temperature, K: one trajectory, or several of the same system (several seeds).
    ion
        Element symbol of the mobile ion, such as ``"Mg"``.
    drift
        What is removed before: ``"none"``, ``"cell"`` or ``"host"``.
    charge
        Of the ion, elementary charges, for the conductivity; the only common oxidation state of
        the element if not given, and no conductivity where there are several.
    single_time_fs
        Δt of the single-time diffusivity, fs; a twentieth of the longest piece if not given.
    glass_transition_k
        Where it is known, a fit across it is not believed.
    thresholds
        What trajectories are held to; the defaults if not given.

    Returns
    -------
    TransportResult
        Temperatures in increasing order, each with its verdicts.

    Raises
    ------
    InputError
        If there is no trajectory, no such ion, or a temperature contradicts its trajectory.
    TrajectoryError
        If a longest continuous piece is shorter than eight frames, or the trajectories of one
        temperature differ in their ions or spacing of frames.

    Examples
    --------
    >>> result = analyse_transport({900: run_900, 1200: [seed_1, seed_2]}, "Mg")  # doctest: +SKIP
    >>> result.temperatures[0].doubts  # doctest: +SKIP
    """
    limits = thresholds or TransportThresholds()
    runs = _checked(trajectories, ion)
    if charge is None:
        charge = _common_charge(ion)
    temperatures = [
        transport_at(kelvin, runs[kelvin], ion, drift, charge, single_time_fs, limits)
        for kelvin in sorted(runs)
    ]
    usable = [t for t in temperatures if t.believable]
    if len(usable) < 2:
        usable = [
            t
            for t in temperatures
            if t.tracer_diffusivity_cm2_s > 0 and t.relative_error < float("inf")
        ]
    fit = None
    if len(usable) > 1:
        fit = fit_arrhenius(
            [t.temperature_k for t in usable],
            [t.tracer_diffusivity_cm2_s for t in usable],
            [t.relative_error for t in usable],
        )
    return TransportResult(
        ion,
        charge,
        temperatures,
        fit,
        [t.temperature_k for t in usable] if fit else [],
        tuple(_judge_together(usable, fit, glass_transition_k, limits)),
        limits,
    )


def _common_charge(ion: str) -> float | None:
    """Return the only common oxidation state of an element, or None where there are several.

    Parameters
    ----------
    ion
        Element symbol.
    """
    from pymatgen.core import Element

    states = Element(ion).common_oxidation_states
    return float(states[0]) if len(states) == 1 else None


def _checked(
    trajectories: Mapping[float, Trajectory | Sequence[Trajectory]], ion: str
) -> dict[float, list[Trajectory]]:
    """Return lists of trajectories by temperature, after checks that cost nothing."""
    if not trajectories:
        raise InputError("trajectories are empty; give at least one temperature")
    runs: dict[float, list[Trajectory]] = {}
    for kelvin, given in trajectories.items():
        several = [given] if isinstance(given, Trajectory) else list(given)
        if not several or kelvin <= 0:
            raise InputError(
                f"there are {len(several)} trajectories at {kelvin} K; give a positive "
                "temperature and at least one trajectory"
            )
        for trajectory in several:
            atoms_of(trajectory, ion)
            said = trajectory.temperature_k
            if said is not None and abs(said - kelvin) > 1:
                raise InputError(f"a trajectory at {said} K was given as one at {kelvin} K")
        runs[float(kelvin)] = several
    return runs


def _judge_together(
    fitted: list[TransportAtTemperature],
    fit: ArrheniusFit | None,
    glass_transition_k: float | None,
    limits: TransportThresholds,
) -> list[Verdict]:
    """Judge the fit through all temperatures."""
    kelvin = [t.temperature_k for t in fitted]
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
    return [
        _judge_believed(fitted),
        _judge_straight(fit, kelvin, glass_transition_k, limits),
        _judge_extrapolation(kelvin, glass_transition_k),
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


def _judge_straight(
    fit: ArrheniusFit,
    kelvin: list[float],
    glass_transition_k: float | None,
    limits: TransportThresholds,
) -> Verdict:
    """Judge whether one activation energy describes all temperatures."""
    thresholds = {"curvature_p": limits.curvature_p}
    if glass_transition_k is not None and min(kelvin) < glass_transition_k < max(kelvin):
        return Verdict(
            "Arrhenius?",
            _V.GLASS_TRANSITION_BETWEEN,
            False,
            "numerical",
            f"the glass transition at {glass_transition_k:g} K lies between the temperatures "
            f"{min(kelvin):g} and {max(kelvin):g} K; fit the glass alone",
            {"glass_transition_k": glass_transition_k},
            thresholds,
        )
    curved = fit.curvature_p is not None and fit.curvature_p < limits.curvature_p
    numbers = {"chi_squared": fit.chi_squared, "degrees_of_freedom": fit.degrees_of_freedom}
    return Verdict(
        "Arrhenius?",
        _V.CURVED if curved else _V.ARRHENIUS,
        not curved,
        "numerical",
        f"a straight line through {len(kelvin)} temperatures has χ² {fit.chi_squared:.3g} with "
        f"{fit.degrees_of_freedom} degrees of freedom"
        + ("; a glass transition may lie between" if curved else ""),
        numbers,
        thresholds,
    )


def _judge_extrapolation(kelvin: list[float], glass_transition_k: float | None) -> Verdict:
    """Judge D(300 K): remark on extrapolation, refuse it through a glass transition."""
    inside = min(kelvin) <= 300 <= max(kelvin)
    through = glass_transition_k is not None and 300 < glass_transition_k < min(kelvin)
    answer = _V.INTERPOLATED if inside else _V.EXTRAPOLATED
    reason = f"the diffusivities span {min(kelvin):g} to {max(kelvin):g} K"
    if through:
        answer = _V.GLASS_TRANSITION_BETWEEN
        reason += f"; 300 K lies beyond the glass transition at {glass_transition_k:g} K"
    return Verdict(
        "300 K in reach?", answer, not through, "numerical", reason,
        {"lowest_k": min(kelvin), "highest_k": max(kelvin)}, {"wanted_k": 300.0},
    )  # fmt: skip
