"""Forecasts of the jobs of engines."""

from __future__ import annotations

from math import ceil

from jobflow import OutputReference
from pymatgen.core import Structure

from amorph_flows.datasets.frames import FrameSet
from amorph_flows.engines import PotentialEngine
from amorph_flows.planning.forecast import Call, Expected, Forecast, Frames, Task, forecaster
from amorph_flows.planning.timed import EngineCall, PotentialStep, Timed
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.schedule import MDStage

_ENGINES = "amorph_flows.engines."
_MINIMISER_STEPS = 20
"""Steps of LAMMPS's minimisers for one of an engine, whose limit of the forces is higher."""


@forecaster("Engine.md", _ENGINES + "potential.md_with_potential")
def run_md(call: Call) -> Forecast:
    """Forecast MD: the forces of the start and of every step."""
    structure, stage = call.structure(), call.given["stage"]
    assert isinstance(stage, MDStage)
    n_frames = 1 + ceil(stage.n_steps / stage.frame_stride)
    timed = _forces(call, structure)
    return Forecast(
        tasks=(Task(timed, stage.n_steps + 1),),
        output=Expected(
            structure=structure,
            frames=((structure, n_frames),),
            sampled_fs=stage.duration_fs,
            source="engine MD" if isinstance(timed, EngineCall) else "MTP MD",
        ),
        frame_atoms=n_frames * len(structure),
    )


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


def _forces(call: Call, structure: Structure) -> Timed:
    """Return one call of the engine, or one step with the fitted potential that it stands for."""
    engine = call.engine
    if isinstance(engine, PotentialEngine):
        potential = engine.potential
        if isinstance(potential, PotentialDoc) and not potential.is_classical:
            return PotentialStep(structure, potential.backend, potential.fit_settings(), every=0)
        if isinstance(potential, OutputReference):
            fitted = call.expected[potential.uuid].potential
            if fitted is None:
                raise LookupError("engine")
            return PotentialStep(structure, *fitted, every=0)
    return EngineCall(structure, engine)
