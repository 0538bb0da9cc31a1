"""CPU time of processes and of the jobs behind documents."""

from __future__ import annotations

import os
from collections.abc import Iterable

from amorph_flows.schemas.base import StageDocument


def cpu_seconds() -> float:
    """Return the CPU time of this process and of its children that have ended, s."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


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
