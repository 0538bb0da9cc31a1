"""GPAW in a process of its own: a script that answers one JSON line with another.

It is run by whatever interpreter has GPAW and imports nothing of this package. It ends when its
standard input does.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from pathlib import Path
from typing import Any

LARGEST_MOVE_A = 0.3
"""Wave functions are kept while no atom moves farther than this from one request to the next."""


class Calculation:
    """GPAW's calculator and the atoms that its wave functions belong to."""

    def __init__(self) -> None:
        self._atoms: Any = None
        self._same: Any = None

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the labels of a request, or the reason why there are none."""
        try:
            self._place(request)
            energy = self._atoms.get_potential_energy(force_consistent=True)
            polarised = request["moments"] is not None
            moments = self._atoms.get_magnetic_moments().tolist() if polarised else None
            forces = self._atoms.get_forces().tolist()
            return {"energy": float(energy), "forces": forces, "magmoms": moments}
        except Exception as error:  # noqa: BLE001 - the parent tells what failed
            self._atoms = None
            return {"error": type(error).__name__, "message": str(error)}

    def _place(self, request: dict[str, Any]) -> None:
        """Move the atoms, or start again if the kept wave functions do not help."""
        import numpy as np
        from ase import Atoms
        from gpaw import GPAW

        same = [request[key] for key in ("settings", "numbers", "cell", "moments")]
        positions = np.array(request["positions"])
        if self._atoms is not None and same == self._same:
            moves = np.linalg.norm(positions - self._atoms.positions, axis=1)
            if moves.max() <= LARGEST_MOVE_A:
                self._atoms.positions = positions
                return
        numbers, cell, moments = same[1:]
        self._atoms = None
        self._atoms = Atoms(numbers, positions, cell=cell, pbc=True, magmoms=moments)
        # the log stays open as long as the calculator lives
        log = Path("gpaw.txt").open("a", encoding="utf-8")  # noqa: SIM115
        self._atoms.calc = GPAW(txt=log, **request["settings"])
        self._same = same


def describe() -> dict[str, Any]:
    """Return the version of GPAW and the PAW datasets that it finds, by file name and size."""
    import gpaw

    datasets: dict[str, int] = {}
    for folder in reversed(gpaw.setup_paths):
        datasets |= {f.name: f.stat().st_size for f in Path(folder).glob("*.*.gz")}
    return {"version": gpaw.__version__, "datasets": datasets}


def serve() -> None:
    """Answer requests until there are no more."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as replies:
        os.dup2(2, 1)  # what GPAW prints is no reply
        from gpaw.mpi import broadcast, world

        requests: queue.Queue[str] = queue.Queue()
        if world.rank == 0:
            threading.Thread(target=_read, args=(requests,), daemon=True).start()
        calculation = Calculation()
        while True:
            line = requests.get() if world.rank == 0 else None
            reply = calculation.answer(json.loads(broadcast(line)))
            if world.rank == 0:
                replies.write(json.dumps(reply) + "\n")
                replies.flush()


def _read(requests: queue.Queue[str]) -> None:
    for line in sys.stdin:
        requests.put(line)
    os._exit(0)  # in the middle of a calculation too: nobody waits for it any more


if __name__ == "__main__":
    if sys.argv[1:] == ["--describe"]:
        sys.stdout.write(json.dumps(describe()))
    else:
        serve()
