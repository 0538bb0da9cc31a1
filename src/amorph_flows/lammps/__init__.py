"""LAMMPS MD with a potential of any backend: input, run, restart and results."""

from typing import TYPE_CHECKING

from amorph_flows.lazy import lazy_names

if TYPE_CHECKING:
    from amorph_flows.lammps._result import LammpsResult
    from amorph_flows.lammps._run import partial_result, run_lammps_md
    from amorph_flows.lammps.command import check_lammps
    from amorph_flows.lammps.dump import load_trajectory
    from amorph_flows.lammps.glass_schedule import GlassSchedule
    from amorph_flows.lammps.stages import NPT, NVE, NVT, Deform, LammpsMD, Minimise
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "command": ("check_lammps",),
            "dump": ("load_trajectory",),
            "glass_schedule": ("GlassSchedule",),
            "stages": ("NPT", "NVE", "NVT", "Deform", "LammpsMD", "Minimise"),
            "_result": ("LammpsResult",),
            "_run": ("partial_result", "run_lammps_md"),
        },
    )

__all__ = [
    "NPT",
    "NVE",
    "NVT",
    "Deform",
    "GlassSchedule",
    "LammpsMD",
    "LammpsResult",
    "Minimise",
    "check_lammps",
    "load_trajectory",
    "partial_result",
    "run_lammps_md",
]
