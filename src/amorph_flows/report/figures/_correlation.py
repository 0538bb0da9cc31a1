"""Figure of the correlation between ions: the Haven ratio."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from amorph_flows.report.figures._theme import GREY, PURPLE, finite, new_figure
from amorph_flows.schemas.transport import TransportAtTemperatureDoc


def haven_figure(points: Sequence[TransportAtTemperatureDoc]) -> go.Figure:
    """Return the Haven ratio against temperature with its 95 % interval.

    Parameters
    ----------
    points
        Transport by temperature; a ratio that is not known is left out.
    """
    figure = new_figure("temperature / K", "Haven ratio D*/Dⱼ")
    known = [
        (p.temperature_k, p.haven_ratio, p.haven_ratio_interval or (p.haven_ratio, p.haven_ratio))
        for p in points
        if p.haven_ratio is not None
    ]
    figure.add_scatter(
        x=[kelvin for kelvin, _, _ in known],
        y=[ratio for _, ratio, _ in known],
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [finite(high - ratio) for _, ratio, (_, high) in known],
            "arrayminus": [ratio - low for _, ratio, (low, _) in known],
        },
        mode="markers",
        name="Haven ratio",
        marker={"color": PURPLE, "size": 10},
    )
    figure.add_hline(y=1.0, line={"color": GREY, "dash": "dot"})
    figure.update_yaxes(type="log", exponentformat="power")
    return figure
