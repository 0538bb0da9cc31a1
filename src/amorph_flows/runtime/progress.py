"""Progress of a running job: a small file in its folder that is safe to read at any time."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from amorph_flows.files import replace_file

if TYPE_CHECKING:
    from jobflow import Job

PROGRESS_FILE = "progress.json"
_INTERVAL_S = 0.5
_MARK = "goal"
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


def mark_goal(job: Job, goal: str) -> None:
    """Let the progress of a job to come say what it is to reach.

    Parameters
    ----------
    job
        The job.
    goal
        What is asked for, and what was found so far.
    """
    job.metadata = {**job.metadata, _MARK: goal}


def goal_of(metadata: Mapping[str, object]) -> str:
    """Return what `mark_goal` has written, empty where it has not.

    Parameters
    ----------
    metadata
        Of a job.
    """
    return str(metadata.get(_MARK, ""))


def report_goal(found: str, reached: bool) -> None:
    """Write how far the running job is from its goal at its end; outside of a job do nothing.

    Parameters
    ----------
    found
        What is asked for, and what was found.
    reached
        Whether the goal is reached.
    """
    if _folder is not None:
        _write(_folder, 1, 1, "", found, reached=reached)


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
    _write(_folder, done, total, note, _goal)


def _write(folder: Path, done: int, total: int, note: str, goal: str, **more: object) -> None:
    state: dict[str, object] = {"done": done, "total": total, "note": note, "goal": goal, **more}
    replace_file(folder / PROGRESS_FILE, json.dumps(state | {"written_at": time.time()}))


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
