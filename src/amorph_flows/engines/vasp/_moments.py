"""Read the magnetic moments of every ionic step from OUTCAR."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from monty.io import zopen

from amorph_flows.arrays import FloatArray

_ITERATION = re.compile(r"-+ Iteration\s+(\d+)\(")


def read_moments(outcar: Path, n_atoms: int) -> dict[int, FloatArray]:
    """Return the moments of each ionic step that has them.

    VASP writes them with ``ISPIN = 2`` and ``LORBIT >= 10``: the spin density that is projected
    onto the PAW sphere of each atom, summed over s, p and d.

    Parameters
    ----------
    outcar
        The file, gzipped or not; one that is absent has none.
    n_atoms
        Atoms of the cell; a table of fewer was cut off and is left out.

    Returns
    -------
    dict
        Moments, µB, shape ``(n_atoms,)``, atoms in the order of POSCAR, by the number of the ionic
        step, from 1.
    """
    if not outcar.exists():
        return {}
    found: dict[int, FloatArray] = {}
    rows: list[float] | None = None
    step = 0
    with zopen(outcar, "rt", encoding="utf-8", errors="replace") as file:
        for held in file:
            line = str(held)
            if begun := _ITERATION.match(line.strip()):
                step, rows = int(begun[1]), None
            elif "magnetization (x)" in line:
                rows = []
            elif rows is not None and line.startswith("tot"):
                if len(rows) == n_atoms:
                    found[step] = np.array(rows)
                rows = None
            elif rows is not None and (words := line.split()) and words[0].isdigit():
                rows.append(float(words[-1]))
    return found
