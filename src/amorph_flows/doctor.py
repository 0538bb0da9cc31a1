"""What of amorph_flows can be used on this machine, and what to install for the rest."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from amorph_flows.errors import AmorphFlowsError, InputError
from amorph_flows.settings import Settings

_LOW_DISK_GB = 5.0


@dataclass(frozen=True)
class Finding:
    """One thing that can or cannot be used.

    Parameters
    ----------
    kind
        ``"machine"``, ``"engine"``, ``"potential"``, ``"executable"``, ``"analysis"`` or
        ``"store"``.
    name
        What it is.
    usable
        Whether it can be used.
    detail
        Version or place; what to do where it cannot be used.
    """

    kind: str
    name: str
    usable: bool
    detail: str


def examine() -> Iterator[Finding]:
    """Yield what can and cannot be used here; nothing is computed or compiled."""
    yield from _machine()
    yield from _engines()
    yield from _potentials()
    yield _tried("executable", "LAMMPS", _lammps)
    yield _tried("executable", "VASP", _vasp)
    yield _compiler()
    yield _package("analysis", "kinisi", "kinisi")
    yield _tried("store", "job store", _store)


def _tried(kind: str, name: str, probe: Callable[[], str]) -> Finding:
    """Return the finding of a probe that returns a detail or raises what is wrong."""
    try:
        return Finding(kind, name, True, probe())
    except AmorphFlowsError as error:
        return Finding(kind, name, False, str(error))
    except Exception as error:  # noqa: BLE001 a broken installation fails in any way
        return Finding(kind, name, False, f"broken: {type(error).__name__}: {error}")


def _machine() -> Iterator[Finding]:
    cores = len(os.sched_getaffinity(0))
    yield Finding("machine", "Python", True, platform.python_version())
    yield Finding("machine", "cores", True, str(cores))
    free_gb = shutil.disk_usage(Path.cwd()).free / 1e9
    detail = f"{free_gb:.1f} GB free here"
    enough = free_gb > _LOW_DISK_GB
    yield Finding("machine", "disk", enough, detail if enough else f"{detail}; make room")


def _engines() -> Iterator[Finding]:
    from amorph_flows.engines.calculators import KNOWN, calculator_version, find_calculator

    for name in KNOWN:

        def probe(name: str = name) -> str:
            find_calculator(name)
            return calculator_version(name)

        yield _tried("engine", name, probe)


def _potentials() -> Iterator[Finding]:
    from amorph_flows.potentials import base, get_backend

    for name in base.backend_names():

        def probe(name: str = name) -> str:
            get_backend(name).check()
            return "fit, calculator, LAMMPS"

        yield _tried("potential", name, probe)


def _lammps() -> str:
    from amorph_flows.lammps.command import lammps_command

    return " ".join(lammps_command())


def _vasp() -> str:
    from atomate2 import SETTINGS as ATOMATE2_SETTINGS
    from pymatgen.core import SETTINGS as PYMATGEN_SETTINGS

    command = os.path.expandvars(ATOMATE2_SETTINGS.VASP_CMD)
    words = shlex.split(command) or [""]
    needed = words[:1] if "-m" in words else [words[0], words[-1]]
    for program in needed:
        if shutil.which(program) is None:
            raise InputError(
                f"{program!r} of atomate2's VASP_CMD ({command!r}) is not found; load VASP's "
                "module, or set VASP_CMD in ~/.atomate2.yaml or ATOMATE2_VASP_CMD"
            )
    potcars = PYMATGEN_SETTINGS.get("PMG_VASP_PSP_DIR")
    return f"{command}; " + (f"POTCARs in {potcars}" if potcars else "PMG_VASP_PSP_DIR is not set")


def _compiler() -> Finding:
    command = Settings().compiler
    found = shutil.which(command)
    remedy = (
        f"{command!r} is not found; install g++ (Debian: apt install g++) or set AMORPH_COMPILER"
    )
    return Finding("executable", "C++ compiler", found is not None, found or remedy)


def _package(kind: str, name: str, extra: str) -> Finding:
    try:
        return Finding(kind, name, True, metadata.version(name))
    except metadata.PackageNotFoundError:
        return Finding(kind, name, False, f"pip install 'amorph-flows[{extra}]'")


def _store() -> str:
    from amorph_flows.store import configured_store

    store = configured_store()
    if store is None:
        return "embedded, in the folder of each study"
    store.connect()
    return f"configured: {type(store.docs_store).__name__}, {store.count()} documents"
