"""CPU time of processes and of the jobs behind documents."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

from amorph_flows.files import replace_file
from amorph_flows.schemas.base import StageDocument

_FILE = "cpu_seconds.json"
"""In the folder of a run that went on in further jobs."""


def cpu_seconds() -> float:
    """Return the CPU time of this process and of its children that have ended, s."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def earlier_cpu_seconds(home: Path) -> float:
    """Return the CPU time of the jobs that the one in a folder goes on from, s.

    Parameters
    ----------
    home
        The folder.
    """
    path = home / _FILE
    return float(json.loads(path.read_text())["cpu_seconds"]) if path.exists() else 0.0


def hand_on_cpu_seconds(home: Path, seconds: float) -> None:
    """Keep the CPU time of a job for the one that goes on with its run.

    Parameters
    ----------
    home
        Folder of the run.
    seconds
        CPU time, s.
    """
    total = earlier_cpu_seconds(home) + seconds
    replace_file(home / _FILE, json.dumps({"cpu_seconds": total}))


def cpu_seconds_of(documents: Iterable[StageDocument | None]) -> float | None:
    """Return the CPU time of the jobs behind documents, s; None where none says what it took.

    Parameters
    ----------
    documents
        Of the jobs; None stands for one that failed.
    """
    took = [document.cpu_seconds for document in documents if document is not None]
    known = [seconds for seconds in took if seconds is not None]
    return sum(known) if known else None


def total_seconds(times: Iterable[float | None]) -> float | None:
    """Return the sum, None where a part is not known.

    Parameters
    ----------
    times
        CPU times, s.
    """
    total = 0.0
    for time in times:
        if time is None:
            return None
        total += time
    return total
