"""Diffusivities, Haven ratio and activation energy of production runs."""

from __future__ import annotations

from pymatgen.core import Species

from amorph_flows.analysis import analyse_transport
from amorph_flows.jobs.missing import present
from amorph_flows.lammps import load_trajectory
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.transport import TransportDoc
from amorph_flows.stage import stage_job


@stage_job(TransportDoc)
def collect_transport(runs: list[TrajectoryDoc | None], ion: str) -> TransportDoc:
    """Return the transport of an ion over the temperatures of some runs.

    Runs of one temperature, such as several seeds, are taken together.

    Parameters
    ----------
    runs
        Production runs; None stands for a job that failed.
    ion
        Such as ``"Mg2+"``.
    """
    by_temperature: dict[float, list[TrajectoryDoc]] = {}
    finished = [run for run in runs if run is not None]
    for run in finished:
        by_temperature.setdefault(run.temperature_k, []).append(run)
    trajectories = {
        temperature: [load_trajectory(run.trajectory, temperature) for run in group]
        for temperature, group in sorted(by_temperature.items())
    }
    present(finished or None, "every production run")
    species = Species.from_str(ion)
    result = analyse_transport(trajectories, species.symbol, charge=species.oxi_state)
    return TransportDoc.from_result(result)
