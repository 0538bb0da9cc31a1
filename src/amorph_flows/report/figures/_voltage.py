"""Average voltages of the disordered structures against the crystal."""

from __future__ import annotations

import plotly.graph_objects as go

from amorph_flows.report.figures._theme import GREY, SOURCE_COLOURS, new_figure
from amorph_flows.schemas.voltage import VoltageDoc


def voltage_figure(voltage: VoltageDoc) -> go.Figure:
    """Return bars of the average voltage by temperature and source, with standard errors.

    Parameters
    ----------
    voltage
        The voltages; refused ones leave a gap.
    """
    figure = new_figure("temperature of the structures", "average voltage / V")
    order = sorted({p.temperature_k for p in voltage.points if p.temperature_k is not None})
    for source, colour in SOURCE_COLOURS.items():
        points = [p for p in voltage.points if p.structure_source == source]
        if not points:
            continue
        figure.add_bar(
            x=[_place(p.temperature_k) for p in points],
            y=[p.voltage_v for p in points],
            error_y={"type": "data", "array": [p.standard_error_v or 0.0 for p in points]},
            name=source,
            offsetgroup=str("MTP" in source),
            marker={"color": colour},
            hovertemplate="%{x}: %{y:.3f} V<extra>%{fullData.name}</extra>",
        )
    crystal = next((p.voltage_v for p in voltage.points if p.structure_source == "crystal"), None)
    if crystal is not None:
        figure.add_hline(y=crystal, line={"color": GREY, "dash": "dot"})
    figure.update_xaxes(
        type="category", categoryorder="array", categoryarray=["crystal", *map(_place, order)]
    )
    return figure


def _place(temperature_k: float | None) -> str:
    return "crystal" if temperature_k is None else f"{temperature_k:g} K"
