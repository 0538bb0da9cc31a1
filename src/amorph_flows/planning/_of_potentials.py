"""Forecasts of fits, of MD with a potential and of active learning."""

from __future__ import annotations

from collections.abc import Sequence

from jobflow import Maker, OutputReference
from pymatgen.core import Structure

from amorph_flows.lammps import LammpsMD
from amorph_flows.planning.forecast import Call, Expected, Forecast, Task, forecaster
from amorph_flows.planning.timed import (
    GRADIENT_STEPS,
    ActiveSetSearch,
    FitStep,
    GivenPotentialStep,
    PotentialStep,
)
from amorph_flows.potentials.base import GradeSettings
from amorph_flows.schemas.active_learning import EarlierTurns
from amorph_flows.schemas.fits import FitSettings
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.production_md import ProductionUntil

_JOBS = "amorph_flows.jobs."
_MEASURED_STEPS, _MEASURED_S = 1000.0, 2.0
"""Steps of MD that time a potential for a comparison, and what else is done there, s."""

_ENDLESS = 1e6
"""Times its first length, that of a run without a budget of time."""


@forecaster(_JOBS + "potential.fit_potential")
def fit(call: Call) -> Forecast:
    """Forecast a fit and its active set."""
    return _fit(call, call.given["settings"])


@forecaster(_JOBS + "potential.refit_potential")
def refit(call: Call) -> Forecast:
    """Forecast a refit and its active set."""
    return _fit(call, call.potential("start"))


@forecaster(_JOBS + "potential.choose_potential")
def choose(call: Call) -> Forecast:
    """Forecast the choice among fits: which one is not known, the largest is assumed."""
    fits = [fit for fit in call.given["fits"] if fit.potential is not None]
    if not fits:
        raise LookupError("fits")
    return Forecast(
        output=max(fits, key=lambda fit: getattr(fit.potential, "level", 0)), active_sets=1
    )


@forecaster(_JOBS + "potential_comparison.measure_fit")
def measure(call: Call) -> Forecast:
    """Forecast the measurement of a fit: its errors on the test frames, and a short MD."""
    settings, data = call.potential(), call.given["dataset"]
    tasks = [
        Task(PotentialStep(cell, settings, every=0), n * (1 - data.n_training / data.n_frames))
        for cell, n in data.frames
    ]
    if isinstance(call.given["structure"], Structure):
        step = PotentialStep(call.structure(), settings, every=0)
        tasks.append(Task(step, _MEASURED_STEPS))
    return Forecast(tasks=tuple(tasks), other_s=_MEASURED_S, output=Expected(potential=settings))


@forecaster(_JOBS + "production_md.run_production")
def run_production(call: Call) -> Forecast:
    """Forecast MD in a supercell; one with a goal is taken to use its budget up."""
    return _md(call, call.structure() * call.given["supercell"], call.given["grade"])


@forecaster(_JOBS + "glass_transition.cool_with_potential")
def cool(call: Call) -> Forecast:
    """Forecast cooling in a supercell."""
    return _md(call, call.structure() * call.given["supercell"], None)


@forecaster(_JOBS + "active_learning.explore.explore")
def explore(call: Call) -> Forecast:
    """Forecast a run of active learning; its length is set by the end of its turn."""
    return _md(call, call.structure(), call.given["grade"])


@forecaster(_JOBS + "active_learning.select.select_candidates")
def select(call: Call) -> Forecast:
    """Forecast the choice of configurations; the output is that of one batch of labels."""
    cells = _distinct([run.structure for run in call.given["explorations"]])
    if not cells:
        raise LookupError("explorations")
    n = call.case.labels * call.given["limit"] / call.given["n_batches"] / len(cells)
    return Forecast(output=Expected(frames=tuple((cell, n) for cell in cells)))


@forecaster(_JOBS + "active_learning.conclude.conclude_turn")
def conclude(call: Call) -> Forecast:
    """Forecast the end of a turn: the next one, or the end of the loop."""
    loop, turn, raw = call.raw["loop"], call.raw["turn"], call.raw
    data, potential = call.given["extended"], call.given["refitted"]
    output = Expected(frames=data.frames, n_training=data.n_training, potential=potential.potential)
    then = None
    if turn < call.case.n_turns(loop.max_turns):
        refitted, extended = (OutputReference(raw[key].uuid) for key in ("refitted", "extended"))
        then = loop.turn(turn + 1, refitted, extended, raw["starts"], EarlierTurns())
    last = "" if then is not None or turn == 1 else f"active learning: all {turn} turns"
    frame_atoms = data.n_frame_atoms
    return Forecast(output=output, active_sets=1, frame_atoms=frame_atoms, then=then, last=last)


def _fit(call: Call, settings: FitSettings) -> Forecast:
    data = call.given["dataset"]
    if not data.frames:
        raise LookupError("dataset")
    atoms = data.n_frame_atoms * data.n_training / data.n_frames
    cell = max((structure for structure, _ in data.frames), key=len)
    return Forecast(
        tasks=(
            Task(FitStep(cell, settings), settings.passes * atoms, settings.max_seconds),
            Task(FitStep(cell, settings), min(settings.passes, GRADIENT_STEPS) * atoms),
            Task(ActiveSetSearch(cell, settings), 1),
        ),
        other_s=1.0,  # errors and parity
        output=Expected(potential=settings),
        active_sets=1,
    )


def _md(call: Call, cell: Structure, grade: GradeSettings | None) -> Forecast:
    md, until, at_most = call.given["md"], call.given.get("until"), 1.0
    assert isinstance(md, LammpsMD)
    limit_core_s = None
    if isinstance(until, ProductionUntil):
        if until.budget_core_hours is not None:
            limit_core_s = until.budget_core_hours * 3600
        if until.budget_ps is not None:
            md = md.lasting(1e3 * until.budget_ps)
        else:  # only the core-hours end it
            at_most = _ENDLESS
    n_frames = sum(_frames_of(stage) for stage in md.stages)
    step = _step(call, cell, grade.every if grade else 0)
    last = md.stages[-1]
    return Forecast(
        tasks=(Task(step, _length(call) * md.n_steps * at_most, limit_core_s=limit_core_s),),
        output=Expected(
            structure=cell,
            frames=((cell, n_frames),),
            sampled_fs=getattr(last, "duration_fs", None),
            source="MTP MD",
        ),
        dump_atoms=n_frames * len(cell),
        active_sets=1 if grade else 0,
    )


def _step(call: Call, cell: Structure, every: int) -> PotentialStep:
    """Return a step of MD with the potential of a job, which may be there already."""
    given = call.given["potential"]
    if isinstance(given, PotentialDoc):
        return GivenPotentialStep(cell, given.settings, 0 if given.is_classical else every, given)
    return PotentialStep(cell, call.potential(), every)


def _length(call: Call) -> float:
    """Return the share of its length that a run lasts; runs of the last turn break no more."""
    given = [argument for job in call.together for argument in job.function_args]
    loops = [a for a in given if isinstance(a, Maker) and hasattr(a, "max_turns")]
    if "turn" not in call.given or not loops:
        return 1.0
    is_last = call.given["turn"] >= call.case.n_turns(loops[0].max_turns)
    return 1.0 if is_last else call.case.unbroken


def _frames_of(stage: object) -> int:
    stride = getattr(stage, "frame_stride", None)
    return 1 + int(getattr(stage, "n_steps", 0)) // stride if stride else 0


def _distinct(cells: Sequence[Structure | None]) -> list[Structure]:
    """Return one cell of each size and formula."""
    found = {(len(cell), cell.composition): cell for cell in cells if cell is not None}
    return list(found.values())
