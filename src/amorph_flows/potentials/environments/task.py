"""A long function of a method, such as its training, run by the interpreter of its environment."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import Any, Literal

from amorph_flows.errors import CalculationError
from amorph_flows.files import replace_file
from amorph_flows.hashes import sha256_of
from amorph_flows.potentials.environments._child import INPUT_FILE, PROGRESS_FILE, RESULT_FILE
from amorph_flows.potentials.environments.installed import CHILD, Installed
from amorph_flows.runtime.progress import report_progress
from amorph_flows.runtime.walltime import remaining_s

LOG_FILE = "task.log"
"""What the method prints, all pieces one after another."""

_POLL_S = 0.2
_GRACE_S = 60.0
_LAST_LINES = 15


@dataclass(frozen=True)
class TaskEnd:
    """How a task ended.

    Parameters
    ----------
    ended
        ``"done"``; ``"time"``: it used up its time and gave what it had; ``"walltime"``: the
        queue job is about to end and the task goes on when it is run again in its folder.
    result
        What its function returned, empty where it is to go on.
    history
        ``(CPU seconds, loss)`` of what it reported.
    cpu_seconds
        CPU time of all its pieces, s.
    peak_mb
        The largest memory of one of its processes, MB.
    """

    ended: Literal["done", "time", "walltime"]
    result: dict[str, Any] = field(default_factory=dict)
    history: list[tuple[float, float]] = field(default_factory=list)
    cpu_seconds: float = 0.0
    peak_mb: float = 0.0


def run_task(
    installed: Installed,
    script: Path,
    function: str,
    folder: Path,
    settings: Mapping[str, Any],
    *,
    files: Mapping[str, bytes] | None = None,
    max_seconds: float = inf,
    note: str = "",
    threads: int | None = None,
) -> TaskEnd:
    """Run a function of a method to its end, or as long as time is.

    A task that was stopped, killed or ended in the same folder goes on from what it finds there;
    one that had other settings or files is begun anew in an empty folder. It cannot outlive this
    process.

    Parameters
    ----------
    installed
        The environment.
    script
        File of the method; the function takes a ``Task`` of ``_child.py``, whose ``stopped`` tells
        it to end with what it has, and returns what JSON can hold.
    function
        Its name.
    folder
        Where it works; made if absent.
    settings
        What JSON can hold.
    files
        Written into the folder before it begins.
    max_seconds
        Wall time of this piece after which it is stopped, s.
    note
        What is going on, for the progress.
    threads
        Of numerical libraries; None: as they like.

    Raises
    ------
    CalculationError
        If it fails; the message ends with what it said last.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _begin(folder, function, dict(settings), dict(files or {}))
    held = _read_result(folder)
    if held is None:
        ended = _run_piece(installed, script, function, folder, max_seconds, note, threads)
        held = _read_result(folder)
        if ended == "walltime" and (held is None or held["stopped"]):
            (folder / RESULT_FILE).unlink(missing_ok=True)
            return TaskEnd("walltime", cpu_seconds=_reported(folder)[1])
        if held is None:
            raise CalculationError(
                f"{installed.environment.name}: {function} did not stop in time", folder
            )
    return TaskEnd(
        "time" if held["stopped"] else "done",
        held["result"],
        _reported(folder)[0],
        held["cpu_seconds"],
        held["peak_mb"],
    )


def _begin(folder: Path, function: str, settings: dict[str, Any], files: dict[str, bytes]) -> None:
    """Write the input; what another task has left is removed."""
    hashes = {name: sha256_of(content) for name, content in sorted(files.items())}
    text = json.dumps({**settings, "function": function, "files": hashes}, sort_keys=True)
    path = folder / INPUT_FILE
    if path.exists() and path.read_text() == text:
        return
    if path.exists():  # the folder of another task, whose checkpoints are none of this one
        path.unlink()
        shutil.rmtree(folder)
        folder.mkdir()
    for name, content in files.items():
        replace_file(folder / name, content)
    replace_file(path, text)


def _run_piece(
    installed: Installed,
    script: Path,
    function: str,
    folder: Path,
    max_seconds: float,
    note: str,
    threads: int | None,
) -> Literal["done", "time", "walltime"]:
    """Run the process until it ends or has to be stopped, and say why it ended."""
    variables = installed.variables()
    if threads is not None:
        variables |= {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    started = time.monotonic()
    ended: Literal["done", "time", "walltime"] = "done"
    with (folder / LOG_FILE).open("ab") as log:
        process = subprocess.Popen(
            [*installed.command, str(CHILD), "run", str(script), function],
            cwd=folder,
            env=variables,
            stdin=subprocess.PIPE,  # closed by our end, however it comes; the child then ends
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while not _has_ended(process):
                _report(folder, note)
                left = remaining_s()
                if left is not None and left <= 0:
                    ended = "walltime"
                elif time.monotonic() - started > max_seconds:
                    ended = "time"
                else:
                    continue
                _stop(process)
        finally:
            _kill(process)
    if process.returncode and ended != "walltime":
        raise CalculationError(_failure(installed, function, folder, process.returncode), folder)
    return ended


def _has_ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(timeout=_POLL_S)
    except subprocess.TimeoutExpired:
        return False
    return True


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the method to end with what it has, and wait."""
    process.terminate()
    try:
        process.wait(timeout=_GRACE_S)
    except subprocess.TimeoutExpired:
        _kill(process)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process with all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdin is not None:
        process.stdin.close()
    process.wait()


def _report(folder: Path, note: str) -> None:
    last = _last_line(folder)
    if last is not None:
        loss = "" if last["loss"] is None else f", loss {last['loss']:.4g}"
        report_progress(int(last["done"]), int(last["total"]), f"{note}{loss}")


def _last_line(folder: Path) -> dict[str, Any] | None:
    lines = _lines(folder)
    return lines[-1] if lines else None


def _reported(folder: Path) -> tuple[list[tuple[float, float]], float]:
    """Return the history and the CPU time at its last line."""
    lines = _lines(folder)
    history = [(line["cpu_seconds"], line["loss"]) for line in lines if line["loss"] is not None]
    return history, lines[-1]["cpu_seconds"] if lines else 0.0


def _lines(folder: Path) -> list[dict[str, Any]]:
    path = folder / PROGRESS_FILE
    if not path.exists():
        return []
    found = []
    for line in path.read_text().splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:  # half written
            continue
    return found


def _read_result(folder: Path) -> dict[str, Any] | None:
    path = folder / RESULT_FILE
    return json.loads(path.read_text()) if path.exists() else None


def _failure(installed: Installed, function: str, folder: Path, code: int) -> str:
    how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    if -code == signal.SIGKILL:
        how += ", perhaps because the memory was full"
    lines = (folder / LOG_FILE).read_text(errors="replace").strip().splitlines()
    said = "\n".join(lines[-_LAST_LINES:])
    return f"{installed.environment.name}: {function} {how}; its last lines:\n{said}\n"
