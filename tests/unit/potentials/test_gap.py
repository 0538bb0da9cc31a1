"""GAP without its environment: settings, arguments of gap_fit, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from amorph_flows.datasets import FrameSet
from amorph_flows.errors import InputError, MissingDependencyError
from amorph_flows.potentials import GradeSettings, get_learned_backend
from amorph_flows.potentials.gap._backend import EDGE_FILE, XML_FILE
from amorph_flows.potentials.gap._method import _arguments, _terms, _write
from amorph_flows.potentials.training_frames import lone_atoms
from amorph_flows.schemas.fits import GAPSettings, settings_type
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.testing.alloy import alloy_frame, alloy_frames

BACKEND = get_learned_backend("gap")
FRAMES = alloy_frames(6, seed=0)


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AMORPH_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def doc() -> PotentialDoc:
    return PotentialDoc(
        species=["Cu", "Au"],
        settings=GAPSettings(),
        engine=EngineInfo(name="EMT", settings_hash="emt", surrogate=True),
        files={XML_FILE: b"<GAP></GAP>"},
        n_parameters=1,
        n_training_frames=1,
        errors={},
        training_cpu_seconds=0.0,
    )


def asked(**changes: object) -> dict[str, object]:
    settings = GAPSettings.model_validate(changes).model_dump()
    return {**settings, "reference_energies": {"Cu": -1.5, "Au": 0.25}}


def arguments(**changes: object) -> dict[str, str]:
    found = _arguments(FRAMES.to_atoms(), asked(**changes))
    return dict(one.split("=", 1) for one in found)


def test_energies_alone_are_fitted_as_in_the_paper() -> None:
    assert settings_type("gap") is GAPSettings
    assert GAPSettings().labels == "energies"
    assert arguments(force_sigma=0.2)["default_sigma"] == "{0.005 0.2 0.05 1.0}"


def test_only_labels_that_are_fitted_are_written(tmp_path: Path) -> None:
    """gap_fit takes all that it finds."""
    frames = FRAMES.to_atoms()
    for atoms, frame in zip(frames, FRAMES, strict=True):
        atoms.calc = None
        atoms.info = {"energy": frame.energy_ev, "stress": np.asarray(frame.stress)}
        atoms.arrays["forces"] = np.asarray(frame.forces)
    for labels, expected in (
        ("energies", {"gap_energy"}),
        ("energies and forces", {"gap_energy", "gap_force"}),
        ("energies, forces and stresses", {"gap_energy", "gap_force", "gap_virial"}),
    ):
        _write(tmp_path / "training.xyz", frames, labels)
        text = (tmp_path / "training.xyz").read_text()
        names = ("gap_energy", "gap_force", "gap_virial", "forces", "stress")
        assert {name for name in names if name in text} == expected


@pytest.mark.parametrize(
    "wrong", [{"force_weight": 0.1}, {"labels": "forces"}, {"level": 8}, {"energy_sigma": 0}]
)
def test_settings_that_gap_fit_lacks_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        GAPSettings.model_validate(wrong)


def test_arguments_name_lone_atoms_seed_and_files() -> None:
    found = arguments(seed=7)
    assert found["e0"] == "{Cu:-1.5:Au:0.25}"
    assert found["rnd_seed"] == "8"
    assert found["gp_file"] == XML_FILE
    assert found["do_copy_atoms_file"] == "F"


def test_each_pair_and_each_element_has_a_term() -> None:
    terms = _terms(FRAMES.to_atoms(), asked(n_sparse=5, l_max=3))
    kinds = [term.split()[0] for term in terms]
    assert kinds == ["distance_2b"] * 3 + ["soap"] * 2
    assert "Z1=29 Z2=79" in terms[1]
    assert "species_Z={{29 79}}" in terms[3]
    assert "l_max=3" in terms[3]
    assert "n_sparse=5" in terms[3]


def test_no_more_sparse_points_than_data() -> None:
    """gap_fit would end."""
    terms = _terms(FRAMES.to_atoms(), asked())
    copper = sum(int(np.sum(frame.numbers == 29)) for frame in FRAMES)
    assert f"n_sparse={copper} " in terms[3]


def test_pair_that_no_frame_has_gets_no_term() -> None:
    apart = []
    for number, atoms in zip((29, 79), FRAMES.to_atoms(), strict=False):
        atoms.numbers[:] = number
        apart.append(atoms)
    assert len(_terms(apart, asked())) == 4
    assert len(_terms(apart, asked(pair_delta=0.0))) == 2


def test_lone_atoms_explain_a_sum_of_constants() -> None:
    shifted = FrameSet(
        type(frame)(
            frame.numbers,
            frame.positions,
            frame.cell,
            float(np.sum(frame.numbers == 29) * -1.5 + np.sum(frame.numbers == 79) * 0.25),
            frame.forces,
        )
        for frame in FRAMES
    )
    assert lone_atoms(shifted, ["Au", "Cu"]) == pytest.approx({"Au": 0.25, "Cu": -1.5})


def test_missing_environment_is_told_before_the_fit(doc: PotentialDoc) -> None:
    command = r"install it with: amorph install-backend gap$"
    with pytest.raises(MissingDependencyError, match=command):
        BACKEND.check()
    with pytest.raises(MissingDependencyError, match=command):
        BACKEND.fit(FRAMES, FrameSet(), GAPSettings())
    with pytest.raises(MissingDependencyError, match=command):
        BACKEND.calculator(doc)


def test_frames_that_do_not_fit_are_refused(doc: PotentialDoc) -> None:
    pure = [frame.to_atoms() for frame in FRAMES]
    for atoms in pure:
        atoms.numbers[:] = 29
    copper = FrameSet(alloy_frame(atoms) for atoms in pure)
    with pytest.raises(InputError, match="validation frames hold Au"):
        BACKEND.fit(copper, FRAMES, GAPSettings())
    with pytest.raises(InputError, match="has Au, which no training frame has"):
        BACKEND.fit(copper, FrameSet(), GAPSettings(), start=doc)


def test_grades_need_their_file(doc: PotentialDoc, tmp_path: Path) -> None:
    assert BACKEND.pair_style(doc, ["Cu"], tmp_path, None).commands == []
    with pytest.raises(InputError, match="no grades"):
        BACKEND.pair_style(doc, ["Cu"], tmp_path, GradeSettings())
    for content, why in (
        (b"{", "cannot be read"),
        (b"{}", "cannot be read"),
        (json.dumps({"sigma_ev": 1.0, "potential": "x"}).encode(), "another potential"),
    ):
        wrong = doc.model_copy(update={"files": doc.files | {EDGE_FILE: content}})
        with pytest.raises(InputError, match=why):
            BACKEND.grades(wrong, FRAMES)


def test_changed_potential_is_refused(doc: PotentialDoc) -> None:
    changed = doc.model_copy(update={"files": {XML_FILE: b"<GAP>"}})
    with pytest.raises(InputError, match="changed"):
        BACKEND.calculator(changed)
