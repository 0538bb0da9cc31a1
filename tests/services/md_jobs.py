"""MD jobs that are held on their way by `counting_toy`: by an engine and by LAMMPS."""

from __future__ import annotations

from jobflow import Job
from unfitted_backend import potential

from amorph_flows.engines import AseEngine
from amorph_flows.flows import SamplingMaker
from amorph_flows.jobs.production_md import run_production
from amorph_flows.lammps import LammpsMD
from amorph_flows.structures import v2o5

STRIDE = 10
EQUILIBRATION_STEPS = 20


def engine_md(steps: int, held_at: int = 0) -> Job:
    """Return engine MD with a restart file each `STRIDE` steps."""
    maker = SamplingMaker(
        engine=AseEngine(
            calculator="counting_toy:CountingToy", calculator_kwargs={"held_at": held_at}
        ),
        duration_fs=2.0 * steps,
        hot_frame_stride=STRIDE,
    )
    return maker.make(v2o5(), 1200.0)


def lammps_md(steps: int, held_at: int = 0) -> Job:
    """Return MD in LAMMPS, with a frame and a restart file each `STRIDE` steps."""
    settings = LammpsMD.held(
        300.0,
        2.0 * (steps - EQUILIBRATION_STEPS),
        equilibration_fs=2.0 * EQUILIBRATION_STEPS,
        frame_stride=STRIDE,
        thermo_stride=STRIDE,
        seed=1,
    ).model_copy(update={"restart_stride": STRIDE})
    toy = potential("counting_toy:CountingBackend", ["V", "O"], held_at=str(held_at))
    return run_production(toy, v2o5(), 300.0, settings, (1, 1, 1), "given")
