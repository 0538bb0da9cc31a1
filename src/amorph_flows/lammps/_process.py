"""The LAMMPS process: started, watched, and its end checked."""

from __future__ import annotations

import ctypes
import signal
import subprocess
from pathlib import Path

from amorph_flows.errors import CalculationError
from amorph_flows.lammps._log import has_finished, last_lines, last_stage, last_step
from amorph_flows.lammps._restart import prune_restarts
from amorph_flows.lammps.dump import last_frame_step
from amorph_flows.lammps.run_files import DUMP_FILE, LOG_FILE
from amorph_flows.lammps.stages import LammpsMD
from amorph_flows.runtime.progress import report_progress
from amorph_flows.upstream.lammps import environment

SCREEN_FILE = "screen.txt"

_POLL_S = 0.5
_PR_SET_PDEATHSIG = 1


def run_to_end(command: list[str], folder: Path, settings: LammpsMD) -> None:
    """Run LAMMPS in a folder, report its progress, and return once it ended well.

    Parameters
    ----------
    command
        Executable with its arguments.
    folder
        Where to run.
    settings
        Its stages, for the progress and to name where it failed.

    Raises
    ------
    CalculationError
        If the return code is not 0 or the log does not reach its end; the message has the last
        step and the last lines.
    """
    log, n_steps = folder / LOG_FILE, settings.n_steps
    with (folder / SCREEN_FILE).open("w") as screen:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=screen,
            stderr=subprocess.STDOUT,
            preexec_fn=_end_with_parent,
        )
        try:
            while not _ended(process):
                report_progress(min(last_step(log), n_steps - 1), n_steps, "LAMMPS step")
                prune_restarts(folder)
        finally:
            _end(process)
    if process.returncode != 0 or not has_finished(log):
        raise CalculationError(_failure(command, process.returncode, folder, settings), folder)
    report_progress(n_steps, n_steps, "LAMMPS step")


def _failure(command: list[str], code: int, folder: Path, settings: LammpsMD) -> str:
    log = folder / LOG_FILE
    how = f"was killed by signal {-code}" if code < 0 else f"ended with return code {code}"
    said = last_lines(folder / SCREEN_FILE) or last_lines(log)
    errors = [line for line in said.splitlines() if line.startswith("ERROR")]
    index = last_stage(log)
    where = f"step {last_step(log)} of stage {index + 1}, {settings.stages[index].kind}"
    frame = last_frame_step(folder / DUMP_FILE)
    kept = "no frame was kept" if frame is None else f"the last frame is of step {frame}"
    told = "; ".join([f"{how} after {where}", kept, *errors[-1:]])
    return f"LAMMPS ({command[0]}) {told}; its last lines:\n{said}\n"


def _ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(timeout=_POLL_S)
    except subprocess.TimeoutExpired:
        return False
    return True


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process that still runs, such as after Ctrl-C."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _end_with_parent() -> None:
    """Ask Linux to end this process when its parent is gone, so that no second one writes here."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
