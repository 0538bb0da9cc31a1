"""LAMMPS runs what `write_lammps` writes of a potential, and gets the energy of its calculator."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from amorph_flows.lammps.command import lammps_command
from amorph_flows.lammps.input import write_data
from amorph_flows.potentials import write_lammps
from amorph_flows.potentials.requirements import has_compiler
from amorph_flows.testing.alloy import MTP_SETTINGS, alloy_frames, fitted
from amorph_flows.upstream.lammps import environment

pytest.importorskip("lammps", reason="the lammps wheel is not installed")

INPUT = """units metal
atom_style atomic
boundary p p p
read_data cell.data
include potential.in
thermo_style custom step pe
thermo_modify format float %.12f
run 0
"""


@pytest.mark.skipif(not has_compiler(), reason="no C++ compiler")
def test_lammps_gets_the_energy_of_the_calculator(tmp_path: Path) -> None:
    task, elements = fitted(MTP_SETTINGS), ["Au", "Cu"]
    write_lammps(task.doc, tmp_path, elements)
    atoms = alloy_frames(2, seed=5)[1].to_atoms().repeat((2, 2, 2))
    write_data(tmp_path / "cell.data", atoms, elements)
    (tmp_path / "in.run").write_text(INPUT)
    command = [*lammps_command(), "-in", "in.run", "-log", "none"]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    [energy] = [
        float(lines[n + 1].split()[1])
        for n, line in enumerate(lines)
        if line.split() == ["Step", "PotEng"]
    ]
    atoms.calc = task.backend.calculator(task.doc)
    assert energy == pytest.approx(atoms.get_potential_energy(), abs=1e-6)
