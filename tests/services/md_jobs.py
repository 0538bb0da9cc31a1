"""MD jobs that take long enough to be stopped on their way: by an engine and by LAMMPS."""

from __future__ import annotations

from jobflow import Job

from amorph_flows.engines import AseEngine
from amorph_flows.engines.configuration import to_structure
from amorph_flows.flows import SamplingMaker
from amorph_flows.jobs.production_md import run_production
from amorph_flows.lammps import LammpsMD
from amorph_flows.structures import supercell_near, v2o5
from amorph_flows.testing.alloy import alloy_frames, fitted

STEPS, STRIDE = 2000, 10


def engine_md(steps: int = STEPS, seconds: float = 0.0) -> Job:
    """Return engine MD with a restart file each `STRIDE` steps, each step of some seconds."""
    maker = SamplingMaker(
        engine=AseEngine(
            calculator="counting_toy:CountingToy", calculator_kwargs={"seconds": seconds}
        ),
        duration_fs=2.0 * steps,
        hot_frame_stride=STRIDE,
    )
    return maker.make(supercell_near(v2o5(), (11.5, 7.1, 4.4)), 1200.0)


def lammps_md(steps: int = 10 * STEPS, stride: int = STRIDE) -> Job:
    """Return MD with a potential in LAMMPS, with a frame and a restart file each `stride` steps."""
    settings = LammpsMD(
        temperature_k=300.0,
        time_step_fs=2.0,
        equilibration_fs=400.0,
        production_fs=2.0 * steps,
        frame_stride=stride,
        thermo_stride=stride,
        restart_stride=stride,
        seed=1,
    )
    cell = to_structure(alloy_frames(1, seed=0)[0].to_atoms())
    return run_production(fitted("mtp").doc, cell, 300.0, settings, (2, 2, 2), "given")
