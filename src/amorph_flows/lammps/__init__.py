"""LAMMPS MD with a potential of any backend: input, run, restart and results."""

from typing import TYPE_CHECKING

from amorph_flows.lazy import lazy_names

if TYPE_CHECKING:
    from amorph_flows.lammps._result import LammpsResult
    from amorph_flows.lammps._run import partial_result, run_lammps_md
    from amorph_flows.lammps.command import check_lammps
    from amorph_flows.lammps.dump import load_trajectory
    from amorph_flows.lammps.input import LammpsMD
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "command": ("check_lammps",),
            "dump": ("load_trajectory",),
            "input": ("LammpsMD",),
            "_result": ("LammpsResult",),
            "_run": ("partial_result", "run_lammps_md"),
        },
    )

__all__ = [
    "LammpsMD",
    "LammpsResult",
    "check_lammps",
    "load_trajectory",
    "partial_result",
    "run_lammps_md",
]
