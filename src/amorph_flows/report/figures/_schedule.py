"""Temperature against time: what was asked of the melt-quench, and what production ran at."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import plotly.graph_objects as go

from amorph_flows.report.figures._theme import GREY, RED, new_figure, temperature_colours
from amorph_flows.schemas.melt_quench import QuenchDoc
from amorph_flows.schemas.production_md import TrajectoryDoc


def schedule_figure(quench: QuenchDoc) -> go.Figure:
    """Return the temperature of melt and quench against time, with its branches.

    Parameters
    ----------
    quench
        The melt-quench.
    """
    figure = new_figure("time / ps", "temperature / K")
    times, temperatures, names = [0.0], [quench.schedule[0].start_temperature_k], [""]
    for stage in quench.schedule:
        times.append(times[-1] + stage.n_steps * stage.time_step_fs / 1e3)
        temperatures.append(stage.end_temperature_k)
        names.append(escape(stage.name))
    figure.add_scatter(
        x=times,
        y=temperatures,
        text=names,
        mode="lines+markers",
        name="melt and quench",
        line={"color": RED, "width": 2.5},
        hovertemplate="%{text}<br>%{x:.3g} ps, %{y:.0f} K<extra></extra>",
    )
    branches = [branch.temperature_k for branch in quench.branches]
    figure.add_scatter(
        x=[_first_time(t, times, temperatures) for t in branches],
        y=branches,
        mode="markers+text",
        text=[f"{t:g} K" for t in branches],
        textposition="top center",
        name="branch held at this temperature",
        marker={"size": 11, "color": list(_colours(branches)), "symbol": "diamond"},
        hovertemplate="branch at %{y:.0f} K<extra></extra>",
    )
    figure.update_yaxes(rangemode="tozero")
    return figure


def temperature_figure(production: Sequence[TrajectoryDoc]) -> go.Figure:
    """Return the mean temperature of each production run against the one asked for.

    Parameters
    ----------
    production
        The runs.
    """
    figure = new_figure("temperature asked for / K", "mean temperature / K")
    asked = [run.temperature_k for run in production]
    ends = [min(asked, default=0.0), max(asked, default=1.0)]
    figure.add_scatter(
        x=ends, y=ends, mode="lines", name="as asked", line={"color": GREY, "dash": "dot"}
    )
    figure.add_scatter(
        x=asked,
        y=[run.mean_temperature_k for run in production],
        text=[escape(run.run) for run in production],
        mode="markers",
        name="production runs",
        marker={"size": 11, "color": _colours(asked)},
        hovertemplate="%{text}<br>%{y:.1f} K<extra></extra>",
    )
    return figure


def _colours(temperatures_k: Sequence[float]) -> list[str]:
    colours = temperature_colours(temperatures_k)
    return [colours[t] for t in temperatures_k]


def _first_time(target: float, times: Sequence[float], temperatures: Sequence[float]) -> float:
    """Return when the schedule first ends a stage at a temperature; the end if it never does."""
    passed = [t for t, value in zip(times[1:], temperatures[1:], strict=True) if value == target]
    return passed[0] if passed else times[-1]
