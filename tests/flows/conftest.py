"""A whole study made tiny: toy engine, small potential, runs of a hundred steps."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from amorph_flows.engines import AseEngine
from amorph_flows.flows import (
    ActiveLearningMaker,
    AmorphousElectrodeMaker,
    FitPotentialMaker,
    MeltQuenchMaker,
    ProductionMDMaker,
    SamplingMaker,
)
from amorph_flows.schemas.fits import MTPSettings


@pytest.fixture
def queue_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let queue jobs of `walltime_jobs.InterruptedCalculator` end when they say, with no margin."""
    monkeypatch.setenv("AMORPH_WALLTIME_MARGIN_S", "0")


@pytest.fixture(scope="session")
def tiny_study() -> Callable[..., AmorphousElectrodeMaker]:
    """The Maker of a study of 28 + 4 atoms that ends within a minute; takes changed fields."""
    return _tiny_study


def _tiny_study(**changes: object) -> AmorphousElectrodeMaker:
    """Return a study of 28 + 4 atoms that ends within a minute."""
    hold = SamplingMaker(duration_fs=160.0, frame_stride=4, hot_frame_stride=4)
    fit = FitPotentialMaker(
        settings=MTPSettings(level=8, cutoff=4.0, max_seconds=3600.0, max_steps=200)
    )
    fields: dict[str, object] = {
        "preset": "test",
        "engine": AseEngine(calculator="toy", relax_max_steps=50),
        "cell_lengths_a": (11.5, 7.1, 4.4),
        "melt_quench": MeltQuenchMaker(
            melt_duration_fs=100.0,
            hold_temperatures_k=(),
            hold_duration_fs=0.0,
            quench_duration_fs=170.0,
            branch_temperatures_k=(1200.0,),
            branch=hold,
            frame_stride=5,
        ),
        "insertion_temperatures_k": (300.0, 1200.0),
        "sampling": hold,
        "fit": fit,
        "active_learning": ActiveLearningMaker(
            fit=fit, duration_fs=200.0, max_turns=2, max_selected=4, label_jobs=2
        ),
        "mtp_sampling": ProductionMDMaker(
            name="MTP sampling",
            supercell=(1, 1, 1),
            equilibration_fs=20.0,
            production_fs=100.0,
            frame_stride=5,
            grade_every=5,
        ),
        "melt_sampling": ProductionMDMaker(
            name="MTP melt",
            supercell=(1, 1, 1),
            equilibration_fs=20.0,
            production_fs=100.0,
            frame_stride=5,
            grade_every=5,
        ),
        "production": ProductionMDMaker(
            supercell=(1, 2, 2),
            equilibration_fs=20.0,
            production_fs=200.0,
            frame_stride=2,
            grade_every=10,
        ),
        "production_temperatures_k": (300.0, 1000.0, 1200.0),
    }
    return AmorphousElectrodeMaker(**{**fields, **changes})  # type: ignore[arg-type]
