"""The process that times work of one kind.

Run as ``python -m amorph_flows.planning._measure INPUT OUTPUT`` in a folder of its own. Its input
is a list of `Timed` with one engine, or one potential; its output their rates by key.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import psutil
from monty.json import MontyDecoder

from amorph_flows.planning.rates import Rate
from amorph_flows.planning.timed import EngineCall, Timed, WithPotential
from amorph_flows.runtime.cpu_time import cpu_seconds

_ELSEWHERE = 0.02
"""Share of CPU time below which something else has worked; a crowded machine leaves more."""


@dataclass
class Stopwatch:
    """CPU and wall time of a piece of work, child processes included, s."""

    cpu_s: float = 0.0
    wall_s: float = 0.0

    @property
    def core_seconds(self) -> float:
        """Time of all cores; that of the wall where another machine did the work."""
        return self.cpu_s if self.cpu_s > _ELSEWHERE * self.wall_s else self.wall_s

    @property
    def cores(self) -> float:
        """Cores that were busy."""
        return max(1.0, self.cpu_s / self.wall_s) if self.wall_s else 1.0


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    """Time what is inside."""
    watch, cpu, wall = Stopwatch(), _cpu_seconds(), time.perf_counter()
    yield watch
    watch.cpu_s, watch.wall_s = _cpu_seconds() - cpu, time.perf_counter() - wall


def memory_gb() -> float:
    """Return the most memory that this process or a child of it has used, GB."""
    own, children = resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN
    return max(resource.getrusage(who).ru_maxrss for who in (own, children)) / 1e6


def today() -> str:
    """Return the date."""
    return date.today().isoformat()


def _cpu_seconds() -> float:
    """Return the CPU time of this process and of its children, those that still run as well."""
    seconds = cpu_seconds()
    for child in psutil.Process().children(recursive=True):
        try:
            used = child.cpu_times()
        except psutil.Error:
            continue
        seconds += used.user + used.system
    return seconds


def _method(work: list[Timed]) -> Callable[[list[Timed]], dict[str, Rate]]:
    if isinstance(work[0], EngineCall):
        from amorph_flows.planning._time_engine import time_engine

        return time_engine
    if isinstance(work[0], WithPotential):
        from amorph_flows.planning._time_potential import time_potential

        return time_potential
    raise TypeError(f"{type(work[0]).__name__} cannot be timed")


def main(given: str, asked: str) -> None:
    """Time the work in one file and write its rates into another.

    Parameters
    ----------
    given, asked
        The two files.
    """
    path, work = MontyDecoder().process_decoded(json.loads(Path(given).read_text()))
    sys.path[:] = path
    rates = _method(work)(work)
    Path(asked).write_text(json.dumps({key: rate.model_dump() for key, rate in rates.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
