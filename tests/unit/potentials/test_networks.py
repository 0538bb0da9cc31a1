"""Networks without their environments: settings, input lines of LAMMPS, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest
from ase.io import write
from pydantic import ValidationError

from amorph_flows.datasets import FrameSet
from amorph_flows.errors import InputError, MissingDependencyError
from amorph_flows.lammps import LammpsMD
from amorph_flows.lammps.input import commands
from amorph_flows.potentials import GradeSettings, get_learned_backend
from amorph_flows.potentials.base import get_backend
from amorph_flows.potentials.networks import NetworkBackend
from amorph_flows.potentials.networks._given import replayed
from amorph_flows.schemas.fits import (
    FitSettings,
    MACESettings,
    NequIPSettings,
    NetworkSettings,
    SevenNetSettings,
    settings_type,
)
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.testing.alloy import alloy_frames, squeezed

FRAMES = alloy_frames(3, seed=0)
SETTINGS: dict[str, NetworkSettings] = {
    "nequip": NequIPSettings(),
    "mace": MACESettings(),
    "sevenn": SevenNetSettings(),
}
ALL = pytest.mark.parametrize("name", SETTINGS)


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AMORPH_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)


def network(name: str) -> NetworkBackend:
    backend = get_learned_backend(name)
    assert isinstance(backend, NetworkBackend)
    return backend


def doc_of(settings: NetworkSettings) -> PotentialDoc:
    backend = network(settings.backend)
    return PotentialDoc(
        species=["Cu", "Au"],
        settings=settings,
        engine=EngineInfo(name="EMT", settings_hash="emt", surrogate=True),
        files={f"{settings.backend}0{backend.suffix}": b"weights"},
        n_parameters=1,
        n_training_frames=1,
        errors={},
        training_cpu_seconds=0.0,
    )


@ALL
def test_settings_are_found_by_name_and_stored_whole(name: str) -> None:
    settings = SETTINGS[name]
    assert settings_type(name) is type(settings)
    assert (settings.precision, settings.members, settings.threads) == ("float64", 3, 1)
    back = PotentialDoc.model_validate_json(doc_of(settings).model_dump_json())
    assert back.settings == settings
    assert set(settings.architecture) <= set(type(settings).model_fields)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("nequip", {"network": "schnet"}),
        ("nequip", {"layers": 0}),
        ("mace", {"level": 8}),
        ("sevenn", {"cutoff": 6.0}),
        ("sevenn", {"weights": "7net-omni"}),
        ("nequip", {"rate_factor": 1.0}),
    ],
)
def test_settings_that_a_network_lacks_are_refused(name: str, wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings_type(name).model_validate({"backend": name, **wrong})


def test_models_are_named_for_people() -> None:
    assert NequIPSettings().model == "NequIP of 4 layers, 32 features, l up to 1"
    assert NequIPSettings(network="allegro").model.startswith("Allegro of 4 layers")
    assert MACESettings(foundation="mp.model").model == "MACE fine-tuned from mp.model"
    assert SevenNetSettings().model == "SevenNet fine-tuned from 7net-0"


@ALL
def test_missing_environment_is_told_before_the_fit(name: str, tmp_path: Path) -> None:
    backend, command = network(name), rf"install it with: amorph install-backend {name}$"
    with pytest.raises(MissingDependencyError, match=command):
        backend.check()
    with pytest.raises(MissingDependencyError, match=command):
        backend.fit(FRAMES, FrameSet(), SETTINGS[name])
    with pytest.raises(MissingDependencyError, match=command):
        backend.calculator(doc_of(SETTINGS[name]))
    assert list(tmp_path.iterdir()) == []


@ALL
def test_bad_input_is_refused_before_anything_runs(name: str) -> None:
    fit, settings = network(name).fit, SETTINGS[name]
    bare = FrameSet([squeezed(FRAMES[0], 1.0)])
    with pytest.raises(InputError, match="no frames"):
        fit(FrameSet(), FrameSet(), settings)
    with pytest.raises(InputError, match="training frame 0"):
        fit(bare, FrameSet(), settings)
    with pytest.raises(InputError, match="settings of"):
        fit(FRAMES, FrameSet(), FitSettings(backend="another"))
    foreign = doc_of(settings).model_copy(update={"files": {"a.txt": b""}})
    with pytest.raises(InputError, match="potential to start from has no"):
        fit(FRAMES, FrameSet(), settings, foreign)
    other = settings.model_copy(update={"precision": "float32"})
    with pytest.raises(InputError, match="another basis: its precision is float64, not float32"):
        fit(FRAMES, FrameSet(), other, doc_of(settings))


def test_foundation_model_that_is_not_there_is_refused() -> None:
    with pytest.raises(InputError, match=r"no foundation model nowhere\.model"):
        network("mace").fit(FRAMES, FrameSet(), MACESettings(foundation="nowhere.model"))


def test_configurations_to_replay_are_checked(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="name it in foundation"):
        MACESettings(replay="old.extxyz")
    with pytest.raises(InputError, match=r"to replay cannot be read: old\.extxyz"):
        network("sevenn").fit(FRAMES, FrameSet(), SevenNetSettings(replay="old.extxyz"))
    write(tmp_path / "old.extxyz", alloy_frames(7, seed=1).to_atoms())
    found = replayed(SevenNetSettings(replay="old.extxyz", replay_frames=3))
    assert len(found) == 3
    assert not any(frame.is_labelled for frame in found)


@ALL
def test_without_a_pair_style_lammps_asks_python(name: str, tmp_path: Path) -> None:
    doc = doc_of(SETTINGS[name])
    assert network(name).pair_style(doc, ["Au"], tmp_path, None).commands == []
    with pytest.raises(InputError, match="lacks Pt"):
        network(name).pair_style(doc, ["Pt"], tmp_path, None)
    with pytest.raises(InputError, match="has no committee"):
        network(name).pair_style(doc, ["Au"], tmp_path, GradeSettings())


@pytest.mark.parametrize(
    ("name", "style", "lines", "before"),
    [
        ("nequip", "nequip", ["pair_style nequip", "* potential.nequip.pt2 Cu Au"], "newton off"),
        ("nequip", "allegro", ["pair_style allegro", "* potential.nequip.pt2 Cu Au"], "newton on"),
        (
            "mace",
            "mace no_domain_decomposition",
            ["pair_style mace no_domain_decomposition", "* potential-lammps.pt Cu Au"],
            "newton on",
        ),
        (
            "mace",
            "mliap unified",
            ["pair_style mliap unified potential-lammps.pt 0", "* Cu Au"],
            "newton on",
        ),
        (
            "sevenn",
            "mliap unified",
            ["pair_style mliap unified potential-lammps.pt 0", "* Cu Au"],
            "newton on",
        ),
        ("sevenn", "e3gnn", ["pair_style e3gnn", "* potential-lammps.pt Cu Au"], "newton on"),
    ],
)
def test_lines_of_a_clusters_own_lammps(
    name: str, style: str, lines: list[str], before: str
) -> None:
    backend = network(name)
    target, found = backend.target, backend.lammps(style, ["Cu", "Au"])
    assert found.commands == [lines[0], f"pair_coeff * {lines[1]}"]
    assert target in " ".join(found.commands)
    md = LammpsMD.held(300.0, 20.0, time_step_fs=1.0)
    written = commands(md, found.commands, 100.0, before_box=found.before_box)
    assert written.index(before) < written.index("units metal") < written.index(lines[0])


@pytest.mark.parametrize(
    ("name", "style"), [("nequip", "nequip"), ("mace", "mace"), ("sevenn", "e3gnn")]
)
def test_file_of_a_pair_style_needs_the_environment(
    name: str, style: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"AMORPH_{name.upper()}_PAIR_STYLE", style)
    with pytest.raises(MissingDependencyError, match=f"amorph install-backend {name}"):
        get_backend(name).pair_style(doc_of(SETTINGS[name]), ["Au"], tmp_path, None)


def test_pair_style_of_the_other_network_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMORPH_NEQUIP_PAIR_STYLE", "allegro/kk")
    with pytest.raises(InputError, match="'allegro/kk', but the potential is one of nequip"):
        network("nequip").pair_style(doc_of(NequIPSettings()), ["Au"], tmp_path, None)
