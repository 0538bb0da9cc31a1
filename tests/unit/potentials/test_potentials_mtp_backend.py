"""What the backend of the kernel tells LAMMPS, and how it divides the steps of a fit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from amorph_flows.errors import InputError, MissingDependencyError
from amorph_flows.potentials import GradeSettings, MTPBackend
from amorph_flows.potentials.d_optimality import ActiveSet
from amorph_flows.potentials.mtp import read_mtp
from amorph_flows.potentials.mtp._backend import _optimiser
from amorph_flows.potentials.requirements import has_compiler
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.testing.alloy import MTP_SETTINGS, alloy_frames, fitted, predicted

pytestmark = pytest.mark.skipif(not has_compiler(), reason="no C++ compiler")


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AMORPH_MTP_PLUGIN", "/somewhere/mtp.so")


def doc() -> PotentialDoc:
    return fitted(MTP_SETTINGS).doc


def test_species_numbers_follow_the_types_of_lammps(tmp_path: Path) -> None:
    style = MTPBackend().pair_style(doc(), ["Au", "Cu"], tmp_path, None)
    assert style.commands == [
        "plugin load /somewhere/mtp.so",
        "pair_style mtp",
        "pair_coeff * * potential.mtp 1 0",
    ]
    assert read_mtp(tmp_path / "potential.mtp", ["Cu", "Au"]).n_parameters == doc().n_parameters


def test_a_graded_run_gets_its_active_set_and_writes_its_grades(tmp_path: Path) -> None:
    grade = GradeSettings(every=5, select=2.5, stop=8.0)
    style = MTPBackend().pair_style(doc(), ["Au"], tmp_path, grade)
    assert style.commands[1:] == [
        "pair_style mtp/extrapolation active_set.txt selected.cfg every 5 select 2.5 break 8 "
        "grades grades.txt",
        "pair_coeff * * potential.mtp 1",
    ]
    ActiveSet.read(tmp_path / "active_set.txt").check(
        read_mtp(tmp_path / "potential.mtp", ["Cu", "Au"]).parameters
    )


def test_a_watched_run_neither_saves_nor_stops(tmp_path: Path) -> None:
    grade = GradeSettings(save=False, stop=None)
    style = MTPBackend().pair_style(doc(), ["Cu"], tmp_path, grade)
    assert style.commands[1].endswith("/dev/null every 10 select 2 break 1e+100 grades grades.txt")


def test_an_element_that_the_potential_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="of Cu, Au lacks Mg"):
        MTPBackend().pair_style(doc(), ["Cu", "Mg"], tmp_path, None)


@pytest.mark.parametrize("max_steps", [1, 40, 41, 60, 2000])
def test_blocks_add_up_to_the_steps(max_steps: int) -> None:
    settings = _optimiser(MTP_SETTINGS.model_copy(update={"max_steps": max_steps}))
    assert settings.block_steps <= 40
    assert 0 <= settings.block_steps * settings.max_blocks - max_steps < settings.max_blocks


def test_without_a_compiler_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMORPH_COMPILER", "no-such-compiler")
    frames = alloy_frames(2, seed=0)
    with pytest.raises(MissingDependencyError, match="motep"):
        MTPBackend().fit(frames, frames, MTP_SETTINGS)


def test_without_a_compiler_a_potential_still_runs_by_motep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("motep", reason="motep is not installed")
    backend, frames = MTPBackend(), alloy_frames(3, seed=7)
    with_kernel = backend.grades(doc(), frames)
    energies = predicted(fitted(MTP_SETTINGS), frames)
    monkeypatch.setenv("AMORPH_COMPILER", "no-such-compiler")
    np.testing.assert_allclose(backend.grades(doc(), frames), with_kernel, rtol=1e-7)
    for one, two in zip(energies, predicted(fitted(MTP_SETTINGS), frames), strict=True):
        assert one.energy_ev == pytest.approx(two.energy_ev, abs=1e-8)
    assert len(backend.pair_style(doc(), ["Cu"], tmp_path, None).commands) == 3
    monkeypatch.delenv("AMORPH_MTP_PLUGIN")
    assert backend.pair_style(doc(), ["Cu"], tmp_path, None).commands == []
