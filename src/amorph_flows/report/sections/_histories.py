"""Panels of energy, temperature and pressure against time."""

from __future__ import annotations

from collections.abc import Sequence

from amorph_flows.report._section import Panel
from amorph_flows.report.figures._histories import (
    MOST_POINTS,
    History,
    engine_figure,
    production_figure,
    quench_figure,
)
from amorph_flows.schemas.melt_quench import QuenchDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.structure import SampledStructure

_BLOCKS = f" Each point is the mean of a block of time, at most {MOST_POINTS} of them."
_NAMES: dict[str, tuple[History, str]] = {
    "energy": ("potential_energy_ev_atom", "Energy"),
    "temperature": ("temperature_k", "Temperature"),
    "pressure": ("pressure_gpa", "Pressure"),
}


def quench_history_panels(quench: QuenchDoc) -> list[Panel]:
    """Return energy and pressure of melt and quench against time, as far as they are known.

    Parameters
    ----------
    quench
        The melt-quench.
    """
    caption = "Melt and quench by the engine, stage after stage; the thermostat sets the "
    caption += f"temperature of the schedule.{_BLOCKS}"
    return [
        Panel(f"quench-{name}", f"{title} of the quench", caption, quench_figure(quench, key))
        for name, (key, title) in _NAMES.items()
        if len(quench.histories.get(key, ())) > 1
    ]


def engine_history_panels(samples: Sequence[SampledStructure]) -> list[Panel]:
    """Return the energy of engine MD at fixed temperatures against time.

    Parameters
    ----------
    samples
        Of all sources.
    """
    figure = engine_figure(samples)
    if not figure.series:
        return []
    caption = f"MD with the engine at fixed temperatures.{_BLOCKS}"
    return [Panel("engine-energy", "Engine MD against time", caption, figure)]


def production_history_panels(runs: Sequence[TrajectoryDoc]) -> list[Panel]:
    """Return energy, temperature and pressure of production against time.

    Parameters
    ----------
    runs
        Production with ions.
    """
    figures = {name: production_figure(runs, key) for name, (key, _) in _NAMES.items()}
    return [
        Panel(
            f"production-{name}",
            f"{_NAMES[name][1]} of production",
            f"Production after its equilibration.{_BLOCKS}",
            figure,
        )
        for name, figure in figures.items()
        if figure.series
    ]
