"""How long an engine takes for the energy and the forces of a cell."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import numpy as np
from ase.calculators.calculator import Calculator
from jobflow import run_locally

from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.engines._calculator_engine import CalculatorEngine
from amorph_flows.planning._measure import Stopwatch, memory_gb, stopwatch, today
from amorph_flows.planning.rates import Rate
from amorph_flows.planning.timed import EngineCall, Timed
from amorph_flows.store import open_store
from amorph_flows.structures.configuration import to_atoms

_ENOUGH_S = 1.5
_LONG_S = 60.0
_MOST_CALLS = 200
_STEP_A = 0.01
_COST_POWER = 2.0
"""Power of the number of atoms that the time of density functional theory grows with."""


def time_engine(work: list[Timed]) -> dict[str, Rate]:
    """Return the rates of calls of one engine.

    An engine without a calculator of this process is timed by one single point of the largest
    cell; the others are scaled by the square of their number of atoms.

    Parameters
    ----------
    work
        The calls.
    """
    calls = sorted((call for call in work if isinstance(call, EngineCall)), key=_n_atoms)
    if isinstance(calls[0].engine, CalculatorEngine):
        return _by_calculator(calls[0].engine, calls)
    largest = calls[-1]
    watch = _one_job(largest)
    return {
        call.key: _rate(watch, (_n_atoms(call) / _n_atoms(largest)) ** _COST_POWER, 0.0)
        for call in calls
    }


def _n_atoms(call: EngineCall) -> int:
    return len(call.structure)


def _by_calculator(engine: CalculatorEngine, calls: list[EngineCall]) -> dict[str, Rate]:
    symbols = {symbol for call in calls for symbol in call.structure.symbol_set}
    rates: dict[str, Rate] = {}
    with ExitStack() as opened:
        with stopwatch() as opening:
            calculator = opened.enter_context(engine.open_calculator(symbols))
        for call in calls:
            first, mean = _timed(call, calculator)
            opening.cpu_s += max(0.0, first.cpu_s - mean.cpu_s)
            opening.wall_s += max(0.0, first.wall_s - mean.wall_s)
            rates[call.key] = _rate(mean, 1.0, 0.0)
    start_s = opening.core_seconds
    return {key: rate.model_copy(update={"start_s": start_s}) for key, rate in rates.items()}


def _timed(call: EngineCall, calculator: Calculator) -> tuple[Stopwatch, Stopwatch]:
    """Return the time of the first call, which may load and compile, and the mean of the others."""
    atoms, rng = to_atoms(call.structure), np.random.default_rng(0)
    atoms.calc = calculator

    def times(n_calls: int) -> Stopwatch:
        with stopwatch() as watch:
            for _ in range(n_calls):
                atoms.positions = atoms.positions + rng.normal(0, _STEP_A, (len(atoms), 3))
                atoms.get_forces()
        return Stopwatch(watch.cpu_s / n_calls, watch.wall_s / n_calls)

    first = times(1)
    if first.wall_s > _LONG_S:
        return first, first
    second = times(1)
    n_calls = int(_ENOUGH_S / max(second.wall_s, _ENOUGH_S / _MOST_CALLS))
    return first, times(n_calls) if n_calls > 1 else second


def _one_job(call: EngineCall) -> Stopwatch:
    """Run one single point as a job in this folder."""
    frame = Frame.from_atoms(to_atoms(call.structure))
    job = call.engine.static(FrameSet([frame]), run="timing")
    with stopwatch() as watch:
        run_locally(job, store=open_store(Path.cwd()), ensure_success=True, log=False)
    return watch


def _rate(watch: Stopwatch, times: float, start_s: float) -> Rate:
    return Rate(
        core_seconds=times * watch.core_seconds,
        cores=watch.cores,
        start_s=max(0.0, start_s),
        memory_gb=memory_gb(),
        measured=today(),
    )
