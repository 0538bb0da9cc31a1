"""Transport where every run failed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pymatgen.core import Structure
from report_study import study_parts

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets import Frame, FrameSet, Provenance
from amorph_flows.errors import InputError
from amorph_flows.jobs.transport import (
    TransportSettings,
    collect_engine_transport,
    collect_transport,
)
from amorph_flows.report.results import result_rows
from amorph_flows.schemas.labelling import EngineInfo, LabelDoc
from amorph_flows.schemas.schedule import MDStage

PARTS = study_parts()
NUMBERS = np.array([12] * 40 + [8] * 40)


def test_transport_of_no_run_is_a_refusal_that_the_report_can_show() -> None:
    transport = collect_transport.original([None, None], "Mg2+")
    assert not transport.believable
    parts = PARTS.model_copy(update={"production": [], "transport": transport})
    rows = [row for row in result_rows(parts) if row.quantity == "activation_energy"]
    assert rows[0].value is None
    assert rows[0].verdict == "refused"
    assert "very production run failed" in rows[0].reason


def _piece(positions: FloatArray, n_steps: int, stage: MDStage) -> LabelDoc:
    frames = FrameSet(
        Frame(
            NUMBERS,
            at,
            np.eye(3) * 20.0,
            -1.0,
            np.zeros((len(NUMBERS), 3)),
            provenance=Provenance(
                run="MgO 900 K engine MD",
                temperature_k=900.0,
                step=10 * (i + 1),
                time_fs=20.0 * (i + 1),
            ),
        )
        for i, at in enumerate(positions)
    )
    engine = EngineInfo(name="toy", settings_hash="x", surrogate=False)
    return LabelDoc(engine=engine, run="x", stage=stage, n_steps=n_steps, frames=frames)


def test_pieces_of_engine_md_are_one_trajectory_of_all_of_their_length() -> None:
    rng = np.random.default_rng(1)
    steps = rng.normal(0, 0.3, (400, len(NUMBERS), 3)) * (NUMBERS == 12)[None, :, None]
    walk = rng.uniform(0, 20, (len(NUMBERS), 3)) + np.cumsum(steps, axis=0)
    stage = MDStage(
        name="hold at 900 K",
        start_temperature_k=900.0,
        end_temperature_k=900.0,
        duration_fs=3200.0,
        time_step_fs=2.0,
        frame_stride=10,
    )
    first, second = _piece(walk[:160], 1600, stage), _piece(walk[160:], 2400, stage)
    whole = collect_engine_transport.original(
        [[first, second]], "Mg2+", TransportSettings("cell", 400.0)
    )
    [point] = whole.temperatures
    assert (point.n_frames, point.discontinuities) == (400, [])
    assert (point.drift, point.single_time_fs) == ("cell", 400.0)
    # D = <step^2> / 2 along each axis, per 20 fs; the centre of the cell takes its part
    expected = 0.3**2 / 2 / 20.0 * 0.1
    assert point.tracer_diffusivity_cm2_s == pytest.approx(expected, rel=0.3)
    crystal = Structure(np.eye(3) * 20, ["O"], [[0.5, 0.5, 0.5]])
    judged = collect_engine_transport.original([[first, second]], "Mg2+", None, crystal)
    assert [v.question for v in judged.temperatures[0].verdicts][-1] == "amorphous?"
    cut = collect_engine_transport.original([[first, None], [None, second]], "Mg2+")
    assert cut.temperatures[0].n_frames == 160
    assert collect_engine_transport.original([[None, None]], "Mg2+").temperatures == []


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"drift": "all"}, "transport.drift is 'all'"),
        ({"time_difference_fs": 0.0}, "transport.time_difference_fs is 0"),
        ({"time_difference_fs": 5000.0}, "the runs are 5000 fs long"),
    ],
)
def test_settings_that_no_run_could_be_analysed_with(changes: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        TransportSettings(**changes).check(5000.0, "transport")
