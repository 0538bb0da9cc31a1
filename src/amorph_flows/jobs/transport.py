"""Diffusivities, Haven ratio and activation energy of production runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from monty.json import MSONable
from pymatgen.core import Species, Structure

from amorph_flows.analysis import TransportVerdict, analyse_transport, ion_motion
from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.verdict import Verdict
from amorph_flows.errors import InputError
from amorph_flows.jobs.fields import require_positive
from amorph_flows.jobs.prolonged_md import joined
from amorph_flows.jobs.trajectories import judge_held, trajectory_of
from amorph_flows.lammps import load_trajectory
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.glass_transition import GlassTransitionDoc
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.transport import TransportDoc

DriftOf = Literal["host", "cell", "none"]


@dataclass
class TransportSettings(MSONable):
    """How diffusivities are taken from trajectories.

    Parameters
    ----------
    drift
        What is removed before: that of the ``"host"`` or of the ``"cell"``, or ``"none"``.
    time_difference_fs
        Δt of the single-time diffusivity MSD(Δt)/6Δt, which is given beside the estimate from the
        whole run, fs; None: a twentieth of the longest piece.
    """

    drift: DriftOf = "host"
    time_difference_fs: float | None = None

    def check(self, duration_fs: float, name: str) -> None:
        """Refuse settings that no run could be analysed with.

        Parameters
        ----------
        duration_fs
            Length of the runs, fs.
        name
            Of the field that holds these settings.

        Raises
        ------
        InputError
            If a field is out of its range.
        """
        if self.drift not in ("host", "cell", "none"):
            raise InputError(f"{name}.drift is {self.drift!r}; give 'host', 'cell' or 'none'")
        if self.time_difference_fs is None:
            return
        require_positive(**{f"{name}.time_difference_fs": self.time_difference_fs})
        if not self.time_difference_fs < duration_fs:
            raise InputError(
                f"{name}.time_difference_fs is {self.time_difference_fs:g}, but the runs are "
                f"{duration_fs:g} fs long; give less, or none for a twentieth of the run"
            )


@stage_job(TransportDoc)
def collect_transport(
    runs: list[TrajectoryDoc | None],
    ion: str,
    glass_transition: GlassTransitionDoc | None = None,
    settings: TransportSettings | None = None,
) -> TransportDoc:
    """Return the transport of an ion over the temperatures of some runs.

    Runs of one temperature, such as several seeds, are taken together. Where every run failed,
    the document holds no number and says so.

    Parameters
    ----------
    runs
        Production runs; None stands for a job that failed.
    ion
        Such as ``"Mg2+"``.
    glass_transition
        That of the study, where it has one; the Arrhenius fit is tested for a bend there, unless
        the transition's own verdict was not passed.
    settings
        How diffusivities are taken; None: as by default.
    """
    by_temperature: dict[float, list[TrajectoryDoc]] = {}
    finished = [run for run in runs if run is not None]
    for run in finished:
        by_temperature.setdefault(run.temperature_k, []).append(run)
    trajectories = {
        temperature: [load_trajectory(run.trajectory, temperature) for run in group]
        for temperature, group in sorted(by_temperature.items())
    }
    return _transport(trajectories, ion, glass_transition, settings)


@stage_job(TransportDoc)
def collect_engine_transport(
    runs: list[list[LabelDoc | None]],
    ion: str,
    settings: TransportSettings | None = None,
    crystal: Structure | None = None,
) -> TransportDoc:
    """Return the transport of an ion in engine MD; as `collect_transport`.

    Parameters
    ----------
    runs
        The pieces of each run in order, which are one trajectory; None stands for one that
        failed, with which the run ends.
    ion
        Such as ``"Mg2+"``.
    settings
        How diffusivities are taken; None: as by default.
    crystal
        What the runs are glasses of, for the verdict *amorphous?*; None does not judge it.
    """
    by_temperature: dict[float, list[Trajectory]] = {}
    for pieces in runs:
        n_done = next((i for i, piece in enumerate(pieces) if piece is None), len(pieces))
        done = [piece for piece in pieces[:n_done] if piece is not None]
        if not done or done[0].stage is None:
            continue
        kelvin = done[0].stage.end_temperature_k
        trajectory = trajectory_of(joined(done, done[0].stage).frames)
        by_temperature.setdefault(kelvin, []).append(trajectory)
    found = _transport(by_temperature, ion, None, settings)
    if crystal is None:
        return found
    judged = []
    for point in found.temperatures:
        verdicts = [judge_held(run, crystal) for run in by_temperature[point.temperature_k]]
        judged.append(replace(point, verdicts=[*point.verdicts, *verdicts]))
    return found.model_copy(update={"temperatures": judged})


def _transport(
    trajectories: Mapping[float, list[Trajectory]],
    ion: str,
    glass_transition: GlassTransitionDoc | None,
    settings: TransportSettings | None,
) -> TransportDoc:
    settings = settings or TransportSettings()
    species = Species.from_str(ion)
    if not trajectories:
        return _nothing(species)
    found = glass_transition
    if found is not None and not found.transition.passed:
        found = None
    result = analyse_transport(
        trajectories,
        species.symbol,
        drift=settings.drift,
        charge=species.oxi_state,
        single_time_fs=settings.time_difference_fs,
        glass_transition_k=found.temperature_k if found else None,
        glass_transition_interval_k=found.interval_k if found else None,
    )
    motion = [
        ion_motion(max(group, key=lambda one: one.n_frames), species.symbol, temperature)
        for temperature, group in trajectories.items()
    ]
    return TransportDoc.from_result(result, motion)


def _nothing(ion: Species) -> TransportDoc:
    return TransportDoc(
        ion=ion.symbol,
        charge=ion.oxi_state,
        temperatures=[],
        activation_energy_ev=None,
        activation_energy_interval_ev=None,
        d0_cm2_s=None,
        d0_interval_cm2_s=None,
        d_300k_cm2_s=None,
        d_300k_interval_cm2_s=None,
        extrapolation_300k=None,
        fitted_temperatures_k=[],
        glass_transition_k=None,
        glass_transition_interval_k=None,
        haven_ratio_300k=None,
        haven_ratio_300k_interval=None,
        conductivity_300k_s_cm=None,
        conductivity_300k_interval_s_cm=None,
        haven_verdict=None,
        believable=False,
        verdicts=[
            Verdict(
                question="a production run to analyse?",
                answer=TransportVerdict.NONE,
                passed=False,
                scope="numerical",
                reason="every production run failed; see those jobs",
            )
        ],
        thresholds={},
    )
