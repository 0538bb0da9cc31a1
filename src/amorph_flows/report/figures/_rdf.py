"""Radial distribution functions: engine MD against MTP MD, one figure a temperature."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement, cycle

import plotly.graph_objects as go

from amorph_flows.report.figures._theme import CYCLE, SOURCE_DASHES, new_figure
from amorph_flows.schemas.structure import SampledStructure


def rdf_figure(samples: Sequence[SampledStructure]) -> go.Figure:
    """Return the partial g(r) of samples of one formula and temperature.

    Colours tell the pairs apart and dashes the sources.

    Parameters
    ----------
    samples
        At most one of each source.
    """
    figure = new_figure("distance / Å", "g(r)")
    elements = sorted({element for sample in samples for element in sample.rdf.elements})
    pairs = list(combinations_with_replacement(elements, 2))
    named: set[tuple[str, str]] = set()
    for sample in sorted(samples, key=lambda s: list(SOURCE_DASHES).index(s.structure_source)):
        result = sample.rdf.to_result()
        for colour, (first, second) in zip(cycle(CYCLE), pairs, strict=False):
            if not {first, second} <= set(result.elements):
                continue
            figure.add_scatter(
                x=result.distances_a,
                y=result.pair(first, second),
                name=f"{first}–{second}",
                legendgroup=f"{first}{second}",
                showlegend=(first, second) not in named,
                line={
                    "color": colour,
                    "width": 1.6,
                    "dash": SOURCE_DASHES[sample.structure_source],
                },
                hovertemplate=f"{first}–{second}, {sample.structure_source}<br>%{{x:.2f}} Å, "
                "g = %{y:.2f}<extra></extra>",
            )
            named.add((first, second))
    figure.update_yaxes(rangemode="tozero")
    return figure
