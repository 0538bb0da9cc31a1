"""Progress of a running job: a small file in its folder that is safe to read at any time."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from amorph_flows.files import replace_file

PROGRESS_FILE = "progress.json"
_INTERVAL_S = 0.5
_last_write = 0.0
_folder: Path | None = None
_goal = ""


@contextmanager
def progress_of_job(folder: Path) -> Iterator[None]:
    """Let `report_progress` write into a job's folder while the job runs.

    Parameters
    ----------
    folder
        The job's folder.
    """
    global _folder
    before, _folder = _folder, folder
    try:
        yield
    finally:
        _folder = before


@contextmanager
def progress_towards(goal: str) -> Iterator[None]:
    """Let `report_progress` say how far the running job is from its goal.

    Parameters
    ----------
    goal
        What is asked for, and what was found so far.
    """
    global _goal
    before, _goal = _goal, goal
    try:
        yield
    finally:
        _goal = before


def report_progress(done: int, total: int, note: str = "") -> None:
    """Write how far the running job is, at most twice a second; outside of a job do nothing.

    Parameters
    ----------
    done, total
        Steps done and steps in all.
    note
        What a step is, such as ``"MD step"``.
    """
    global _last_write
    now = time.monotonic()
    if _folder is None:
        return
    if done < total and now - _last_write < _INTERVAL_S:
        return
    _last_write = now
    state: dict[str, object] = {"done": done, "total": total, "note": note}
    state |= {"goal": _goal, "written_at": time.time()}
    replace_file(_folder / PROGRESS_FILE, json.dumps(state))


def read_progress(folder: Path) -> dict[str, object] | None:
    """Return the last progress of the job in a folder, or None if there is none.

    Parameters
    ----------
    folder
        The job's folder.
    """
    try:
        state = json.loads((folder / PROGRESS_FILE).read_text())
    except (OSError, ValueError):
        return None
    return state if isinstance(state, dict) else None
