"""The toy engine, with a file in the job's folder that grows by a byte at each computation."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from amorph_flows.engines.toy import ToyCalculator

COUNT_FILE = Path("computed")


class CountingToy(ToyCalculator):
    """Counts what it computes, over all processes that work in a folder.

    It keeps no list of neighbours from one configuration to the next, so that a run that was
    resumed adds in the same order as one that was not.

    Parameters
    ----------
    seconds
        What each computation takes at least, whatever the machine.
    """

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__()
        self.seconds = seconds

    def calculate(self, *args: Any, **kwargs: Any) -> None:
        """Compute."""
        time.sleep(self.seconds)
        with COUNT_FILE.open("ab") as file:
            file.write(b".")
        fresh = ToyCalculator()
        fresh.calculate(*args, **kwargs)
        self.atoms, self.results = fresh.atoms, fresh.results
