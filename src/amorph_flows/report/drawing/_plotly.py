"""A figure's description as the figure of the page."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go

from amorph_flows.arrays import FloatArray
from amorph_flows.report.figures._theme import GREY, ORANGE
from amorph_flows.schemas.figure import LEAST_DECADES, AtomsDoc, Axis, PlotDoc, Series, SphereDoc


def plotly_figure(figure: PlotDoc | SphereDoc | AtomsDoc) -> go.Figure:
    """Return the figure as plotly draws it; text and background take the page's colours.

    Parameters
    ----------
    figure
        The figure.
    """
    if isinstance(figure, PlotDoc):
        return _plot(figure)
    return _sphere(figure) if isinstance(figure, SphereDoc) else _atoms(figure)


def _plot(figure: PlotDoc) -> go.Figure:
    drawn = go.Figure()
    for series in figure.series:
        _add(drawn, figure, series)
    for level in figure.levels:
        drawn.add_hline(y=level, line={"color": GREY, "dash": "dot"})
    for mark in figure.marks:
        drawn.add_vline(x=mark, line={"color": GREY, "dash": "dot"})
    drawn.update_layout(
        margin={"l": 64, "r": 16, "t": 16, "b": 56},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0, "xanchor": "left"},
        hovermode="closest",
        xaxis=_axis(figure, figure.x),
        yaxis=_axis(figure, figure.y),
        **({"barmode": "stack"} if figure.stacked else {}),
    )
    if any(series.kind == "halves" for series in figure.series):
        drawn.update_layout(violinmode="overlay")
    if figure.equal:
        drawn.update_xaxes(constrain="domain")
        drawn.update_yaxes(scaleanchor="x", constrain="domain")
    return drawn


def _axis(figure: PlotDoc, axis: Axis) -> dict[str, Any]:
    made: dict[str, Any] = {"title": axis.label, "automargin": True}
    if axis.places:
        order = axis.places[::-1] if axis is figure.y else axis.places
        made |= {"type": "category", "categoryorder": "array", "categoryarray": order}
    decades = figure.decades(axis) if axis.log else 0.0
    log = decades > LEAST_DECADES
    if log:
        made |= {"type": "log", "exponentformat": "power", "dtick": 1 if decades > 2 else "D2"}
    if axis.zero:
        made["rangemode"] = "tozero"
    if axis.ends:
        made["range"] = list(np.log10(axis.ends) if log else axis.ends)
    if axis.step:
        made["dtick"] = axis.step
    return made


def _add(drawn: go.Figure, figure: PlotDoc, series: Series) -> None:
    across = bool(figure.y.places)
    common: dict[str, Any] = {
        "x": series.places if figure.x.places else series.x,
        "y": series.places if across else series.y,
        "name": escape(series.short or series.name),
        "showlegend": series.in_legend,
        "opacity": series.opacity,
    }
    if series.group:
        common["legendgroup"] = series.group
    if series.labels:
        common["text"] = [escape(label) for label in series.labels]
    if series.kind == "halves":
        drawn.add_violin(**common, **_halves(series))
        return
    common["hovertemplate"] = _hover(figure, series)
    if series.low is not None and series.high is not None:
        common["error_x" if across else "error_y"] = _bars(
            np.asarray(series.x if across else series.y, float), series.low, series.high
        )
    if series.kind == "line":
        line = {"color": series.colour, "width": series.width, "dash": series.dash}
        drawn.add_scatter(**common, mode="lines", line=line)
    elif series.kind == "points":
        marker = {
            "color": series.colours or series.colour,
            "size": series.size,
            "symbol": series.symbol,
        }
        beside = series.write_labels
        drawn.add_scatter(
            **common,
            mode="markers+text" if beside else "markers",
            textposition="top center",
            marker=marker,
        )
    else:
        drawn.add_bar(
            **common,
            orientation="h" if across else "v",
            offsetgroup=None if figure.stacked else (series.slot or series.name),
            textposition="none",
            marker={"color": series.colour},
        )


def _hover(figure: PlotDoc, series: Series) -> str:
    x = "%{x}" if figure.x.places else "%{x:.4g}"
    y = "%{y}" if figure.y.places else "%{y:.4g}"
    label = "%{text}<br>" if series.labels else ""
    places = f"{x} {figure.x.unit}".strip(), f"{y} {figure.y.unit}".strip()
    return f"{label}{places[0]}, {places[1]}<extra>{escape(series.name)}</extra>"


def _bars(values: FloatArray, low: FloatArray, high: FloatArray) -> dict[str, Any]:
    """Return error bars; those without an end have no length."""
    lengths = (np.asarray(high, float) - values, values - np.asarray(low, float))
    array, minus = (np.where(np.isfinite(length), length, 0.0) for length in lengths)
    return {"type": "data", "symmetric": False, "array": array, "arrayminus": minus}


def _halves(series: Series) -> dict[str, Any]:
    left = series.side == "left"
    most = max((series.places.count(place) for place in set(series.places)), default=0)
    return {
        "side": "negative" if left else "positive",
        "points": "all" if most <= 60 else False,
        "pointpos": -0.25 if left else 0.25,
        "jitter": 0.15,
        "marker": {"size": 4},
        "line": {"color": series.colour, "width": 1.5},
        "meanline": {"visible": True},
        "scalemode": "width",
        "width": 0.8,
        "spanmode": "hard",
    }


def _sphere(figure: SphereDoc) -> go.Figure:
    directions = np.asarray(figure.directions, dtype=float)
    values = np.asarray(figure.values, dtype=float)
    drawn = go.Figure()
    drawn.add_scattergeo(
        lon=np.degrees(np.arctan2(directions[:, 1], directions[:, 0])),
        lat=np.degrees(np.arcsin(np.clip(directions[:, 2], -1, 1))),
        text=[
            "({:.2f}, {:.2f}, {:.2f}): {:.3f}".format(*direction, value)
            for direction, value in zip(directions, values, strict=True)
        ],
        hovertemplate="%{text}<extra></extra>",
        mode="markers",
        name=figure.title,
        marker={
            "color": values,
            "colorscale": "Viridis",
            "cmin": 0.0,
            "cmax": figure.largest,
            "size": 770.0 / np.sqrt(len(directions)),
            "line": {"width": 0},
            "colorbar": {"title": {"text": figure.title}, "thickness": 12, "len": 0.8},
        },
    )
    drawn.add_scattergeo(
        lon=[0, 180, 90, -90, 0, 0],
        lat=[0, 0, 0, 0, 90, -90],
        text=["a", "−a", "b", "−b", "c", "−c"],
        mode="markers+text",
        name="axes",
        hoverinfo="skip",
        textposition="middle center",
        textfont={"size": 15, "color": "#111111"},
        marker={"size": 24, "color": "#ffffff", "opacity": 0.9},
    )
    projection = {"type": "orthographic", "scale": 0.93, "rotation": {"lon": 35, "lat": 25}}
    drawn.update_geos(visible=False, showframe=True, framewidth=1, projection=projection)
    drawn.update_layout(showlegend=False, margin={"l": 0, "r": 0, "t": 8, "b": 8})
    return drawn


def _atoms(figure: AtomsDoc) -> go.Figure:
    drawn = go.Figure()
    if figure.cell_a is not None:
        _add_lines(drawn, figure.edges_a, "cell", ORANGE, 2)
    if len(figure.bonds_a):
        _add_lines(drawn, np.asarray(figure.bonds_a), "bonds", GREY, 3)
    for element in figure.elements:
        x, y, z = (axis.tolist() for axis in np.round(element.positions_a, 2).T)
        drawn.add_scatter3d(
            x=x,
            y=y,
            z=z,
            mode="markers",
            name=element.symbol,
            marker={
                "color": element.colour,
                "size": element.size,
                "line": {"width": 0},
                "opacity": 1,
            },
            hovertemplate="%{fullData.name}<extra></extra>",
        )
    hidden = {"visible": False, "showspikes": False}
    drawn.update_layout(
        margin={"l": 0, "r": 0, "t": 0, "b": 0},
        legend={"orientation": "h", "yanchor": "bottom", "y": 0, "x": 0, "itemsizing": "constant"},
        scene={
            "xaxis": hidden,
            "yaxis": hidden,
            "zaxis": hidden,
            "aspectmode": "data",
            "dragmode": "orbit",
            "camera": {"eye": dict(zip("xyz", _eye(figure), strict=True))},
            "domain": {"x": [0, 1], "y": [0.06, 1]},  # above the legend
        },
    )
    return drawn


def _eye(figure: AtomsDoc) -> list[float]:
    """Return where all of the cell is seen from; plotly's unit is the cube root of its volume."""
    points = np.concatenate(
        [np.reshape(figure.edges_a, (-1, 3)), *(each.positions_a for each in figure.elements)]
    )
    sides = np.ptp(points, axis=0)
    half_diagonal = np.linalg.norm(sides) / np.cbrt(np.prod(sides)) / 2
    direction = np.array([1.5, 1.05, 0.65])
    eye: list[float] = (2.6 * half_diagonal * direction / np.linalg.norm(direction)).tolist()
    return eye


def _add_lines(
    drawn: go.Figure, segments: FloatArray, name: str, colour: str, width: float
) -> None:
    def axis(i: int) -> list[float | None]:
        ends = ((round(float(a[i]), 2), round(float(b[i]), 2), None) for a, b in segments)
        return [end for pair in ends for end in pair]

    drawn.add_scatter3d(
        x=axis(0),
        y=axis(1),
        z=axis(2),
        mode="lines",
        name=name,
        line={"color": colour, "width": width},
        opacity=0.55,
        hoverinfo="skip",
        showlegend=False,
    )
