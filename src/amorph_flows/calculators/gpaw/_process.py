"""The process that runs GPAW: how it is found, started, asked and ended."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import weakref
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel

from amorph_flows.errors import MissingDependencyError
from amorph_flows.settings import Settings

OUTPUT_FILE = "gpaw.out"
"""What the process prints, beside GPAW's own log ``gpaw.txt``."""

_CHILD = Path(__file__).with_name("_child.py")
_NO_GPAW = (
    "CC=g++ pip install 'amorph-flows[gpaw]', or set AMORPH_GPAW_PYTHON to an interpreter that "
    "has it"
)


class Installation(BaseModel):
    """The GPAW that an interpreter has.

    Parameters
    ----------
    version
        Of GPAW.
    datasets
        Size of each PAW dataset file by its name, such as ``V.PBE.gz``.
    """

    version: str
    datasets: dict[str, int]


def find_gpaw() -> Installation:
    """Return the GPAW of the interpreter `Settings.gpaw_python`, which is asked once in a process.

    Raises
    ------
    MissingDependencyError
        If there is no such interpreter, or it has no GPAW.
    """
    return _ask(*_command())


class GPAWProcess:
    """A process that the first request starts; if it dies, the next request starts another.

    Nothing of GPAW is imported here: it speaks JSON lines over pipes and may have an interpreter
    of its own. It ends with this object, with `close` or with this process.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._end: weakref.finalize[..., GPAWProcess] | None = None

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the reply to a request.

        Parameters
        ----------
        request
            As ``_child.py`` takes it.

        Raises
        ------
        MissingDependencyError
            If there is no interpreter with GPAW.
        CalculationFailed
            If the process dies; the message says how.
        """
        from ase.calculators.calculator import CalculationFailed

        process = self._running()
        try:
            cast("Any", process.stdin).write(json.dumps(request) + "\n")
            cast("Any", process.stdin).flush()
            line = cast("Any", process.stdout).readline()
        except OSError:
            line = ""
        if line.endswith("\n"):
            return cast("dict[str, Any]", json.loads(line))
        cause = _cause_of_death(process)
        self.close()
        raise CalculationFailed(cause)

    def close(self) -> None:
        """End the process, if there is one."""
        if self._end is not None:
            self._end()
        self._process = self._end = None

    @property
    def pid(self) -> int | None:
        """Its process number while there is one."""
        return None if self._process is None else self._process.pid

    def _running(self) -> subprocess.Popen[str]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        find_gpaw()
        with Path(OUTPUT_FILE).open("ab") as output:
            self._process = subprocess.Popen(
                [*_command(), str(_CHILD)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=output,
                text=True,
                env={"OMP_NUM_THREADS": "1", **os.environ},
            )
        self._end = weakref.finalize(self, _end, self._process)
        return self._process


def _command() -> list[str]:
    return shlex.split(Settings().gpaw_python) or [sys.executable]


@lru_cache(maxsize=8)
def _ask(*command: str) -> Installation:
    where = " ".join(command)
    try:
        asked = subprocess.run(
            [*command, str(_CHILD), "--describe"], capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise MissingDependencyError(
            f"the interpreter {where!r} for GPAW ({error.strerror})", hint=_NO_GPAW
        ) from error
    if asked.returncode:
        said = asked.stderr.strip().rpartition("\n")[2] or f"exit code {asked.returncode}"
        raise MissingDependencyError(f"GPAW for {where} ({said})", hint=_NO_GPAW)
    return Installation.model_validate_json(asked.stdout.rpartition("\n")[2])


def _end(process: subprocess.Popen[str]) -> None:
    """End the process, by force if it does not end by itself."""
    for pipe in (process.stdin, process.stdout):
        try:
            cast("Any", pipe).close()
        except OSError:  # it died with a request half written
            continue
    try:
        process.wait(timeout=10.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _cause_of_death(process: subprocess.Popen[str]) -> str:
    try:
        code = process.wait(timeout=10.0)
    except subprocess.TimeoutExpired:
        return "the process of GPAW closed its output"
    if code < 0:
        how = f"was ended by signal {-code} ({signal.strsignal(-code)})"
        hint = "; the memory may have been full" if -code == signal.SIGKILL else ""
        return f"the process of GPAW {how}{hint}"
    said = Path(OUTPUT_FILE).read_text(encoding="utf-8", errors="replace").strip()
    return f"the process of GPAW ended with exit code {code}: {said.rpartition(chr(10))[2]}"
