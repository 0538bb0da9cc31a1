"""Figure of the composition of the dataset."""

from __future__ import annotations

from itertools import cycle

import plotly.graph_objects as go

from amorph_flows.report._text import formula
from amorph_flows.report.figures._theme import CYCLE, new_figure
from amorph_flows.schemas.dataset import DatasetDoc


def composition_figure(dataset: DatasetDoc) -> go.Figure:
    """Return stacked bars: frames by formula and temperature.

    Parameters
    ----------
    dataset
        The dataset.
    """
    figure = new_figure("temperature / K", "number of frames")
    temperatures = sorted({t for counts in dataset.composition.values() for t in counts}, key=_key)
    for colour, (name, counts) in zip(
        cycle(CYCLE), sorted(dataset.composition.items()), strict=False
    ):
        figure.add_bar(
            x=[t.removesuffix(" K") for t in temperatures],
            y=[counts.get(t, 0) for t in temperatures],
            name=formula(name),
            marker={"color": colour},
            hovertemplate="%{x} K: %{y} frames<extra>%{fullData.name}</extra>",
        )
    figure.update_layout(barmode="stack")
    figure.update_xaxes(type="category")
    return figure


def _key(temperature: str) -> tuple[bool, float, str]:
    """Sort temperatures as numbers and put what is not one at the end."""
    try:
        return False, float(temperature.removesuffix("K").strip()), ""
    except ValueError:
        return True, 0.0, temperature
