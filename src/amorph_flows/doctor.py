"""Checks what can be used on this machine, and says what to install for the rest."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Literal

from amorph_flows.errors import AmorphFlowsError, InputError
from amorph_flows.settings import Settings
from amorph_flows.store.opening import masked

_LOW_DISK_GB = 5.0
_FULL_DISK_GB = 0.5


Level = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Check:
    """One thing that can or cannot be used.

    Parameters
    ----------
    kind
        ``"machine"``, ``"engine"``, ``"potential"``, ``"backend"`` (an environment of its own),
        ``"executable"``, ``"store"`` or ``"cluster"``.
    name
        What it is.
    level
        ``"ok"``; ``"warn"``: it is not there, which is no mistake where it is not needed;
        ``"fail"``: it has been set up and does not work.
    detail
        Version or place; what to do where it cannot be used.
    """

    kind: str
    name: str
    level: Level
    detail: str

    @property
    def usable(self) -> bool:
        """Whether it can be used."""
        return self.level == "ok"


def examine() -> Iterator[Check]:
    """Yield what can and cannot be used here; nothing is computed or compiled."""
    yield from _machine()
    yield from _engines()
    yield from _potentials()
    yield from _environments()
    settings = Settings()
    yield _tried("executable", "LAMMPS", _lammps, "fail" if settings.lammps_command else "warn")
    yield _tried("executable", "VASP", _vasp)
    yield _compiler(settings.compiler)
    yield _tried("store", "job store", _store, "fail")
    yield _tried("store", "indexes", _indexes)
    yield from _cluster()


def _tried(kind: str, name: str, probe: Callable[[], str], otherwise: Level = "warn") -> Check:
    """Return the check of a probe, which returns a detail or raises an error."""
    try:
        return Check(kind, name, "ok", probe())
    except AmorphFlowsError as error:
        return Check(kind, name, otherwise, str(error))
    except Exception as error:  # noqa: BLE001 a broken installation fails in any way
        said = masked(str(error).partition(" (configured timeouts")[0])
        return Check(kind, name, otherwise, f"broken: {type(error).__name__}: {said}")


def _machine() -> Iterator[Check]:
    cores = len(os.sched_getaffinity(0))
    yield Check("machine", "Python", "ok", platform.python_version())
    yield Check("machine", "cores", "ok", str(cores))
    free_gb = shutil.disk_usage(Path.cwd()).free / 1e9
    detail = f"{free_gb:.1f} GB free here"
    level: Level = "ok" if free_gb > _LOW_DISK_GB else "warn"
    level = level if free_gb > _FULL_DISK_GB else "fail"
    yield Check("machine", "disk", level, detail if level == "ok" else f"{detail}; make room")
    yield _tried("machine", "walltime", _walltime)


def _engines() -> Iterator[Check]:
    from amorph_flows.calculators.known import KNOWN, calculator_version, find_calculator

    for name in KNOWN:

        def probe(name: str = name) -> str:
            find_calculator(name)
            return calculator_version(name)

        yield _tried("engine", name, probe)


def _potentials() -> Iterator[Check]:
    from amorph_flows.potentials.requirements import CHECKS

    for name, check in CHECKS.items():

        def probe(name: str = name, check: Callable[[], None] = check) -> str:
            check()
            return "calculator, LAMMPS" if name == "classical" else "fit, calculator, LAMMPS"

        yield _tried("potential", name, probe)


def _environments() -> Iterator[Check]:
    from amorph_flows.potentials.environments.installed import find_installed, is_set_up
    from amorph_flows.potentials.environments.pins import ENVIRONMENTS, Environment

    for name, environment in ENVIRONMENTS.items():

        def probe(environment: Environment = environment) -> str:
            found = find_installed(environment)
            versions = ", ".join(f"{key} {value}" for key, value in found.method_versions.items())
            return f"{versions}; {' '.join(found.command)}; licence: {environment.terms}"

        yield _tried("backend", name, probe, "fail" if is_set_up(environment) else "warn")


def _lammps() -> str:
    from amorph_flows.lammps.command import lammps_command

    return " ".join(lammps_command())


def _vasp() -> str:
    from atomate2 import SETTINGS as ATOMATE2_SETTINGS

    command = os.path.expandvars(ATOMATE2_SETTINGS.VASP_CMD)
    words = shlex.split(command) or [""]
    needed = words[:1] if "-m" in words else [words[0], words[-1]]
    for program in needed:
        if shutil.which(program) is None:
            raise InputError(
                f"{program!r} of atomate2's VASP_CMD ({command!r}) is not found; load VASP's "
                "module, or set VASP_CMD in ~/.atomate2.yaml or ATOMATE2_VASP_CMD"
            )
    from pymatgen.core import SETTINGS as PYMATGEN_SETTINGS

    potcars = PYMATGEN_SETTINGS.get("PMG_VASP_PSP_DIR")
    return f"{command}; " + (f"POTCARs in {potcars}" if potcars else "PMG_VASP_PSP_DIR is not set")


def _compiler(command: str) -> Check:
    found = shutil.which(command)
    remedy = (
        f"{command!r} is not found; install g++ (Debian: apt install g++) or set AMORPH_COMPILER"
    )
    return Check("executable", "C++ compiler", "ok" if found else "warn", found or remedy)


def _package(kind: str, name: str, extra: str) -> Check:
    try:
        return Check(kind, name, "ok", metadata.version(name))
    except metadata.PackageNotFoundError:
        return Check(kind, name, "warn", f"pip install 'amorph-flows[{extra}]'")


def _walltime() -> str:
    from amorph_flows.runtime.queues import batch_job
    from amorph_flows.runtime.walltime import deadline

    end = deadline()
    if end is not None:
        return f"{(end - time.time()) / 3600:.1f} h left"
    batch = batch_job()
    if batch is not None:
        raise InputError(
            f"this is a batch job ({batch.queue} {batch.number}) and its end is not known: jobs "
            "will not stop before it; export AMORPH_WALLTIME_S in the batch script"
        )
    return "no limit here"


def _store() -> str:
    from amorph_flows.store.opening import configured_store, survives_process

    store = configured_store()
    if store is None:
        return "embedded, in the folder of each study"
    if not survives_process(store):
        raise InputError("the configured job store is seen by one process only; use MongoDB")
    store.connect()
    try:
        return f"the configured store: {type(store.docs_store).__name__}, {store.count()} documents"
    finally:
        store.close()


def _indexes() -> str:
    from amorph_flows.store.opening import configured_store

    store = configured_store()
    if store is None:
        return "made with each embedded store"
    from amorph_flows.store.indexes import missing_indexes

    store.connect()
    try:
        missing = missing_indexes(store)
    finally:
        store.close()
    if missing:
        raise InputError(
            f"{len(missing)} are missing ({missing[0]}, …); `amorph submit` or `amorph query` "
            "makes them, run by a user who may write"
        )
    return "all there"


def _cluster() -> Iterator[Check]:
    from amorph_flows.executors.fireworks import setup as checkup

    try:
        folder = checkup.configuration_folder()
    except AmorphFlowsError as error:
        yield Check("cluster", "FireWorks", "fail", str(error))
        return
    if folder is None:
        yield Check(
            "cluster", "FireWorks", "ok", "not set up; `amorph init fireworks` writes the files"
        )
        return
    yield Check("cluster", "FireWorks", "ok", f"set up in {folder}")
    for file in checkup.configuration_files(folder):
        yield _tried("cluster", file.name, partial(checkup.check_file, file), "fail")
    yield _tried("cluster", "database", checkup.check_database, "fail")
    yield _tried("cluster", "workers' store", checkup.check_store, "fail")
