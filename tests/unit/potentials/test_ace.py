"""ACE without its environment: settings, files, input lines of LAMMPS, refusals."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk
from pydantic import ValidationError

from amorph_flows.datasets import FrameSet
from amorph_flows.errors import InputError, MissingDependencyError
from amorph_flows.hashes import sha256_of
from amorph_flows.potentials import GradeSettings, ace_potential, get_backend, get_learned_backend
from amorph_flows.potentials.ace._file import parse_yace
from amorph_flows.potentials.ace._method import _potential
from amorph_flows.potentials.training_frames import lone_atoms
from amorph_flows.schemas.fits import ACESettings, settings_type
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.testing.alloy import alloy_frames

YACE = """\
elements: [Au, Cu]
E0: [-3.5, -2.25]
deltaSplineBins: 0.001
embeddings:
  0: {ndensity: 2, FS_parameters: [1, 1, 1, 0.5], npoti: FinnisSinclairShiftedScaled}
  1: {ndensity: 2, FS_parameters: [1, 1, 1, 0.5], npoti: FinnisSinclairShiftedScaled}
bonds:
  [0, 0]: {nradmax: 1, radcoefficients: [[[1, 0]], [[1, 2]]], rcut: 5, rcut_in: 0}
  [0, 1]: {nradmax: 1, radcoefficients: [[[1, 0]], [[1, 2]]], rcut: 6.5, rcut_in: 0}
  [1, 0]: {nradmax: 1, radcoefficients: [[[1, 0]], [[1, 2]]], rcut: 6.5, rcut_in: 0}
  [1, 1]: {nradmax: 1, radcoefficients: [[[1, 0]], [[1, 2]]], rcut: 5, rcut_in: 0}
functions:
  0:
    - {mu0: 0, rank: 1, ndensity: 2, num_ms_combs: 1, mus: [0], ns: [1], ls: [0], ctildes: [1, 2]}
  1:
    - {mu0: 1, rank: 1, ndensity: 2, num_ms_combs: 1, mus: [0], ns: [1], ls: [0], ctildes: [1, 2]}
    - {mu0: 1, rank: 1, ndensity: 2, num_ms_combs: 1, mus: [1], ns: [1], ls: [0], ctildes: [1, 2]}
