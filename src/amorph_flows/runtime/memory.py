"""How much memory a piece of work needs."""

from __future__ import annotations

import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")
_KB = 1024.0
_EVERY_S = 0.2


@dataclass
class PeakMemory:
    """What a piece of work needed, known once it has ended.

    Parameters
    ----------
    megabytes
        Largest memory of this process or of a child of it, MB; None where the system does not say.
    """

    megabytes: float | None = None


@contextmanager
def peak_memory() -> Iterator[PeakMemory]:
    """Give the largest memory of a piece of work, that of this process before it included.

    Linux forgets the earlier peak of this process on request, but not that of its children. A child
    that needs more than all before it is measured by the system; others are looked at five times a
    second.
    """
    found = PeakMemory()
    try:
        _CLEAR.write_text("5")
    except OSError:
        yield found
        return
    before, ended, seen = _of_ended_children(), threading.Event(), [0.0]
    watch = threading.Thread(target=_watch_children, args=(ended, seen), daemon=True)
    watch.start()
    try:
        yield found
    finally:
        ended.set()
        watch.join()
    lines = _STATUS.read_text().splitlines()
    own = next((float(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0.0)
    after = _of_ended_children()
    children = after if after > before else seen[0]
    found.megabytes = max(own, children) / _KB


def _of_ended_children() -> float:
    """Return the largest memory of all children that have ended, kB."""
    return float(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)


def _watch_children(ended: threading.Event, seen: list[float]) -> None:
    """Keep the largest memory of a living child, kB, until told to end."""
    this = psutil.Process()
    while not ended.wait(_EVERY_S):
        for child in this.children(recursive=True):
            with suppress(psutil.Error):
                seen[0] = max(seen[0], child.memory_info().rss / _KB)
