"""How much memory a piece of work needs."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")
_KB = 1024.0


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

    Linux forgets the earlier peak of this process on request; that of its children stays, so that
    a larger child that ended before counts too.
    """
    found = PeakMemory()
    try:
        _CLEAR.write_text("5")
    except OSError:
        yield found
        return
    yield found
    lines = _STATUS.read_text().splitlines()
    own = next((float(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0.0)
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    found.megabytes = max(own, float(child)) / _KB
