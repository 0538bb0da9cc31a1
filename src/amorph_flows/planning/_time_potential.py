"""How long a potential takes to fit and to run, timed with one that is thrown away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from ase.calculators.morse import MorsePotential
from pymatgen.core import Structure

from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.lammps import LammpsMD, run_lammps_md
from amorph_flows.planning._measure import Stopwatch, memory_gb, stopwatch, today
from amorph_flows.planning.rates import Rate
from amorph_flows.planning.timed import (
    ActiveSetSearch,
    FitStep,
    GivenPotentialStep,
    PotentialStep,
    Timed,
    WithPotential,
)
from amorph_flows.potentials import Fit, get_learned_backend
from amorph_flows.potentials.base import GradeSettings
from amorph_flows.schemas.fits import FitSettings
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.schemas.potential import PotentialDoc

_N_FRAMES = 6
_N_GRADED = 24
_RATTLE_A = 0.05
_FIT_STEPS = 40
_FIT_S = 60.0
_WELL_EV = 1e-5
_TEMPERATURE_K = 1.0
_TIME_STEP_FS = 0.05
"""The fit means nothing: its forces are weak and its atoms stay where they are."""
_MOVING = 1.1
"""Atoms that move need their neighbour lists built every few steps."""
_SHORT = 10
_ENOUGH_S = 0.6
_MOST_STEPS = 20_000


def time_potential(work: list[Timed]) -> dict[str, Rate]:
    """Return the rates of a fit, of its active set and of MD with the potential.

    Parameters
    ----------
    work
        With one backend and one kind of settings.
    """
    pieces = [piece for piece in work if isinstance(piece, WithPotential)]
    largest = max((piece.structure for piece in pieces), key=_n_elements_and_atoms)
    first, fit_s, active_s = pieces[0], Stopwatch(), Stopwatch()
    if isinstance(first, GivenPotentialStep):
        potential = first.potential
    else:
        potential, fit_s, active_s = _fitted(first, _cell_to_fit(pieces, largest))
    rates: dict[str, Rate] = {}
    moved = [piece for piece in pieces if isinstance(piece, PotentialStep)]
    if moved:
        _run(moved[0], potential, 1)  # compiles the pair style where that is needed
    for piece in pieces:
        if isinstance(piece, PotentialStep):
            rates[piece.key] = _time_md(piece, potential)
        elif isinstance(piece, FitStep):
            rates[piece.key] = _rate(fit_s, potential)
        elif isinstance(piece, ActiveSetSearch):
            rates[piece.key] = _rate(active_s, potential)
    return rates


def _n_elements_and_atoms(structure: Structure) -> tuple[int, int]:
    return len(structure.symbol_set), len(structure)


def _cell_to_fit(pieces: list[WithPotential], largest: Structure) -> Structure:
    """Return the cell of the fits, or the smallest one with all elements."""
    fits = [piece.structure for piece in pieces if isinstance(piece, FitStep)]
    every = [p.structure for p in pieces if p.structure.symbol_set == largest.symbol_set]
    return fits[0] if fits and fits[0] in every else min(every, key=len)


def _fitted(piece: WithPotential, cell: Structure) -> tuple[PotentialDoc, Stopwatch, Stopwatch]:
    """Return a potential, and the times of one step of its fit and of its active set an atom."""
    frames, many = _labelled(cell, _N_FRAMES), _labelled(cell, _N_GRADED)
    method = get_learned_backend(piece.settings.backend)
    given = piece.settings
    assert isinstance(given, FitSettings)
    settings = given.model_copy(update={"max_steps": _FIT_STEPS, "max_seconds": _FIT_S})
    if settings.passes < settings.max_steps:  # so quick that its start would count
        frames = many
    with stopwatch() as fitting:
        fit = method.fit(frames, FrameSet(), settings)
    for _ in range(2):  # the first one may compile
        with stopwatch() as finding:
            grade_files = method.grade_files(fit, many, settings)
    potential = PotentialDoc(
        species=fit.species,
        settings=settings,
        engine=EngineInfo(name="Morse", settings_hash="timing", surrogate=True),
        files=fit.files | grade_files,
        grade_files=sorted(grade_files),
        n_parameters=fit.n_parameters,
        n_training_frames=len(frames),
        errors={},
        training_cpu_seconds=fit.cpu_seconds,
    )
    step_s = _step_of(fit) / (len(frames) * len(cell))
    return potential, Stopwatch(step_s, step_s / fitting.cores), finding


def _step_of(fit: Fit) -> float:
    """Return the CPU time of one step of a fit, its start left out, s."""
    times = [cpu_s for cpu_s, _ in fit.history]
    if len(times) < 2:
        return fit.cpu_seconds
    return (times[-1] - times[0]) / (len(times) - 1)


def _labelled(cell: Structure, n_frames: int) -> FrameSet:
    """Return rattled copies of a cell with labels of a Morse potential."""
    rng, frames = np.random.default_rng(0), list[Frame]()
    for _ in range(n_frames):
        atoms = cell.to_ase_atoms()
        atoms.positions = atoms.positions + rng.normal(0, _RATTLE_A, (len(atoms), 3))
        atoms.calc = MorsePotential(epsilon=_WELL_EV, r0=2.0, rho0=3.0)
        atoms.get_forces()
        frames.append(Frame.from_atoms(atoms))
    return FrameSet(frames)


def _time_md(piece: PotentialStep, potential: PotentialDoc) -> Rate:
    """Time as many steps as take long against the start of LAMMPS."""
    short, n_steps, faster = _run(piece, potential, _SHORT), _SHORT, 10.0
    while True:
        n_steps = min(_MOST_STEPS, round(n_steps * faster))
        long = _run(piece, potential, n_steps)
        spent = long.core_seconds - short.core_seconds
        if spent >= _ENOUGH_S or n_steps == _MOST_STEPS:
            break
        faster = min(10.0, max(2.0, 1.2 * _ENOUGH_S / max(spent, 1e-3)))
    step = Stopwatch(*(_MOVING * s / (n_steps - _SHORT) for s in _more(long, short)))
    return _rate(step, potential, start_s=short.core_seconds - _SHORT * step.core_seconds)


def _more(long: Stopwatch, short: Stopwatch) -> tuple[float, float]:
    """Return how much more CPU and wall time the longer run took, s."""
    return max(0.0, long.cpu_s - short.cpu_s), max(0.0, long.wall_s - short.wall_s)


def _run(piece: PotentialStep, potential: PotentialDoc, n_steps: int) -> Stopwatch:
    md = LammpsMD.held(_TEMPERATURE_K, n_steps * _TIME_STEP_FS, time_step_fs=_TIME_STEP_FS)
    grade = None
    if piece.every:
        grade = GradeSettings(every=piece.every, select=1e9, stop=None, save=False)
    with stopwatch() as watch:
        run_lammps_md(piece.structure, potential, md, Path.cwd(), grade)
    return watch


def _rate(watch: Stopwatch, potential: PotentialDoc, start_s: float = 0.0) -> Rate:
    return Rate(
        core_seconds=watch.core_seconds,
        cores=watch.cores,
        start_s=max(0.0, start_s),
        memory_gb=memory_gb(),
        n_parameters=potential.n_parameters,
        measured=today(),
    )
