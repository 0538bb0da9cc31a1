"""Transport of one element at all temperatures, and whether it is converged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.transport._arrhenius import ArrheniusFit, fit_arrhenius
from amorph_flows.analysis.transport._arrhenius_verdicts import KnownTransition, judge_together
from amorph_flows.analysis.transport._criteria import TransportThresholds
from amorph_flows.analysis.transport._discontinuities import Drift
from amorph_flows.analysis.transport._log_fit import Interval, usable_interval
from amorph_flows.analysis.transport._room_conductivity import RoomConductivity, room_conductivity
from amorph_flows.analysis.transport._transport_at import transport_at
from amorph_flows.analysis.transport._unwrap import atoms_of
from amorph_flows.analysis.transport.temperature_transport import TransportAtTemperature
from amorph_flows.analysis.verdict import Verdict, believable
from amorph_flows.errors import InputError


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
        The temperatures behind it: the converged ones if there are two, else all.
    room_conductivity
        Conductivity and Haven ratio at 300 K; None without a fit or a Haven ratio.
    glass_transition_k, glass_transition_interval_k
        What the fit was tested against, with its 95 % interval; None where it is not known.
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
    room_conductivity: RoomConductivity | None
    glass_transition_k: float | None
    glass_transition_interval_k: Interval | None
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
    def extrapolation_300k(self) -> float | None:
        """How far 300 K is from the nearest temperature, in 1/T, over the span of all."""
        return self.arrhenius.extrapolation_300k if self.arrhenius else None

    @property
    def conductivity_300k_s_cm(self) -> float | None:
        """Conductivity at 300 K, S/cm; None where charge, fit or Haven ratio is not known."""
        return self.room_conductivity.s_cm if self.room_conductivity else None

    @property
    def conductivity_300k_interval_s_cm(self) -> Interval | None:
        """95 % interval of the conductivity at 300 K, S/cm."""
        return self.room_conductivity.interval_s_cm if self.room_conductivity else None

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
        """Why activation energy and D(300 K) are not converged; empty if they are."""
        return [str(verdict) for verdict in self.verdicts if not verdict.passed]


def analyse_transport(
    trajectories: Mapping[float, Trajectory | Sequence[Trajectory]],
    ion: str,
    drift: Drift = "host",
    charge: float | None = None,
    single_time_fs: float | None = None,
    glass_transition_k: float | None = None,
    glass_transition_interval_k: Interval | None = None,
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
        Where it is known and lies between the temperatures, the fit is tested for a bend there;
        where it lies between 300 K and the temperatures, D(300 K) is not converged.
    glass_transition_interval_k
        95 % interval of it, K, if known: both questions are then asked of the interval.
    thresholds
        What trajectories are held to; the defaults if not given.

    Returns
    -------
    TransportResult
        Temperatures in increasing order, each with its verdicts.

    Raises
    ------
    InputError
        If there is no trajectory, no such ion, a temperature contradicts its trajectory, or the
        glass transition is not within its interval.
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
    transition = _transition(glass_transition_k, glass_transition_interval_k)
    if charge is None:
        charge = _common_charge(ion)
    temperatures = [
        transport_at(kelvin, runs[kelvin], ion, drift, charge, single_time_fs, limits)
        for kelvin in sorted(runs)
    ]
    known = [t for t in temperatures if usable_interval(t.tracer_diffusivity_interval_cm2_s)]
    usable = [t for t in known if t.believable]
    if len(usable) < 2:
        usable = known
    fit, conductivity = None, None
    if len(usable) > 1:
        fit = fit_arrhenius(
            [t.temperature_k for t in usable],
            [t.tracer_diffusivity_cm2_s for t in usable],
            [t.tracer_diffusivity_interval_cm2_s for t in usable],
        )
        coldest = runs[usable[0].temperature_k][0]
        conductivity = room_conductivity(usable, fit, charge, _density(coldest, ion), limits)
    return TransportResult(
        ion,
        charge,
        temperatures,
        fit,
        [t.temperature_k for t in usable] if fit else [],
        conductivity,
        glass_transition_k,
        glass_transition_interval_k,
        tuple(judge_together(usable, fit, transition, limits)),
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


def _transition(kelvin: float | None, interval_k: Interval | None) -> KnownTransition | None:
    """Return the glass transition with its interval, if it is known."""
    if kelvin is None:
        if interval_k is not None:
            raise InputError(
                f"glass_transition_interval_k is {interval_k}; give glass_transition_k, too"
            )
        return None
    low, high = interval_k or (kelvin, kelvin)
    if not low <= kelvin <= high:
        raise InputError(
            f"glass_transition_k is {kelvin:g} K, not within {low:g} to {high:g} K; give an "
            "interval around it"
        )
    return KnownTransition(kelvin, (low, high))


def _density(trajectory: Trajectory, ion: str) -> float:
    """Return the mean number of ions per Å³."""
    volumes = np.abs(np.linalg.det(trajectory.cells))
    return len(atoms_of(trajectory, ion)) / float(volumes.mean())


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
