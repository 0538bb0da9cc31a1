"""Run LAMMPS MD as a process of its own: the file with its pickled structure, potential, ..."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from amorph_flows.lammps import run_lammps_md

if __name__ == "__main__":
    run_lammps_md(*pickle.loads(Path(sys.argv[1]).read_bytes()))
