"""References laid over the plot of diffusivities."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from amorph_flows.report.figures._theme import GREEN
from amorph_flows.schemas.reference import Reference, ReferenceQuantity

_SYMBOLS: dict[ReferenceQuantity, str] = {
    "tracer_diffusivity": "square-open",
    "jump_diffusivity": "cross-open",
}


def add_references(figure: go.Figure, references: Sequence[Reference]) -> None:
    """Add the diffusivities among some references, one entry of the legend for each label.

    Parameters
    ----------
    figure
        Diffusivities against 1000/T.
    references
        Of the study.
    """
    groups: dict[tuple[str, ReferenceQuantity], list[Reference]] = {}
    for one in references:
        if one.quantity in _SYMBOLS and one.temperature_k is not None:
            groups.setdefault((one.label, one.quantity), []).append(one)
    for (label, quantity), found in groups.items():
        figure.add_scatter(
            x=[1e3 / one.temperature_k for one in found if one.temperature_k is not None],
            y=[one.middle for one in found],
            error_y={
                "type": "data",
                "symmetric": False,
                "array": [one.ends[1] - one.middle for one in found],
                "arrayminus": [one.middle - one.ends[0] for one in found],
            },
            text=[f"{one.temperature_k:g} K" for one in found],
            customdata=[one.source for one in found],
            mode="markers",
            name=label,
            marker={"color": GREEN, "size": 9, "symbol": _SYMBOLS[quantity]},
            hovertemplate="%{text}: %{y:.3g} cm²/s<br>%{customdata}<extra>%{fullData.name}</extra>",
        )
