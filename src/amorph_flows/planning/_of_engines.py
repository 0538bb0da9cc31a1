"""Forecasts of the jobs of engines."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from jobflow import Flow, OutputReference
from pymatgen.core import Structure

from amorph_flows.datasets.frames import FrameSet
from amorph_flows.engines import PotentialEngine
from amorph_flows.jobs import prolonged_md
from amorph_flows.planning.forecast import Call, Expected, Forecast, Frames, Task, forecaster
from amorph_flows.planning.timed import EngineCall, PotentialStep, Timed
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.schemas.until import Until

_ENGINES = "amorph_flows.engines."
_MINIMISER_STEPS = 20
"""Steps of LAMMPS's minimisers for one of an engine, whose limit of the forces is higher."""
_ENDLESS = 1e6
"""Times its first length, that of a run without a budget of time."""


@forecaster("Engine.md", _ENGINES + "potential.md_with_potential")
def run_md(call: Call) -> Forecast:
    """Forecast MD: the forces of the start and of every step."""
    structure, stage = call.structure(), call.given["stage"]
    assert isinstance(stage, MDStage)
    n_frames = 1 + ceil(stage.n_steps / stage.frame_stride)
    timed = _forces(call, structure)
    until, before = _goal_of(call)
    hours = until.budget_core_hours if until is not None and before else None
    limit_s = None if hours is None else 3600 * hours
    return Forecast(
        tasks=(Task(timed, stage.n_steps + 1, limit_core_s=limit_s, n_before=before),),
        output=Expected(
            structure=structure,
            frames=((structure, n_frames),),
            sampled_fs=stage.duration_fs,
            source="engine MD" if isinstance(timed, EngineCall) else "MTP MD",
        ),
        frame_atoms=n_frames * len(structure),
    )


@forecaster("amorph_flows.jobs.prolonged_md.go_on_or_end")
def go_on_or_end(call: Call) -> Forecast:
    """Forecast MD with a goal: one more piece, which uses its budget up."""
    pieces, stage = call.given["pieces"], call.given["stage"]
    until: Until = call.given["until"]
    cells: list[tuple[Structure, float]] = [frames for piece in pieces for frames in piece.frames]
    output = Expected(
        structure=pieces[-1].structure,
        frames=((cells[0][0], sum(n for _, n in cells)),) if cells else (),
        sampled_fs=sum(piece.sampled_fs or 0.0 for piece in pieces),
        source=pieces[-1].source,
    )
    forecast = Forecast(output=output, frame_atoms=output.n_frame_atoms)
    left_fs = _most_fs(until, stage) - stage.duration_fs
    if len(pieces) > 1 or left_fs < stage.time_step_fs:
        return forecast
    before = call.raw["pieces"]
    longer = stage.model_copy(update={"duration_fs": left_fs})
    md = call.engine.md(before[-1].structure, longer)
    md.name = f"{call.job.name}, longer"
    end = prolonged_md.go_on_or_end(
        call.raw["engine"], [*before, md.output], stage, until, [], call.raw["crystal"]
    )
    end.name = call.job.name
    return replace(forecast, then=Flow([md, end]))


@forecaster("Engine.static", _ENGINES + "potential.static_with_potential")
def label(call: Call) -> Forecast:
    """Forecast single points, in one job or in several."""
    frames = frames_of(call.given["frames"])
    n_frames = sum(n for _, n in frames)
    share = getattr(call.engine, "labels_per_job", 0)
    return Forecast(
        tasks=tuple(Task(_forces(call, structure), n) for structure, n in frames),
        output=Expected(frames=frames),
        frame_atoms=sum(n * len(structure) for structure, n in frames),
        pieces=ceil(n_frames / share) if share and n_frames > share else 1,
    )


@forecaster("Engine.relax")
def relax(call: Call) -> Forecast:
    """Forecast a relaxation: the forces of the start and of every step."""
    return _relaxation(call, call.case.relax_steps)


@forecaster(_ENGINES + "potential.relax_with_potential")
def relax_with_potential(call: Call) -> Forecast:
    """Forecast a relaxation by LAMMPS's minimisers."""
    return _relaxation(call, _MINIMISER_STEPS * call.case.relax_steps)


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


def _relaxation(call: Call, n_steps: float) -> Forecast:
    structure = call.structure()
    n_steps = min(n_steps, getattr(call.engine, "relax_max_steps", 500))
    return Forecast(
        tasks=(Task(_forces(call, structure), n_steps + 1),),
        output=Expected(structure=structure),
    )


def _goal_of(call: Call) -> tuple[Until | None, int]:
    """Return the goal of a run, and how many of its steps were run before this piece."""
    for job in call.together:
        if getattr(job.function, "__name__", "") == "go_on_or_end":
            _, pieces, stage, until, *_ = job.function_args
            if any(getattr(piece, "uuid", "") == call.job.uuid for piece in pieces):
                return until, stage.n_steps if len(pieces) > 1 else 0
    return None, 0


def _most_fs(until: Until, stage: MDStage) -> float:
    """Return how long a run may become, fs."""
    if until.budget_ps is not None:
        return 1e3 * until.budget_ps
    return _ENDLESS * stage.duration_fs  # only the core-hours end it


def _forces(call: Call, structure: Structure) -> Timed:
    """Return one call of the engine, or one step with the fitted potential that it stands for."""
    engine = call.engine
    if isinstance(engine, PotentialEngine):
        potential = engine.potential
        if isinstance(potential, PotentialDoc) and not potential.is_classical:
            return PotentialStep(structure, potential.fit_settings(), every=0)
        if isinstance(potential, OutputReference):
            fitted = call.expected[potential.uuid].potential
            if fitted is None:
                raise LookupError("engine")
            return PotentialStep(structure, fitted, every=0)
    return EngineCall(structure, engine)
