"""Disorder along every direction, drawn on a sphere that can be turned."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

import numpy as np
import plotly.graph_objects as go

from amorph_flows.report._text import formula
from amorph_flows.report.figures._theme import GREY, ORANGE, PURPLE, new_figure
from amorph_flows.schemas.structure import LongRangeOrderDoc, SampledStructure


def order_sphere(order: LongRangeOrderDoc, largest: float) -> go.Figure:
    """Return the disorder along each direction on a sphere with the cell's axes.

    The disorder of a direction is that of its opposite.

    Parameters
    ----------
    order
        Directions and their disorder.
    largest
        Upper end of the colours.
    """
    directions = np.asarray(order.directions, dtype=float)
    longitude = np.degrees(np.arctan2(directions[:, 1], directions[:, 0]))
    latitude = np.degrees(np.arcsin(np.clip(directions[:, 2], -1, 1)))
    figure = new_figure("", "")
    figure.add_scattergeo(
        lon=longitude,
        lat=latitude,
        text=[_direction(n, d) for n, d in zip(directions, order.disorder, strict=True)],
        hovertemplate="%{text}<extra></extra>",
        mode="markers",
        name="disorder",
        marker={
            "color": np.asarray(order.disorder, dtype=float),
            "colorscale": "Viridis",
            "cmin": 0.0,
            "cmax": largest,
            "size": 770.0 / np.sqrt(len(directions)),
            "line": {"width": 0},
            "colorbar": {"title": {"text": "disorder"}, "thickness": 12, "len": 0.8},
        },
    )
    figure.add_scattergeo(
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
    figure.update_geos(visible=False, showframe=True, framewidth=1, projection=projection)
    figure.update_layout(showlegend=False, margin={"l": 0, "r": 0, "t": 8, "b": 8})
    return figure


def order_against_temperature(samples: Sequence[SampledStructure], species: str) -> go.Figure:
    """Return the largest and smallest disorder of a sublattice against temperature.

    Parameters
    ----------
    samples
        The samples.
    species
        Element of the sublattice.
    """
    figure = new_figure("temperature / K", "disorder / plane spacing")
    keys = sorted({(s.formula, s.structure_source) for s in samples if s.temperature_k})
    for symbol, (name, source) in zip(
        cycle(("circle", "square", "diamond", "x")), keys, strict=False
    ):
        found = [
            (s.temperature_k, order)
            for s in samples
            for order in s.order
            if (s.formula, s.structure_source) == (name, source) and species in order.species
        ]
        for label, colour in (("maximum", ORANGE), ("minimum", PURPLE)):
            figure.add_scatter(
                x=[temperature for temperature, _ in found],
                y=[getattr(order, label) for _, order in found],
                mode="markers",
                name=f"{label}, {formula(name)}, {source}",
                marker={"symbol": symbol, "color": colour, "size": 10, "line": {"color": GREY}},
            )
    figure.update_yaxes(rangemode="tozero")
    return figure


def _direction(unit: np.ndarray[tuple[int], np.dtype[np.float64]], disorder: float) -> str:
    a, b, c = unit
    return f"({a:.2f}, {b:.2f}, {c:.2f}): {disorder:.3f}"
