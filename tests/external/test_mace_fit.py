"""MACE trained for real: the conformance suite, published configurations, fine-tuning."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest
from ase.io import write
from published import needs_nafepo4
from small_systems import check_system, mgv2o5, nafepo4

from amorph_flows.datasets import FrameSet
from amorph_flows.errors import InputError, MissingDependencyError
from amorph_flows.potentials.environments.installed import find_installed
from amorph_flows.potentials.environments.pins import MACE
from amorph_flows.schemas.fits import MACESettings
from amorph_flows.testing.alloy import alloy_frames
from amorph_flows.testing.potentials import PotentialConformance

try:
    find_installed(MACE)
except MissingDependencyError as error:
    pytest.skip(str(error), allow_module_level=True)

SMALL = MACESettings(
    cutoff=4.5,
    features=8,
    max_l=0,
    max_ell=2,
    correlation=2,
    radial_width=16,
    energy_weight=10.0,
    stress_weight=1.0,
    learning_rate=0.02,
    max_steps=100,
    members=2,
    seed=1,
)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


class TestMACE(PotentialConformance):
    settings = SMALL.model_copy(update={"members": 3})  # grades of two scatter too much
    other_model = settings.model_copy(update={"features": 6})
    another: ClassVar[dict[str, object]] = {"seed": 7}
    highest_inside = 2.0
    repeats_to_ev = 1e-6
    unseen_pair_grade = 0.0

    def test_fine_tuning_begins_far_below_a_new_network(self, tmp_path: Path) -> None:
        """From the file of a model, whose lone atoms are moved; old configurations hold it."""
        (tmp_path / "mine.model").write_bytes(self.task.fit.files["mace0.model"])
        write(tmp_path / "old.extxyz", alloy_frames(4, seed=5).to_atoms())
        frames = FrameSet(
            type(f)(
                f.numbers, f.positions, f.cell, (f.energy_ev or 0.0) + 3.0 * f.n_atoms, f.forces
            )
            for f in self.task.training
        )
        given = {"foundation": str(tmp_path / "mine.model"), "replay": str(tmp_path / "old.extxyz")}
        few = self.few(max_steps=1, members=1, **given)
        tuned = self.task.backend.fit(frames, FrameSet(), few)
        assert tuned.history[0][1] < 0.1 * self.task.fit.history[0][1]
        for element, energy in self.task.fit.reference_energies_ev.items():
            assert tuned.reference_energies_ev[element] == pytest.approx(energy + 3.0, abs=0.2)

    def test_file_that_is_no_model_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no foundation model"):
            self.task.backend.fit(
                self.task.training,
                FrameSet(),
                MACESettings(foundation=str(tmp_path / "none.model")),
            )


SMALL_PART = SMALL.model_copy(update={"max_steps": 8})


@needs_nafepo4
def test_published_configurations_of_nafepo4(tmp_path: Path) -> None:
    check_system(SMALL_PART, nafepo4(30, 6), tmp_path, gain=0.8)


def test_mgv2o5_with_labels_of_chgnet(tmp_path: Path) -> None:
    check_system(SMALL_PART, mgv2o5(), tmp_path, gain=0.8)
