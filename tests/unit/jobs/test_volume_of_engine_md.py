"""The volume of engine MD is judged by the stresses of its frames."""

from __future__ import annotations

import numpy as np
import pytest
from ase import units
from report_study import study_parts

from amorph_flows.analysis.pressure import VolumeVerdict
from amorph_flows.datasets.frames import Frame, FrameSet, Provenance
from amorph_flows.jobs.volume import volume_of
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.schedule import MDStage

ENGINE = study_parts().potential.engine


def run(measured_gpa: float | None, **stage: object) -> LabelDoc:
    """Return a run of 64 atoms at 1200 K whose pressure, motion included, is given."""
    cell, n = np.eye(3) * 9.0, 64
    held = {"start_temperature_k": 1200, "end_temperature_k": 1200, "duration_fs": 100}
    stress = None
    if measured_gpa is not None:
        motion = n * units.kB * 1200 / 9.0**3
        stress = np.eye(3) * (motion - measured_gpa * units.GPa)
    frame = Frame(
        np.full(n, 8),
        np.zeros((n, 3)),
        cell,
        stress=stress,
        provenance=Provenance(temperature_k=1200.0),
    )
    return LabelDoc(
        engine=ENGINE,
        frames=FrameSet([frame] * 20),
        stage=MDStage.model_validate({"name": "hold"} | held | stage),
    )


def test_cell_that_was_held() -> None:
    squeezed = volume_of(run(5.0), 1200.0)
    assert squeezed.answer == VolumeVerdict.TOO_SMALL
    assert squeezed.numbers["mean_pressure_gpa"] == pytest.approx(5.0)
    assert "ensemble: npt" in squeezed.reason
    assert volume_of(run(0.1), 1200.0).passed


def test_cell_that_follows_a_pressure() -> None:
    ramp = {"ensemble": "npt", "pressure_gpa": 4.0, "end_pressure_gpa": 6.0}
    assert volume_of(run(5.0, **ramp), 1200.0).passed
    assert volume_of(run(0.0, **ramp), 1200.0).answer == VolumeVerdict.TOO_LARGE


def test_engine_without_stress() -> None:
    verdict = volume_of(run(None), 1200.0)
    assert verdict.answer == VolumeVerdict.NOT_KNOWN
    assert "no stress" in verdict.reason
