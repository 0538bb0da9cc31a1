"""Forecasts of the jobs of engines."""

from __future__ import annotations

from math import ceil

from pymatgen.core import Structure

from amorph_flows.datasets.frames import FrameSet
from amorph_flows.planning.forecast import Call, Expected, Forecast, Frames, Task, forecaster
from amorph_flows.planning.timed import EngineCall
from amorph_flows.schemas.schedule import MDStage


@forecaster("Engine.md")
def run_md(call: Call) -> Forecast:
    """Forecast MD: the forces of the start and of every step."""
    structure, stage = call.structure(), call.given["stage"]
    assert isinstance(stage, MDStage)
    n_frames = 1 + ceil(stage.n_steps / stage.frame_stride)
    return Forecast(
        tasks=(Task(EngineCall(structure, call.engine), stage.n_steps + 1),),
        output=Expected(
            structure=structure,
            frames=((structure, n_frames),),
            sampled_fs=stage.duration_fs,
            source="engine MD",
        ),
        frame_atoms=n_frames * len(structure),
    )


@forecaster("Engine.static")
def label(call: Call) -> Forecast:
    """Forecast single points, in one job or in several."""
    frames = frames_of(call.given["frames"])
    n_frames = sum(n for _, n in frames)
    share = getattr(call.engine, "labels_per_job", 0)
    return Forecast(
        tasks=tuple(Task(EngineCall(structure, call.engine), n) for structure, n in frames),
        output=Expected(frames=frames),
        frame_atoms=sum(n * len(structure) for structure, n in frames),
        pieces=ceil(n_frames / share) if share and n_frames > share else 1,
    )


@forecaster("Engine.relax")
def relax(call: Call) -> Forecast:
    """Forecast a relaxation: the forces of the start and of every step."""
    structure = call.structure()
    steps = min(call.case.relax_steps, getattr(call.engine, "relax_max_steps", 500))
    return Forecast(
        tasks=(Task(EngineCall(structure, call.engine), steps + 1),),
        output=Expected(structure=structure),
    )


def frames_of(value: Expected | FrameSet) -> Frames:
    """Return the frames that an argument holds or stands for.

    Parameters
    ----------
    value
        The argument.
    """
    if isinstance(value, Expected):
        return value.frames
    return tuple(
        (Structure(frame.cell, frame.numbers, frame.positions, coords_are_cartesian=True), 1)
        for frame in value
    )