"""


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AMORPH_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def doc(tmp_path: Path) -> PotentialDoc:
    (tmp_path / "mine.yace").write_text(YACE)
    return ace_potential(tmp_path / "mine.yace")


def test_defaults_are_those_of_the_paper() -> None:
    settings = ACESettings()
    assert settings_type("ace") is ACESettings
    assert settings.cutoff == 6.5
    assert settings.kappa == pytest.approx(0.01)
    assert set(settings.powers) == {1, 0.5, 1 / 8, 1 / 4, 3 / 8, 3 / 4, 7 / 8, 2}
    assert (settings.functions_per_element, settings.ladder_step) == (248, 160)
    assert (settings.max_steps, settings.patience) == (2000, 150)
    assert (settings.least_gain, settings.least_validation_gain) == (5e-4, 1e-4)


@pytest.mark.parametrize("wrong", [{"stress_weight": 0.1}, {"level": 8}, {"powers": ()}])
def test_settings_that_pacemaker_lacks_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ACESettings.model_validate(wrong)


def test_embedding_is_a_sum_of_powers() -> None:
    asked = {**ACESettings().model_dump(), "elements": ["Au"]}
    embedding = _potential(asked)["embeddings"]["ALL"]
    assert embedding["ndensity"] == 8
    assert embedding["fs_parameters"][:6] == [1, 1.0, 1, 0.5, 1, 0.75]


def test_yace_file_is_read(doc: PotentialDoc) -> None:
    assert doc.species == ["Au", "Cu"]
    assert (doc.settings.cutoff, doc.backend) == (6.5, "ace")
    assert doc.fit_settings().model == "ACE of 2 functions per element"
    assert doc.reference_energies_ev == {"Au": -3.5, "Cu": -2.25}
    assert doc.n_parameters == 3 * 2 + 4 * 4
    assert "non-commercial" in doc.licence
    assert PotentialDoc.model_validate_json(doc.model_dump_json()) == doc


@pytest.mark.parametrize("length", [0, 10, 400, 800, len(YACE) - 140])
def test_yace_file_cut_short_is_refused(length: int) -> None:
    with pytest.raises(InputError, match=r"mine\.yace is cut short or no ACE potential"):
        parse_yace(YACE[:length].encode(), "mine.yace")


def test_file_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no potential"):
        ace_potential(tmp_path / "none.yace")
    with pytest.raises(InputError, match="no ACE potential"):
        parse_yace(bytes(range(256)))


def test_cluster_runs_it_natively(
    doc: PotentialDoc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMORPH_ACE_PAIR_STYLE", "pace product")
    style = get_backend("ace").pair_style(doc, ["Cu", "Au"], tmp_path, None)
    assert style.commands == ["pair_style pace product", "pair_coeff * * potential.yace Cu Au"]
    assert (tmp_path / "potential.yace").read_text() == YACE


def test_without_a_pair_style_lammps_asks_python(doc: PotentialDoc, tmp_path: Path) -> None:
    assert get_backend("ace").pair_style(doc, ["Au"], tmp_path, None).commands == []
    with pytest.raises(InputError, match="lacks Pt"):
        get_backend("ace").pair_style(doc, ["Pt"], tmp_path, None)


def test_run_with_grades_needs_an_active_set(doc: PotentialDoc, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no active_set_of.txt"):
        get_backend("ace").pair_style(doc, ["Au"], tmp_path, GradeSettings())
    with pytest.raises(InputError, match=r"no active_set_of.txt"):
        get_learned_backend("ace").grades(doc, FrameSet())


def test_foreign_active_set_is_refused(doc: PotentialDoc) -> None:
    files = {"potential.yaml": b"x", "active_set_of.txt": sha256_of(b"y").encode()}
    foreign = doc.model_copy(update={"files": doc.files | files})
    with pytest.raises(InputError, match="another potential"):
        get_learned_backend("ace").grades(foreign, FrameSet())


def test_missing_environment_is_told_before_the_fit() -> None:
    backend = get_learned_backend("ace")
    command = r"install it with: amorph install-backend ace$"
    with pytest.raises(MissingDependencyError, match=command):
        backend.check()
    with pytest.raises(MissingDependencyError, match=command):
        backend.fit(alloy_frames(2, seed=0), FrameSet(), ACESettings())


def test_missing_environment_is_told_when_it_is_evaluated(doc: PotentialDoc) -> None:
    with pytest.raises(MissingDependencyError, match="amorph install-backend ace"):
        get_backend("ace").calculator(doc)


def test_changed_file_is_refused(doc: PotentialDoc) -> None:
    changed = re.sub(b"-3.5", b"-3.4", doc.files["potential.yace"])
    damaged = doc.model_copy(update={"files": {"potential.yace": changed}})
    with pytest.raises(InputError, match="changed"):
        get_backend("ace").calculator(damaged)


def test_lone_atoms_are_fitted_and_kept() -> None:
    frames = alloy_frames(8, seed=0)
    alone = lone_atoms(frames, ["Cu", "Au"])
    counts = np.array([[np.sum(f.numbers == z) for z in (29, 79)] for f in frames])
    energies = np.array([f.energy_ev for f in frames])
    np.testing.assert_allclose(
        list(alone.values()), np.linalg.lstsq(counts, energies, rcond=None)[0]
    )


def test_lone_atoms_of_one_composition_share() -> None:
    """One composition cannot tell elements apart: the least constants are taken."""
    frames = FrameSet(f for f in alloy_frames(8, seed=0) if f.n_atoms == 4)[:1]
    alone = lone_atoms(frames, ["Cu", "Au"])
    n = [np.sum(frames[0].numbers == z) for z in (29, 79)]
    assert alone["Cu"] * n[0] + alone["Au"] * n[1] == pytest.approx(frames[0].energy_ev)
    assert bulk("Cu").numbers[0] == 29
