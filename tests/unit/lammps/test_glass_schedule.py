from __future__ import annotations

import pytest
from pydantic import ValidationError

from amorph_flows.lammps import GlassSchedule, LammpsMD, Minimise


def test_the_defaults_are_the_published_protocol():
    first, *rest = GlassSchedule().stages
    assert isinstance(first, Minimise)
    told = [
        (s.kind, s.temperature_k, s.last_temperature_k, s.duration_fs / 1000, s.velocities)
        for s in rest
    ]
    assert told == [
        ("nvt", 300, 300, 10, "draw"),
        ("npt", 300, 300, 10, None),
        ("nvt", 3000, 3000, 100, "scale"),
        ("npt", 3000, 3000, 100, None),
        ("npt", 3000, 300, 2700, None),
        ("npt", 300, 300, 100, None),
    ]
    assert {stage.damping_fs for stage in rest} == {100}
    barostats = [stage for stage in rest if stage.kind == "npt"]
    assert {(s.pressure_gpa, s.barostat_damping_fs) for s in barostats} == {(0, 1000)}
    assert [stage.frame_stride for stage in rest] == [None] * 5 + [1000]
    # the timestep of the published glasses' files is 3021352
    assert LammpsMD(stages=(first, *rest)).n_steps == 3_020_000


def test_parts_without_length_are_left_out_and_the_volume_can_be_kept():
    schedule = GlassSchedule(
        start_nvt_fs=0,
        start_npt_fs=0,
        melt_nvt_fs=2000,
        melt_npt_fs=0,
        rate_k_per_ps=100,
        relax_fs=1000,
        ensemble="nvt",
    )
    _, *rest = schedule.stages
    assert [(s.kind, s.duration_fs, s.velocities) for s in rest] == [
        ("nvt", 2000, "draw"),
        ("nvt", 27_000, None),
        ("nvt", 1000, None),
    ]


def test_wrong_fields_are_named():
    with pytest.raises(ValidationError, match="melt_temperature_k is 300, not above"):
        GlassSchedule(melt_temperature_k=300)
    with pytest.raises(ValidationError, match="rate_k_per_ps"):
        GlassSchedule(rate_k_per_ps=0)
