"""Temperature against time: what was asked of the melt-quench, and what production ran at."""

from __future__ import annotations

from collections.abc import Sequence

from amorph_flows.report.figures._theme import GREY, RED, temperature_colours
from amorph_flows.schemas.figure import Axis, PlotDoc, Series
from amorph_flows.schemas.melt_quench import QuenchDoc
from amorph_flows.schemas.production_md import TrajectoryDoc


def schedule_figure(quench: QuenchDoc) -> PlotDoc:
    """Return the temperature of melt and quench against time, with its branches.

    Parameters
    ----------
    quench
        The melt-quench.
    """
    times, temperatures, names = [0.0], [quench.schedule[0].start_temperature_k], [""]
    for stage in quench.schedule:
        times.append(times[-1] + stage.n_steps * stage.time_step_fs / 1e3)
        temperatures.append(stage.end_temperature_k)
        names.append(stage.name)
    branches = [branch.temperature_k for branch in quench.branches]
    line = Series(
        name="melt and quench", x=times, y=temperatures, labels=names, colour=RED, width=2.5
    )
    held = Series(
        name="branch held at this temperature",
        kind="points",
        x=[_first_time(t, times, temperatures) for t in branches],
        y=branches,
        labels=[f"{t:g} K" for t in branches],
        write_labels=True,
        colour=RED,
        colours=_colours(branches),
        symbol="diamond",
        size=11,
    )
    return PlotDoc(
        x=Axis(title="time", unit="ps"),
        y=Axis(title="temperature", unit="K", zero=True),
        series=[line, held],
    )


def temperature_figure(production: Sequence[TrajectoryDoc]) -> PlotDoc:
    """Return the mean temperature of each production run against the one asked for.

    Parameters
    ----------
    production
        The runs.
    """
    asked = [run.temperature_k for run in production]
    ends = [min(asked, default=0.0), max(asked, default=1.0)]
    exact = Series(name="as asked", x=ends, y=ends, colour=GREY, dash="dot", width=2)
    runs = Series(
        name="production runs",
        kind="points",
        x=asked,
        y=[run.mean_temperature_k for run in production],
        labels=[run.run for run in production],
        colour=RED,
        colours=_colours(asked),
        size=11,
    )
    return PlotDoc(
        x=Axis(title="temperature asked for", unit="K"),
        y=Axis(title="mean temperature", unit="K"),
        series=[exact, runs],
    )


def _colours(temperatures_k: Sequence[float]) -> list[str]:
    colours = temperature_colours(temperatures_k)
    return [colours[t] for t in temperatures_k]


def _first_time(target: float, times: Sequence[float], temperatures: Sequence[float]) -> float:
    """Return when the schedule first ends a stage at a temperature; the end if it never does."""
    passed = [t for t, value in zip(times[1:], temperatures[1:], strict=True) if value == target]
    return passed[0] if passed else times[-1]
