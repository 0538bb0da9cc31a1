"""AENET through a strict stand-in: files written, output read, committee, refusals."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import aenet_stand_in
import numpy as np
import pytest
from pydantic import ValidationError

from amorph_flows.datasets import Frame, FrameSet, error_statistics
from amorph_flows.errors import CalculationError, InputError, MissingDependencyError
from amorph_flows.potentials import GradeSettings, get_learned_backend
from amorph_flows.potentials.aenet import _input, _output, _programs
from amorph_flows.schemas.fits import AENETSettings, settings_type
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.testing.alloy import (
    Task,
    alloy_frames,
    document,
    predicted,
    squeezed,
)

BACKEND = get_learned_backend("aenet")
FRAMES = alloy_frames(60, seed=0)
SETTINGS = AENETSettings(cutoff=4.5, angular_cutoff=4.0, max_steps=8, members=3)


def name_stand_in(patch: pytest.MonkeyPatch) -> None:
    for program in _programs.PROGRAMS:
        command = shlex.join([sys.executable, str(aenet_stand_in.__file__), program])
        patch.setenv(f"AMORPH_AENET_{program.upper()}", command)


@pytest.fixture
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    name_stand_in(monkeypatch)


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Task:
    with pytest.MonkeyPatch.context() as patch:
        name_stand_in(patch)
        patch.chdir(tmp_path_factory.mktemp("aenet"))
        fit = BACKEND.fit(FRAMES, FrameSet(), SETTINGS)
        return Task(BACKEND, fit, document(BACKEND, fit, FRAMES, SETTINGS), FRAMES, FrameSet())


def test_defaults_are_those_of_the_paper_and_of_the_example() -> None:
    assert settings_type("aenet") is AENETSettings
    settings = AENETSettings()
    assert settings.max_steps == 3300
    assert (settings.cutoff, settings.angular_cutoff) == (8.0, 6.5)
    assert settings.hidden == (15, 15)


@pytest.mark.parametrize(
    "wrong", [{"force_weight": 0.1}, {"cutoff": 5.0}, {"hidden": ()}, {"activation": "relu"}]
)
def test_settings_that_aenet_lacks_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AENETSettings.model_validate(wrong)


def test_fit_gives_networks_of_each_member(task: Task) -> None:
    names = ["Au.member1.nn", "Au.member2.nn", "Au.nn", "Cu.member1.nn", "Cu.member2.nn", "Cu.nn"]
    assert sorted(task.fit.files) == names
    assert task.fit.species == ["Cu", "Au"]
    assert task.fit.ended == "steps"
    assert task.fit.n_parameters == 42
    assert task.fit.history[-1][1] < task.fit.history[0][1]
    assert set(task.fit.reference_energies_ev) == {"Cu", "Au"}
    assert PotentialDoc.model_validate_json(task.doc.model_dump_json()) == task.doc


@pytest.mark.usefixtures("programs")
def test_energies_forces_and_stress_come_back(task: Task) -> None:
    """Forces and stress are derivatives, to the digits that predict.x prints."""
    held_out = alloy_frames(4, seed=2)
    found = predicted(task, held_out)
    energies = np.array([frame.energy_ev_atom for frame in held_out])
    errors = error_statistics(held_out, found)
    assert errors.energy_rmse_mev_atom < 1000 * 0.5 * np.std(energies)
    h, frame = 1e-3, held_out[1]
    direction = np.random.default_rng(0).normal(size=frame.positions.shape)
    sides = FrameSet(
        Frame(frame.numbers, frame.positions + s * h * direction, frame.cell) for s in (1, -1)
    )
    up, down = (side.energy_ev for side in predicted(task, sides))
    slope = -float(np.sum(np.asarray(found[1].forces) * direction))
    assert (up - down) / (2 * h) == pytest.approx(slope, rel=1e-3, abs=1e-4)
    strain = np.random.default_rng(1).normal(size=(3, 3))
    strain = strain + strain.T
    deformed = FrameSet(
        Frame(frame.numbers, frame.positions @ d, frame.cell @ d)
        for d in (np.eye(3) + s * h * strain for s in (1, -1))
    )
    up, down = (side.energy_ev for side in predicted(task, deformed))
    work = abs(np.linalg.det(frame.cell)) * float(np.sum(np.asarray(found[1].stress) * strain))
    assert (up - down) / (2 * h) == pytest.approx(work, rel=1e-3, abs=1e-3)


@pytest.mark.usefixtures("programs")
def test_committee_tells_known_from_unknown(task: Task) -> None:
    assert np.median(BACKEND.grades(task.doc, FRAMES[:6])) < 1.5
    odd = squeezed(FRAMES[0], 0.7)
    offered = FrameSet([*FRAMES[:2], odd])
    assert BACKEND.grades(task.doc, FrameSet([odd]))[0] > 2.0
    assert BACKEND.select(task.doc, FRAMES, offered, limit=2) == [2]


def test_run_with_grades_needs_a_committee(task: Task, tmp_path: Path) -> None:
    assert BACKEND.pair_style(task.doc, ["Au"], tmp_path, GradeSettings()).commands == []
    alone = {name: task.fit.files[name] for name in ("Au.nn", "Cu.nn")}
    bare = task.doc.model_copy(update={"files": alone, "sha256": ""})
    with pytest.raises(InputError, match="members of at least 2"):
        BACKEND.pair_style(bare, ["Au"], tmp_path, GradeSettings())
    other = task.doc.files | {"Au.nn": b"other"}
    with pytest.raises(InputError, match="another potential"):
        BACKEND.grades(task.doc.model_copy(update={"files": other}), FRAMES)


@pytest.mark.usefixtures("programs")
def test_damaged_networks_are_told(task: Task) -> None:
    cut = task.doc.files | {"Au.nn": task.doc.files["Au.nn"][:50]}
    with pytest.raises(InputError, match="changed"):
        BACKEND.calculator(task.doc.model_copy(update={"files": cut}))
    broken = BACKEND.calculator(task.doc.model_copy(update={"files": cut, "sha256": ""}))
    with pytest.raises(CalculationError, match="could not load ANN potentials"):
        broken.calculate(FRAMES[0].to_atoms(), ["energy"])
    none = task.doc.model_copy(update={"files": {"Cu.nn": b""}, "sha256": ""})
    with pytest.raises(InputError, match="lacks networks of"):
        BACKEND.calculator(none)


@pytest.mark.usefixtures("programs")
def test_bad_frames_are_refused_before_any_program_runs(task: Task, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no frames"):
        BACKEND.fit(FrameSet(), FrameSet(), SETTINGS)
    with pytest.raises(InputError, match="training frame 0 has no energy"):
        BACKEND.fit(FrameSet([squeezed(FRAMES[0], 1.0)]), FrameSet(), SETTINGS)
    close = SETTINGS.model_copy(update={"min_distance": 3.5})
    with pytest.raises(InputError, match=r"training frame 0 has atoms .* Å apart"):
        BACKEND.fit(FRAMES[:2], FrameSet(), close)
    foreign = FRAMES[0].to_atoms()
    foreign.numbers[0] = 13
    with pytest.raises(InputError, match="Al"):
        BACKEND.calculator(task.doc).calculate(foreign, ["energy"])


def test_missing_programs_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for program in _programs.PROGRAMS:
        monkeypatch.delenv(f"AMORPH_AENET_{program.upper()}", raising=False)
    with pytest.raises(MissingDependencyError, match=r"set AMORPH_AENET_GENERATE to"):
        BACKEND.check()
    monkeypatch.setenv("AMORPH_AENET_GENERATE", "/no/such/generate.x")
    with pytest.raises(MissingDependencyError, match=r"which AMORPH_AENET_GENERATE names"):
        BACKEND.fit(FRAMES, FrameSet(), SETTINGS)


def test_fingerprint_is_that_of_the_manual() -> None:
    lines = _input.fingerprint("Ti", ["Ti", "O"], AENETSettings()).splitlines()
    assert lines[4:] == [
        *("ATOM Ti", "", "ENV  2", "Ti", "O", "", "RMIN 0.75", "", "BASIS type=Chebyshev"),
        "radial_Rc = 8.0  radial_N = 16 angular_Rc = 6.5  angular_N = 4",
    ]


def test_output_of_the_real_predict_is_read() -> None:
    """Two lines of atoms as AENET 2.0.4 prints them."""
    said = (
        " Structure number  : 1\n\n"
        " Cu      0.000100      0.000100      0.000100      0.049284      0.000000      0.000000\n"
        " Cu      4.400100      0.000100      0.000100     -0.049284      0.000000      0.000000\n"
        "\n Cohesive energy            :           -2.92569119 eV\n"
        " Total energy               :       -90488.18277837 eV\n"
    )
    [found] = _output.predictions(said, [2], forces=True)
    assert found.energy_ev == -90488.18277837
    assert found.forces.tolist() == [[0.049284, 0.0, 0.0], [-0.049284, 0.0, 0.0]]
    with pytest.raises(CalculationError, match="1 of 2 structures"):
        _output.predictions(said, [2, 2], forces=True)
    stars = said.replace("-90488.18277837", "*" * 15)
    with pytest.raises(CalculationError, match="no energy or forces"):
        _output.predictions(stars, [2], forces=True)
