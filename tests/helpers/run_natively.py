"""Potentials whose pair style LAMMPS has: a small published set, and a run that is checked."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from ase.io import read
from published import NAFEPO4

from amorph_flows.datasets import Frame, FrameSet
from amorph_flows.datasets.cfg import read_cfg
from amorph_flows.lammps import NVE, LammpsMD, LammpsResult, run_lammps_md
from amorph_flows.lammps._grades import read_grades
from amorph_flows.potentials import GradeSettings
from amorph_flows.structures.configuration import to_structure
from amorph_flows.testing.alloy import Task


@cache
def nafepo4() -> tuple[FrameSet, FrameSet]:
    """Training and validation frames of the last rounds of the published active learning."""
    held = read(NAFEPO4 / "dft_configs.extxyz.gz", ":")
    late = [a for a in held if a.info["al_iteration"] >= 2 and np.abs(a.get_forces()).max() < 20.0]
    frames = FrameSet(Frame.from_atoms(atoms) for atoms in late)
    return frames[::4], frames[1::16]


def run(task: Task, folder: Path, grade: GradeSettings | None = None) -> LammpsResult:
    start = to_structure(task.validation[0].to_atoms())
    stage = NVE(
        duration_fs=20.0, time_step_fs=0.5, frame_stride=10, thermo_stride=10, temperature_k=300.0
    )
    return run_lammps_md(start, task.doc, LammpsMD(stages=(stage,), seed=1), folder, grade)


def check_run(task: Task, pair_style: str, folder: Path) -> None:
    """Native, energies equal to the calculator's, with and without grades; the grades are ours."""
    plain = run(task, folder)
    assert pair_style in (plain.directory / "in.lammps").read_text()
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
