"""Mean-square displacements: of the ions, of their centre, and along each axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from amorph_flows.arrays import FloatArray
from amorph_flows.report.figures._theme import BLUE, GREEN, GREY, RED, temperature_colours
from amorph_flows.schemas.figure import Axis, PlotDoc, Series
from amorph_flows.schemas.transport import TransportAtTemperatureDoc

_MOST_POINTS = 250
_LINE_POINTS = 50  # a line with a constant bends on logarithmic axes
LAG = Axis(title="lag", unit="ps", log=True)
SQUARES = Axis(title="mean-square displacement", unit="Å²", log=True)
_COLLECTIVE = Axis(title="collective MSD, per ion", unit="Å²", log=True)


def displacement_figure(
    points: Sequence[TransportAtTemperatureDoc], curve: Literal["msd_a2", "mscd_a2"]
) -> PlotDoc:
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
    colours = temperature_colours([point.temperature_k for point in points])
    series = []
    for point in points:
        lags, values = thinned(point.lags_fs / 1e3, getattr(point, curve))
        colour, name = colours[point.temperature_k], f"{point.temperature_k:g} K"
        series.append(Series(name=name, x=lags, y=values, colour=colour, group=name, width=1.5))
        series.append(_window(point, lags, values, colour))
        if curve == "msd_a2":
            series.append(_fitted_line(point, colour))
    return PlotDoc(x=LAG, y=SQUARES if curve == "msd_a2" else _COLLECTIVE, series=series)


def axes_figure(point: TransportAtTemperatureDoc) -> PlotDoc:
    """Return the ions' displacement along x, y and z, and a third of the host's.

    Parameters
    ----------
    point
        Transport at the temperature.
    """
    series = []
    for axis, (name, colour) in enumerate(zip("xyz", (BLUE, GREEN, RED), strict=True)):
        lags, values = thinned(point.lags_fs / 1e3, point.msd_axes_a2[:, axis])
        series.append(Series(name=name, x=lags, y=values, colour=colour, width=1.5))
    if len(point.host_msd_a2) == len(point.lags_fs):
        lags, values = thinned(point.lags_fs / 1e3, point.host_msd_a2 / 3)
        name = "host, mean axis"
        series.append(Series(name=name, x=lags, y=values, colour=GREY, width=1.5, dash="dot"))
    return PlotDoc(x=LAG, y=SQUARES, series=series)


def thinned(lags: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return positive points, evenly spaced in the logarithm of the lag.

    Parameters
    ----------
    lags, values
        A curve on logarithmic axes.
    """
    if len(lags) > _MOST_POINTS:
        spaced = np.geomspace(1, len(lags) - 1, _MOST_POINTS)
        kept = np.unique(spaced.round().astype(int))
        lags, values = lags[kept], values[kept]
    positive = (lags > 0) & (values > 0)
    return lags[positive], values[positive]


def _window(
    point: TransportAtTemperatureDoc, lags: FloatArray, values: FloatArray, colour: str
) -> Series:
    first, last = (lag / 1e3 for lag in point.fit_window_fs)
    inside = (lags >= first) & (lags <= last)
    return Series(
        name=f"{point.temperature_k:g} K, fitted lags",
        x=lags[inside],
        y=values[inside],
        group=f"{point.temperature_k:g} K",
        in_legend=False,
        colour=colour,
        width=5,
        opacity=0.45,
    )


def _fitted_line(point: TransportAtTemperatureDoc, colour: str) -> Series:
    """Return the fitted line where it is positive."""
    lags_fs = np.geomspace(*point.fit_window_fs, _LINE_POINTS)
    values = point.line_a2(lags_fs)
    return Series(
        name=f"{point.temperature_k:g} K, fitted line",
        x=lags_fs[values > 0] / 1e3,
        y=values[values > 0],
        group=f"{point.temperature_k:g} K",
        in_legend=False,
        colour=colour,
        width=3,
        dash="dash",
    )
