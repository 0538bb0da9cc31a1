"""Predicted against labelled energies and forces, and how the fit went."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go

from amorph_flows.datasets.binary import decode_array
from amorph_flows.report._text import formula
from amorph_flows.report.figures._theme import BLUE, GREEN, GREY, ORANGE, PURPLE, new_figure
from amorph_flows.schemas.potential import PotentialDoc

PARTS = {
    "training": ("training", GREY),
    "validation": ("validation blocks", BLUE),
    "test_random": ("random test frames", ORANGE),
    "test_blocks": ("test blocks", PURPLE),
}
_MOST_POINTS = 1500


def energy_parity_figure(potential: PotentialDoc) -> go.Figure:
    """Return predicted against labelled energies, each formula against its own mean.

    Parameters
    ----------
    potential
        The potential with its parity data.
    """
    figure = new_figure("labelled energy / eV/atom", "predicted energy / eV/atom")
    return _parity(figure, potential, "energy_ev_atom")


def force_parity_figure(potential: PotentialDoc) -> go.Figure:
    """Return predicted against labelled force components.

    Parameters
    ----------
    potential
        The potential with its parity data.
    """
    figure = new_figure("labelled force / eV/Å", "predicted force / eV/Å")
    return _parity(figure, potential, "force_ev_a")


def loss_figure(potential: PotentialDoc) -> go.Figure:
    """Return the loss of the optimiser against CPU time.

    Parameters
    ----------
    potential
        The potential with its history.
    """
    figure = new_figure("CPU time / s", "loss")
    history: Any = potential.curves.get("history", [])
    points = np.asarray(history, dtype=float).reshape(-1, 2)
    figure.add_scatter(
        x=points[:, 0],
        y=points[:, 1],
        mode="lines+markers",
        name=formula(potential.backend),
        line={"color": GREEN, "width": 2},
    )
    figure.update_yaxes(type="log", exponentformat="power")
    return figure


def has_history(potential: PotentialDoc) -> bool:
    """Return whether the potential recorded how its loss fell."""
    history: Any = potential.curves.get("history")
    return bool(history is not None and len(history))


def parity_points(potential: PotentialDoc, key: str) -> dict[str, np.ndarray[Any, Any]]:
    """Return labelled and predicted values by part of the dataset, each of shape ``(n, 2)``.

    Parameters
    ----------
    potential
        The potential with its parity data.
    key
        ``"energy_ev_atom"`` or ``"force_ev_a"``.
    """
    parity: Any = potential.curves.get("parity", {})
    points = {part: decode_array(parity[part][key]) for part in PARTS if part in parity}
    return {part: np.asarray(values, float).reshape(-1, 2) for part, values in points.items()}


def _parity(figure: go.Figure, potential: PotentialDoc, key: str) -> go.Figure:
    points = parity_points(potential, key)
    if points:
        low = min(float(values.min()) for values in points.values() if len(values))
        high = max(float(values.max()) for values in points.values() if len(values))
        figure.add_scatter(
            x=[low, high],
            y=[low, high],
            mode="lines",
            name="exact",
            line={"color": GREY, "dash": "dot"},
        )
    for part, values in points.items():
        name, colour = PARTS[part]
        thinned = values[:: -(-len(values) // _MOST_POINTS) or 1]
        figure.add_scatter(
            x=thinned[:, 0],
            y=thinned[:, 1],
            mode="markers",
            name=name,
            marker={"color": colour, "size": 5, "opacity": 0.55},
        )
    figure.update_yaxes(scaleanchor="x", constrain="domain")
    figure.update_xaxes(constrain="domain")
    return figure
