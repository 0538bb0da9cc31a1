"""Diffusivities against inverse temperature, with the fitted Arrhenius law."""

from __future__ import annotations

import math

import numpy as np
import plotly.graph_objects as go
from ase import units

from amorph_flows.report.figures._theme import BLUE, GREY, ORANGE, PURPLE, finite, new_figure
from amorph_flows.schemas.transport import TransportDoc

ROOM_K = 300.0


def arrhenius_figure(transport: TransportDoc) -> go.Figure:
    """Return D against 1000/T with 95 % intervals, the fit, and its value at 300 K.

    Parameters
    ----------
    transport
        Diffusivities by temperature and their fit.
    """
    figure = new_figure("1000 K / temperature", "diffusivity / cm²/s")
    _add_points(figure, transport, "tracer", BLUE, "circle")
    _add_points(figure, transport, "jump", PURPLE, "diamond-open")
    if transport.activation_energy_ev is not None and transport.d0_cm2_s is not None:
        _add_fit(figure, transport, transport.activation_energy_ev, transport.d0_cm2_s)
    decades = 1 if _spanned_decades(transport) > 2 else "D2"
    figure.update_yaxes(type="log", exponentformat="power", dtick=decades)
    return figure


def _spanned_decades(transport: TransportDoc) -> float:
    """Return the powers of ten between the ends of all intervals."""
    intervals = [transport.d_300k_interval_cm2_s or ()]
    for point in transport.temperatures:
        intervals += [
            point.tracer_diffusivity_interval_cm2_s,
            point.jump_diffusivity_interval_cm2_s,
        ]
    ends = [end for interval in intervals for end in interval if 0 < end < math.inf]
    return math.log10(max(ends) / min(ends)) if ends else 0.0


def _add_points(
    figure: go.Figure, transport: TransportDoc, kind: str, colour: str, symbol: str
) -> None:
    found = []
    for point in transport.temperatures:
        value = getattr(point, f"{kind}_diffusivity_cm2_s")
        low, high = getattr(point, f"{kind}_diffusivity_interval_cm2_s") or (value, value)
        if value is not None and value > 0:
            found.append((1e3 / point.temperature_k, value, low, high, point.temperature_k))
    figure.add_scatter(
        x=[point[0] for point in found],
        y=[point[1] for point in found],
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [finite(point[3] - point[1]) for point in found],
            "arrayminus": [finite(point[1] - point[2]) for point in found],
        },
        text=[f"{point[4]:g} K" for point in found],
        mode="markers",
        name=f"{kind} diffusivity",
        marker={"color": colour, "size": 9, "symbol": symbol},
        hovertemplate="%{text}: %{y:.3g} cm²/s<extra>%{fullData.name}</extra>",
    )


def _add_fit(figure: go.Figure, transport: TransportDoc, energy_ev: float, d0_cm2_s: float) -> None:
    kelvin = [point.temperature_k for point in transport.temperatures]
    inverse = np.linspace(1e3 / max(kelvin), 1e3 / min(*kelvin, ROOM_K), 60)
    exponent = -energy_ev * inverse / 1e3 / units.kB
    figure.add_scatter(
        x=inverse,
        y=d0_cm2_s * np.exp(np.maximum(exponent, -600)),
        mode="lines",
        name=f"fit, {energy_ev:.3g} eV",
        line={"color": GREY, "dash": "dash"},
    )
    if transport.d_300k_cm2_s is None or transport.d_300k_cm2_s <= 0:
        return
    low, high = transport.d_300k_interval_cm2_s or (transport.d_300k_cm2_s,) * 2
    figure.add_scatter(
        x=[1e3 / ROOM_K],
        y=[transport.d_300k_cm2_s],
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [finite(high - transport.d_300k_cm2_s)],
            "arrayminus": [finite(transport.d_300k_cm2_s - low)],
        },
        mode="markers",
        name="fit at 300 K",
        marker={"color": ORANGE, "size": 11, "symbol": "star"},
    )
