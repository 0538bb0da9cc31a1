"""Compiling C++ sources on first use, kept in the cache folder."""

from __future__ import annotations

import platform
import shutil
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from amorph_flows.errors import CalculationError, MissingDependencyError
from amorph_flows.files import replacement
from amorph_flows.hashes import sha256_of
from amorph_flows.settings import Settings

FLAGS = ("-std=c++17", "-O3", "-fPIC", "-shared", "-fno-math-errno", "-fno-trapping-math")
NATIVE = ("-march=native",)
PORTABLE = ("-DAMORPH_PORTABLE",)


def shared_library(
    name: str,
    sources: Iterable[Path],
    *,
    flags: tuple[str, ...] = (),
    native: bool = True,
    salt: str = "",
) -> Path:
    """Compile C++ sources, or find the library compiled before.

    Parameters
    ----------
    name
        Stem of the library's file name.
    sources
        C++ files; what else their folders hold, such as headers, counts as theirs.
    flags
        Further flags: include folders, libraries.
    native
        Whether to use every instruction of this machine's CPU; otherwise the library runs on any
        CPU of this architecture and, on x86-64 with g++ 12 or newer, picks code for SSE2 or AVX2
        when it is loaded.
    salt
        Anything else that the library depends on, such as the version of LAMMPS.

    Returns
    -------
    Path
        The library. Its name holds a hash of sources, compiler, flags, CPU and ``salt``.

    Raises
    ------
    MissingDependencyError
        If there is no compiler.
    CalculationError
        If the compiler fails; the message ends with what it said.
    """
    compiler, files = _compiler(), list(sources)
    options = (*FLAGS, *(NATIVE if native else PORTABLE), *flags)
    key = "\n".join([_compiler_version(compiler), *options, _cpu(), _hash(files), salt])
    digest = sha256_of(key)[:16]
    folder = Settings().cache_dir.expanduser()
    library = folder / f"{name}-{digest}.so"
    if not library.exists():
        _compile(compiler, options, files, library)
    return library


def _compiler() -> str:
    wanted = Settings().compiler
    found = shutil.which(wanted)
    if found is None:
        raise MissingDependencyError(
            f"the C++17 compiler {wanted!r}, which compiles potentials,",
            hint="apt install g++ (or: conda install gxx); another one: AMORPH_COMPILER=clang++",
        )
    return found


def _compile(compiler: str, options: tuple[str, ...], sources: list[Path], library: Path) -> None:
    library.parent.mkdir(parents=True, exist_ok=True)
    with replacement(library) as output:
        command = [compiler, *map(str, sources), *options, "-o", str(output)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            errors = "\n".join(done.stderr.splitlines()[:20])
            raise CalculationError(f"{' '.join(command)} failed:\n{errors}")


@cache
def _compiler_version(compiler: str) -> str:
    done = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=False)
    return done.stdout.partition("\n")[0]


@cache
def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith(("flags", "Features")):
                return " ".join(sorted(line.split(":", 1)[1].split()))
    return platform.machine() + platform.processor()


def _hash(sources: list[Path]) -> str:
    folders = sorted({source.parent for source in sources})
    beside = [path for folder in folders for path in sorted(folder.iterdir()) if path.is_file()]
    names = [source.name.encode() for source in sources]
    return sha256_of(*names, *(path.name.encode() + b"\0" + path.read_bytes() for path in beside))
