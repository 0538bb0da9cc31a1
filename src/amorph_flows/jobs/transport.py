"""Diffusivities, Haven ratio and activation energy of production runs."""

from __future__ import annotations

from pymatgen.core import Species

from amorph_flows.analysis import TransportVerdict, analyse_transport, ion_motion
from amorph_flows.analysis.verdict import Verdict
from amorph_flows.lammps import load_trajectory
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.glass_transition import GlassTransitionDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.transport import TransportDoc


@stage_job(TransportDoc)
def collect_transport(
    runs: list[TrajectoryDoc | None], ion: str, glass_transition: GlassTransitionDoc | None = None
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
    """
    by_temperature: dict[float, list[TrajectoryDoc]] = {}
    finished = [run for run in runs if run is not None]
    for run in finished:
        by_temperature.setdefault(run.temperature_k, []).append(run)
    trajectories = {
        temperature: [load_trajectory(run.trajectory, temperature) for run in group]
        for temperature, group in sorted(by_temperature.items())
    }
    species = Species.from_str(ion)
    if not finished:
        return _nothing(species)
    found = glass_transition
    if found is not None and not found.transition.passed:
        found = None
    result = analyse_transport(
        trajectories,
        species.symbol,
        charge=species.oxi_state,
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
