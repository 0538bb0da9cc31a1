"""Files of a LAMMPS run, what its log is marked with, and its restart files by name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DATA_FILE = "start.data"
DUMP_FILE = "trajectory.lammpstrj"
FINAL_FILE = "final.lammpstrj"
LOG_FILE = "log.lammps"
RESTART_PREFIX = "restart"
EXTERNAL_FIX = "potential"
STAGE_MARK = "amorph stage"
"""Before the index of a stage, printed to the log where it begins or goes on."""
STAGE_VARIABLE = "stage"
"""LAMMPS variable of the index of a stage; the pair style that grades reads it too."""
COMPLETE = "run complete"
"""Printed to the log when the last stage has ended."""
FINISHED = "run finished"
"""Printed to the log when the last command was reached, after a stop as well."""
THERMO_COLUMNS = (
    "step temp pe ke press enthalpy vol density pxx pyy pzz pyz pxz pxy lx ly lz yz xz xy"
)


@dataclass(frozen=True)
class Restart:
    """A restart file.

    Parameters
    ----------
    stage
        Index of the stage that goes on from it.
    step
        MD step; in a minimisation the iterations so far are added.
    path
        The file.
    """

    stage: int
    step: int
    path: Path
