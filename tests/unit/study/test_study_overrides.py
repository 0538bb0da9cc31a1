from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import pytest
from pair_potential import PairSettings
from pydantic import BaseModel, ConfigDict, Field

from amorph_flows.errors import InputError
from amorph_flows.flows import FitPotentialMaker
from amorph_flows.schemas.fits import MTPSettings
from amorph_flows.study.overrides import apply_overrides, override_names


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    level: int = Field(default=16, ge=2, le=28)
    choose_on: Literal["validation", "test"] = "validation"


@dataclass
class Quench:
    time_step_fs: float = 2.0
    temperatures_k: tuple[float, ...] = (1200.0, 900.0)
    seed: int = 0
    label: str | None = None
    restart: bool = False

    def __post_init__(self):
        if self.time_step_fs <= 0:
            raise InputError(f"time_step_fs must be positive, got {self.time_step_fs}")


@dataclass
class Fit:
    settings: Settings = field(default_factory=Settings)
    backend: str = "mtp"


@dataclass
class Study:
    quench: Quench = field(default_factory=Quench)
    fit: Fit = field(default_factory=Fit)
    kwargs: dict[str, float] = field(default_factory=dict)
    rng: object = None


def test_changes_are_made_on_a_copy():
    maker = Study()
    overrides = {
        "quench.time_step_fs": 1,
        "quench.temperatures_k": [300, 600.5],
        "fit": {"settings": {"level": 8}, "backend": "motep"},
        "quench.label": "mine",
        "kwargs": {"a": 1.5},
    }
    changed = apply_overrides(maker, overrides)
    assert changed.quench == Quench(1.0, (300.0, 600.5), 0, "mine")
    assert isinstance(changed.quench.time_step_fs, float)
    assert changed.fit == Fit(Settings(level=8), "motep")
    assert changed.kwargs == {"a": 1.5}
    assert maker == Study()


def test_a_backend_brings_its_own_settings():
    fit = FitPotentialMaker(settings=MTPSettings(level=12, cutoff=5.0, seed=7))
    overrides = {"settings": {"cutoff": 4.0, "backend": "pair_potential:PairBackend", "size": 3}}
    changed = apply_overrides(fit, overrides)
    assert changed.settings == PairSettings(cutoff=4.0, size=3, seed=7)
    same = apply_overrides(fit, {"settings.backend": "motep"})
    assert same.settings == MTPSettings(backend="motep", level=12, cutoff=5.0, seed=7)
    many = apply_overrides(fit, {"alternatives": [{"backend": "mtp", "level": 8}]})
    assert many.alternatives == (MTPSettings(level=8),)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"settings.backend": "mpt"}, "unknown potential backend 'mpt'; did you mean 'mtp'"),
        ({"settings.backend": "classical"}, "are given, not fitted"),
        ({"settings.backend": 3}, "give a name in quotes, got 3"),
        (
            {"settings": {"backend": "pair_potential:PairBackend", "level": 8}},
            "unknown override 'settings.level'",
        ),
        ({"alternatives": [{"level": 8}]}, "name their backend"),
        ({"alternatives": [{"backend": "mtp", "size": 8}]}, "not permitted"),
    ],
)
def test_settings_of_another_backend_are_refused(overrides, message):
    with pytest.raises(InputError, match=message):
        apply_overrides(FitPotentialMaker(), overrides)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            {"quench.timestep_fs": 1.0},
            "unknown override 'quench.timestep_fs'; did you mean 'quench.time_step_fs'",
        ),
        ({"time_step_fs": 1.0}, "did you mean 'quench.time_step_fs'"),
        ({"melt.time_step_fs": 1.0}, "did you mean 'quench.time_step_fs'"),
        ({"level": 8}, "did you mean 'fit.settings.level'"),
        ({"quench.seed.x": 1}, "unknown override 'quench.seed.x'"),
        ({"zzzzzzzz": 1}, "known overrides: quench.time_step_fs, "),
        ({"quench": {"sed": 1}}, "unknown override 'quench.sed'; did you mean 'quench.seed'"),
        ({"quench": 3}, "is a whole stage; set one of its fields: quench.time_step_fs, "),
        ({"quench.time_step_fs": "fast"}, "valid number, got 'fast'"),
        ({"quench.time_step_fs": "1e-3"}, "is text in YAML"),
        ({"quench.time_step_fs": True}, r"got True \(bool\)"),
        ({"quench.time_step_fs": None}, r"got None \(NoneType\)"),
        ({"quench.time_step_fs": float("nan")}, "must be finite, got nan"),
        ({"quench.temperatures_k": [300.0, float("inf")]}, "must be finite, got inf"),
        (
            {"quench.time_step_fs": -1.0},
            "override 'quench.time_step_fs': time_step_fs must be positive",
        ),
        ({"quench.seed": 1.5}, r"got 1.5 \(float\)"),
        ({"quench.restart": 1}, r"got 1 \(int\)"),
        ({"quench.temperatures_k": 300.0}, "got 300.0"),
        ({"quench.temperatures_k": ["hot"]}, "got .'hot'."),
        ({"fit.settings.level": 40}, "less than or equal to 28, got 40"),
        ({"fit.settings.choose_on": "luck"}, "'validation' or 'test', got 'luck'"),
        ({"fit.backend": 3}, "valid string, got 3"),
        ({"kwargs": {"a": "b"}}, "valid number"),
        ({"quench.label": {1, 2}}, "a set cannot be given"),
    ],
)
def test_refused(overrides, message):
    with pytest.raises(InputError, match=message) as error:
        apply_overrides(Study(), overrides)
    assert "\n" not in str(error.value)


def test_names():
    assert override_names(Fit()) == ["settings.level", "settings.choose_on", "backend"]
