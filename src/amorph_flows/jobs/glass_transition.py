"""The glass transition from the energy of a cooling run."""

from __future__ import annotations

import numpy as np

from amorph_flows.analysis import fit_glass_transition
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.glass_transition import GlassTransitionDoc
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.production_md import TrajectoryDoc


@stage_job(GlassTransitionDoc)
def collect_glass_transition(
    temperatures_k: list[float],
    runs: list[LabelDoc | TrajectoryDoc | None],
    equilibration_share: float = 0.5,
) -> GlassTransitionDoc:
    """Return where the energy of a cooling run bends.

    Parameters
    ----------
    temperatures_k
        Of each run, K.
    runs
        Engine MD or production MD at each temperature; None stands for a job that failed, whose
        temperature is left out.
    equilibration_share
        First part of each engine MD that is not averaged over.

    Raises
    ------
    InputError
        If fewer than six temperatures are left.
    """
    curve = [
        (temperature, _mean_energy(run, equilibration_share))
        for temperature, run in zip(temperatures_k, runs, strict=True)
        if run is not None
    ]
    temperatures, energies = [t for t, _ in curve], [e for _, e in curve]
    document = GlassTransitionDoc.from_result(fit_glass_transition(temperatures, energies))
    return document.model_copy(
        update={"temperatures_k": temperatures, "energies_ev_atom": energies}
    )


def _mean_energy(run: LabelDoc | TrajectoryDoc, equilibration_share: float) -> float:
    """Return the mean potential energy, eV/atom."""
    if isinstance(run, TrajectoryDoc):
        return run.mean_energy_ev_atom
    energies = [frame.energy_ev_atom for frame in run.frames]
    return float(np.mean(energies[int(equilibration_share * len(energies)) :]))
