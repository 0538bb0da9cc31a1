"""A calculator whose queue jobs end, or whose process is killed, at calls that a test chooses."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from ase.calculators.calculator import all_changes
from tested_time import TestedTime

from amorph_flows.calculators.toy import ToyCalculator
from amorph_flows.runtime import walltime

QUEUE_JOB_S = 3600.0


class InterruptedCalculator(ToyCalculator):
    """The toy potential without a memory, in queue jobs that end at calls of some numbers.

    Parameters
    ----------
    counter
        File that counts the calls of all processes, one byte each.
    ends
        Calls during which the queue job ends; whatever this process runs next has a new one.
    killed
        Call that kills the process; 0: none does.
    """

    def __init__(self, counter: str, ends: list[int], killed: int = 0) -> None:
        super().__init__()
        self.counter, self.ends, self.killed = Path(counter), ends, killed
        self.time = TestedTime()
        walltime.time = self.time  # type: ignore[assignment,attr-defined]
        self._begin_queue_job()

    def calculate(
        self, atoms: Any = None, properties: Any = None, system_changes: Any = all_changes
    ) -> None:
        """Compute as the toy potential does."""
        with self.counter.open("ab") as file:
            file.write(b".")
        call = self.counter.stat().st_size
        if call == self.killed:
            os.kill(os.getpid(), signal.SIGKILL)
        if call in self.ends:
            self.time.sleep(QUEUE_JOB_S)
            self._begin_queue_job()
        # a list of pairs from an earlier call would add them up in another order
        self._pairs = type(self._pairs)(self._cutoff)
        super().calculate(atoms, properties, system_changes)

    def _begin_queue_job(self) -> None:
        if any(call > self.counter.stat().st_size for call in self.ends):
            os.environ["AMORPH_DEADLINE"] = repr(self.time.now + QUEUE_JOB_S)
        else:
            os.environ.pop("AMORPH_DEADLINE", None)
