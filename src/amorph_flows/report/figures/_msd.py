"""Mean-square displacements: of the ions, of their centre, and along each axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from amorph_flows.arrays import FloatArray
from amorph_flows.report.figures._theme import (
    BLUE,
    GREEN,
    GREY,
    RED,
    new_figure,
    temperature_colours,
)
from amorph_flows.schemas.transport import TransportAtTemperatureDoc

_MOST_POINTS = 250
_LINE_POINTS = 50  # a line with a constant bends on logarithmic axes


def displacement_figure(
    points: Sequence[TransportAtTemperatureDoc], curve: Literal["msd_a2", "mscd_a2"]
) -> go.Figure:
    """Return a displacement against lag at every temperature.

    Lags between which it should be a line are drawn thick; beside the mean-square displacement is
    the line that was fitted, 6 D* t + constant.

    Parameters
    ----------
    points
        Transport by temperature.
    curve
        That of single ions, or N times that of their centre.
    """
    title = {"msd_a2": "mean-square displacement / Å²", "mscd_a2": "collective MSD, per ion / Å²"}
    figure = new_figure("lag / ps", title[curve])
    colours = temperature_colours([point.temperature_k for point in points])
    for point in points:
        lags, values = _thinned(point.lags_fs / 1e3, getattr(point, curve))
        colour = colours[point.temperature_k]
        figure.add_scatter(
            x=lags,
            y=values,
            name=f"{point.temperature_k:g} K",
            line={"color": colour, "width": 1.5},
        )
        _mark_window(figure, point, lags, values, colour)
        if curve == "msd_a2":
            _add_line(figure, point, colour)
    _log_axes(figure)
    return figure


def axes_figure(point: TransportAtTemperatureDoc) -> go.Figure:
    """Return the ions' displacement along x, y and z, and a third of the host's.

    Parameters
    ----------
    point
        Transport at the temperature.
    """
    figure = new_figure("lag / ps", "mean-square displacement / Å²")
    for axis, (name, colour) in enumerate(zip("xyz", (BLUE, GREEN, RED), strict=True)):
        lags, values = _thinned(point.lags_fs / 1e3, point.msd_axes_a2[:, axis])
        figure.add_scatter(x=lags, y=values, name=name, line={"color": colour, "width": 1.5})
    if len(point.host_msd_a2) == len(point.lags_fs):
        lags, values = _thinned(point.lags_fs / 1e3, point.host_msd_a2 / 3)
        figure.add_scatter(
            x=lags,
            y=values,
            name="host, mean axis",
            line={"color": GREY, "width": 1.5, "dash": "dot"},
        )
    _log_axes(figure)
    return figure


def _mark_window(
    figure: go.Figure,
    point: TransportAtTemperatureDoc,
    lags: FloatArray,
    values: FloatArray,
    colour: str,
) -> None:
    first, last = (lag / 1e3 for lag in point.fit_window_fs)
    inside = (lags >= first) & (lags <= last)
    figure.add_scatter(
        x=lags[inside],
        y=values[inside],
        name=f"{point.temperature_k:g} K, fitted lags",
        showlegend=False,
        line={"color": colour, "width": 5},
        opacity=0.45,
        hoverinfo="skip",
    )


def _add_line(figure: go.Figure, point: TransportAtTemperatureDoc, colour: str) -> None:
    """Draw the fitted line where it is positive."""
    lags_fs = np.geomspace(*point.fit_window_fs, _LINE_POINTS)
    values = point.line_a2(lags_fs)
    figure.add_scatter(
        x=lags_fs[values > 0] / 1e3,
        y=values[values > 0],
        name=f"{point.temperature_k:g} K, fitted line",
        showlegend=False,
        line={"color": colour, "width": 3, "dash": "dash"},
    )


def _thinned(lags: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return positive points, evenly spaced in the logarithm of the lag."""
    if len(lags) > _MOST_POINTS:
        spaced = np.geomspace(1, len(lags) - 1, _MOST_POINTS)
        kept = np.unique(spaced.round().astype(int))
        lags, values = lags[kept], values[kept]
    positive = (lags > 0) & (values > 0)
    return lags[positive], values[positive]


def _log_axes(figure: go.Figure) -> None:
    axis: dict[str, Any] = {"type": "log", "exponentformat": "power", "dtick": 1}
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
