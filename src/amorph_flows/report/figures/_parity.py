"""Predicted against labelled energies and forces, and how the fit went."""

from __future__ import annotations

from typing import Any

import numpy as np

from amorph_flows.datasets.binary import decode_array
from amorph_flows.report._text import formula
from amorph_flows.report.figures._theme import BLUE, GREEN, GREY, ORANGE, PURPLE
from amorph_flows.schemas.figure import Axis, PlotDoc, Series
from amorph_flows.schemas.potential import PotentialDoc

PARTS = {
    "training": ("training", GREY),
    "validation": ("validation blocks", BLUE),
    "test_random": ("random test frames", ORANGE),
    "test_blocks": ("test blocks", PURPLE),
}
_MOST_POINTS = 1500


def energy_parity_figure(potential: PotentialDoc) -> PlotDoc:
    """Return predicted against labelled energies, each formula against its own mean.

    Parameters
    ----------
    potential
        The potential with its parity data.
    """
    return _parity(potential, "energy_ev_atom", "energy", "eV/atom")


def force_parity_figure(potential: PotentialDoc) -> PlotDoc:
    """Return predicted against labelled force components.

    Parameters
    ----------
    potential
        The potential with its parity data.
    """
    return _parity(potential, "force_ev_a", "force", "eV/Å")


def loss_figure(potential: PotentialDoc) -> PlotDoc:
    """Return the loss of the optimiser against CPU time.

    Parameters
    ----------
    potential
        The potential with its history.
    """
    history: Any = potential.curves.get("history", [])
    points = np.asarray(history, dtype=float).reshape(-1, 2)
    name = formula(potential.backend)
    return PlotDoc(
        x=Axis(title="CPU time", unit="s"),
        y=Axis(title="loss", log=True),
        series=[Series(name=name, x=points[:, 0], y=points[:, 1], colour=GREEN, width=2)],
    )


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


def _parity(potential: PotentialDoc, key: str, what: str, unit: str) -> PlotDoc:
    points = parity_points(potential, key)
    series = []
    if points:
        low = min(float(values.min()) for values in points.values() if len(values))
        high = max(float(values.max()) for values in points.values() if len(values))
        ends = [low, high]
        series.append(Series(name="exact", x=ends, y=ends, colour=GREY, dash="dot", width=2))
    for part, values in points.items():
        name, colour = PARTS[part]
        kept = values[:: -(-len(values) // _MOST_POINTS) or 1]
        series.append(
            Series(
                name=name,
                kind="points",
                x=kept[:, 0],
                y=kept[:, 1],
                colour=colour,
                size=5,
                opacity=0.55,
            )
        )
    return PlotDoc(
        x=Axis(title=f"labelled {what}", unit=unit),
        y=Axis(title=f"predicted {what}", unit=unit),
        series=series,
        equal=True,
    )
