"""A stage of MD: what is asked for at a step, and fields that do not fit together."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from amorph_flows.schemas.schedule import MDStage

HOLD: dict[str, Any] = {
    "name": "hold",
    "start_temperature_k": 900,
    "end_temperature_k": 900,
    "duration_fs": 20,
}


def test_temperature_and_pressure_are_linear_in_time() -> None:
    ramp = {"ensemble": "npt", "end_temperature_k": 300, "pressure_gpa": 1, "end_pressure_gpa": 5}
    stage = MDStage(**HOLD | ramp)
    assert [stage.temperature_at(step) for step in (0, 5, 10, 11)] == [900, 600, 300, 300]
    assert [stage.pressure_at(step) for step in (0, 5, 10, 11)] == [1, 3, 5, 5]
    assert not stage.has_constant_pressure
    hold = MDStage(**HOLD, ensemble="npt", pressure_gpa=-2)
    assert (hold.pressure_at(0), hold.pressure_at(10), hold.has_constant_pressure) == (-2, -2, True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"pressure_gpa": 1.0},
            r"pressure_gpa = 1\.0 with ensemble = 'nvt', which has no barostat",
        ),
        ({"end_pressure_gpa": 0.0, "ensemble": "nve"}, "end_pressure_gpa = 0.0 with .* 'nve'"),
        ({"coupling": "axes", "barostat_damping_fs": 5}, "barostat_damping_fs = 5.0, coupling"),
        ({"ensemble": "npt", "barostat_damping_fs": -1}, "barostat_damping_fs"),
        ({"ensemble": "npt", "pressure_gpa": float("inf")}, "pressure_gpa"),
        ({"ensemble": "npt", "end_pressure_gpa": 1.0, "duration_fs": 0}, "duration_fs"),
        ({"ensemble": "npt", "coupling": "cubic"}, "coupling"),
    ],
)
def test_fields_that_do_not_fit_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message) as caught:
        MDStage(**HOLD | changes)
    assert caught.value.error_count() == 1


def test_a_stored_stage_is_read_again() -> None:
    for stage in (
        MDStage(**HOLD),
        MDStage(**HOLD, ensemble="npt", pressure_gpa=3, coupling="axes"),
    ):
        assert MDStage.model_validate_json(stage.model_dump_json()) == stage
