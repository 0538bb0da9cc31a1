"""Making the environment of a method with uv, so that a broken one never counts as good."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from amorph_flows.errors import AmorphFlowsError, CalculationError, MissingDependencyError
from amorph_flows.files import replace_file
from amorph_flows.potentials.environments.installed import (
    RECORD_FILE,
    describe_interpreter,
    folder_of,
)
from amorph_flows.potentials.environments.pins import Environment

_LAST_LINES = 15


@dataclass(frozen=True)
class Record:
    """How an environment was made; kept in its folder.

    Parameters
    ----------
    name
        Of the environment.
    python
        Version of its interpreter.
    requirements
        The pins that it was made from.
    versions
        Of the pinned packages.
    seconds
        What it took, s.
    megabytes
        What its files take; uv may share them with its own cache.
    """

    name: str
    python: str
    requirements: str
    versions: dict[str, str]
    seconds: float
    megabytes: float


def install(environment: Environment, python: str = "") -> tuple[Record, bool]:
    """Make an environment unless it is there with today's pins.

    Parameters
    ----------
    environment
        The environment.
    python
        Version or path of the interpreter to make it for; empty: this one.

    Returns
    -------
    tuple of Record and bool
        How it was made, and whether it was made now.

    Raises
    ------
    MissingDependencyError
        If uv is not found.
    CalculationError
        If uv fails, or the method cannot be imported afterwards; what was installed is removed.
    """
    folder = folder_of(environment)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        held = read_record(folder)
        if held is not None and held.requirements == environment.requirements and not python:
            return held, False
        uv = find_uv()
        remove(folder)
        try:
            record = _made(environment, folder, [uv], python or sys.executable)
        except BaseException:
            remove(folder)
            raise
    return record, True


def remove(folder: Path) -> None:
    """Remove an environment, first what says that it is whole.

    Parameters
    ----------
    folder
        Where it is, if it is.
    """
    (folder / RECORD_FILE).unlink(missing_ok=True)
    if folder.exists():
        shutil.rmtree(folder)


def read_record(folder: Path) -> Record | None:
    """Return how an environment was made, or None if it is not whole.

    Parameters
    ----------
    folder
        Where it is.
    """
    try:
        return Record(**json.loads((folder / RECORD_FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def find_uv() -> str:
    """Return the program uv: that of our own environment, else the one on the path.

    Raises
    ------
    MissingDependencyError
        If there is neither.
    """
    try:
        from uv import find_uv_bin

        return str(find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
    if found is None:
        raise MissingDependencyError("uv, which makes environments,", hint="pip install uv")
    return found


def run_uv(command: list[str], lost: str) -> None:
    """Run a command of uv.

    Parameters
    ----------
    command
        The program and its arguments.
    lost
        What there is not if it fails, the beginning of the message.

    Raises
    ------
    CalculationError
        If it fails; the message ends with what it said.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = "\n".join(done.stderr.strip().splitlines()[-_LAST_LINES:])
        raise CalculationError(
            f"{lost}; `{' '.join(command)}` ended with return code {done.returncode}:\n{said}"
        )


def _made(environment: Environment, folder: Path, uv: list[str], python: str) -> Record:
    started = time.monotonic()
    describe_interpreter.cache_clear()  # what was here before may have been asked
    lost = f"the environment of {environment.name!r} was not made"
    run_uv([*uv, "venv", "--quiet", "--no-project", "--python", python, str(folder)], lost)
    pins = folder / "requirements.txt"
    pins.write_text(environment.requirements, encoding="utf-8")
    interpreter = folder / "bin" / "python"
    command = [*uv, "pip", "install", "--quiet", "--python", str(interpreter), "-r", str(pins)]
    run_uv(command, lost)
    try:
        version, versions = describe_interpreter(
            (str(interpreter),), tuple(environment.pins), environment.modules
        )
    except AmorphFlowsError as error:
        raise CalculationError(
            f"the environment of {environment.name!r} was made, but does not work and was removed: "
            f"{error}"
        ) from error
    record = Record(
        name=environment.name,
        python=version,
        requirements=environment.requirements,
        versions=versions,
        seconds=time.monotonic() - started,
        megabytes=_megabytes(folder),
    )
    replace_file(folder / RECORD_FILE, json.dumps(asdict(record), indent=1))
    return record


def _megabytes(folder: Path) -> float:
    sizes = {}
    for path in folder.rglob("*"):
        found = path.lstat()
        sizes[found.st_ino] = found.st_size
    return sum(sizes.values()) / 1e6


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock of an environment, so that two commands do not make it at once."""
    with folder.with_name(f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
