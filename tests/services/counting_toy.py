"""The toy engine, with a file in the job's folder that grows by a byte at each computation."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from ase.calculators.calculator import Calculator
from unfitted_backend import Unfitted

from amorph_flows.calculators.toy import ToyCalculator
from amorph_flows.lammps._driver_input import DRIVER_INPUT_FILE
from amorph_flows.lammps.run_files import LOG_FILE
from amorph_flows.runtime.walltime import remaining_s
from amorph_flows.schemas.potential import PotentialDoc

COUNT_FILE = Path("computed")


class CountingToy(ToyCalculator):
    """Counts what it computes, over all processes that work in a folder.

    It keeps no list of neighbours from one configuration to the next, so that a run that was
    resumed adds in the same order as one that was not.

    Parameters
    ----------
    held_at
        The computation of a folder that lasts until the walltime of the queue job is over; 0: none.
    """

    def __init__(self, held_at: int = 0) -> None:
        super().__init__()
        self.held_at = held_at

    def calculate(self, *args: Any, **kwargs: Any) -> None:
        """Compute."""
        with COUNT_FILE.open("ab") as file:
            file.write(b".")
        if COUNT_FILE.stat().st_size == self.held_at:
            _outlive_the_walltime()
        fresh = ToyCalculator()
        fresh.calculate(*args, **kwargs)
        self.atoms, self.results = fresh.atoms, fresh.results


class CountingBackend(Unfitted):
    """A `CountingToy` in LAMMPS; its document says where it is held."""

    name = "counting_toy:CountingBackend"

    def calculator(self, doc: PotentialDoc) -> Calculator:
        return CountingToy(int(doc.files["held_at"]))


def _outlive_the_walltime() -> None:
    left = remaining_s()
    assert left is not None, "this process belongs to no queue job"
    if Path(LOG_FILE).exists():  # LAMMPS counts its own walltime, from where it reads it
        found = re.search(r"timer timeout (\d+):(\d+):(\d+)", Path(DRIVER_INPUT_FILE).read_text())
        assert found is not None
        hours, minutes, seconds = map(int, found.groups())
        left = 3600 * hours + 60 * minutes + seconds
    time.sleep(left + 1)
