"""Energy, temperature and pressure against time, of MD with the engine and with the potential."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets.binary import decode_array
from amorph_flows.report._text import formula
from amorph_flows.report.figures._theme import BLUE, CYCLE, temperature_colours
from amorph_flows.schemas.figure import Axis, PlotDoc, Series
from amorph_flows.schemas.melt_quench import QuenchDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.structure import SampledStructure

History = Literal["potential_energy_ev_atom", "temperature_k", "pressure_gpa"]
MOST_POINTS = 200
_AXES: dict[History, Axis] = {
    "potential_energy_ev_atom": Axis(title="potential energy", unit="eV/atom"),
    "temperature_k": Axis(title="temperature", unit="K"),
    "pressure_gpa": Axis(title="pressure", unit="GPa"),
}


def production_figure(runs: Sequence[TrajectoryDoc], what: History) -> PlotDoc:
    """Return a quantity of production runs against time, as means of blocks of time.

    Parameters
    ----------
    runs
        Those without it are left out.
    what
        A thermo column.
    """
    colours = temperature_colours([run.temperature_k for run in runs])
    curves = []
    for run in runs:
        if {"time_fs", what} <= set(run.curves):
            times = np.asarray(decode_array(run.curves["time_fs"]), float)
            values = np.asarray(decode_array(run.curves[what]), float)
            name = f"{run.temperature_k:g} K"
            name += f", seed {run.seed}" if _seeds(runs, run) > 1 else ""
            curves.append(_curve(name, times, values, colours[run.temperature_k]))
    return PlotDoc(x=Axis(title="time", unit="ps"), y=_AXES[what], series=curves)


def quench_figure(quench: QuenchDoc, what: History) -> PlotDoc:
    """Return a quantity of the melt-quench against time, stage after stage.

    Parameters
    ----------
    quench
        The melt-quench.
    what
        One of its histories.
    """
    times = np.asarray(quench.histories["time_fs"], float)
    values = np.asarray(quench.histories[what], float)
    series = [_curve("melt and quench", times, values, BLUE)]
    return PlotDoc(x=Axis(title="time", unit="ps"), y=_AXES[what], series=series)


def engine_figure(samples: Sequence[SampledStructure]) -> PlotDoc:
    """Return the energy of engine MD at fixed temperatures against time.

    Parameters
    ----------
    samples
        Those of other sources, and those without energies, are left out.
    """
    chosen = [s for s in samples if s.structure_source == "engine MD" and s.temperature_k]
    chosen = [s for s in chosen if len(s.energies_ev_atom) > 1]
    colours = temperature_colours([s.temperature_k or 0.0 for s in chosen])
    formulas = list(dict.fromkeys(s.formula for s in chosen))
    curves = [
        _curve(
            f"{formula(s.formula)}, {s.temperature_k:g} K",
            np.asarray(s.times_fs, float),
            np.asarray(s.energies_ev_atom, float),
            colours[s.temperature_k or 0.0] if len(formulas) == 1 else CYCLE[i % len(CYCLE)],
        )
        for i, s in enumerate(chosen)
    ]
    return PlotDoc(
        x=Axis(title="time", unit="ps"), y=_AXES["potential_energy_ev_atom"], series=curves
    )


def _seeds(runs: Sequence[TrajectoryDoc], run: TrajectoryDoc) -> int:
    """Return how many runs there are at the temperature of one."""
    return sum(other.temperature_k == run.temperature_k for other in runs)


def _curve(name: str, times_fs: FloatArray, values: FloatArray, colour: str) -> Series:
    n = -(-len(values) // MOST_POINTS)
    edges = np.arange(0, len(values), n)
    counts = np.diff(np.append(edges, len(values)))
    return Series(
        name=name,
        x=np.add.reduceat(times_fs, edges) / counts / 1e3,
        y=np.add.reduceat(values, edges) / counts,
        colour=colour,
        width=1.4,
    )
