"""The viscosity of a run whose stress was recorded."""

from __future__ import annotations

import numpy as np

from amorph_flows.analysis import green_kubo_viscosity
from amorph_flows.datasets.binary import decode_array
from amorph_flows.errors import InputError
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.viscosity import ViscosityDoc


@stage_job(ViscosityDoc)
def find_viscosity(run: TrajectoryDoc) -> ViscosityDoc:
    """Return the viscosity of a run at constant volume, from the stresses of its log.

    Parameters
    ----------
    run
        Of production, such as `amorph_flows.flows.ProductionMDMaker` makes. Its ``thermo_stride``
        is how often the stress was recorded; that of a liquid needs some 5 to 20 fs.

    Raises
    ------
    InputError
        If the volume was not constant, or there are too few stresses.
    """
    if run.ensemble not in ("nvt", "nve") or run.mean_volume_a3 is None:
        raise InputError(
            f"{run.run} was run under {run.ensemble.upper()}; a viscosity needs a constant volume, "
            "so give a run under NVT"
        )
    times, stresses = (
        np.asarray(decode_array(run.curves[name]), dtype=float)
        for name in ("time_fs", "pressure_tensor_gpa")
    )
    steps = np.diff(times)
    if len(steps) and not np.allclose(steps, steps[0], rtol=1e-3):
        raise InputError(f"the stresses of {run.run} are not evenly spaced in time")
    found = green_kubo_viscosity(
        stresses, float(steps[0]) if len(steps) else 1.0, run.mean_volume_a3, run.temperature_k
    )
    document = ViscosityDoc.from_result(found)
    return document.model_copy(
        update={"run_uuid": run.job_uuid, "temperature_k": run.temperature_k}
    )
