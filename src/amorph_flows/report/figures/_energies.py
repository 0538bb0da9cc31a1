"""Distributions of the potential energy: engine MD against MTP MD."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from amorph_flows.report.figures._theme import SOURCE_COLOURS, new_figure
from amorph_flows.schemas.structure import SampledStructure

_MOST_POINTS = 1000


def energy_figure(samples: Sequence[SampledStructure]) -> go.Figure:
    """Return the distribution of the energy at each temperature, one side for each source.

    Parameters
    ----------
    samples
        Samples of one formula.
    """
    figure = new_figure("temperature / K", "potential energy / eV/atom")
    for source, side in (("engine MD", "negative"), ("MTP MD", "positive")):
        chosen = [s for s in samples if s.structure_source == source and _has_energies(s)]
        if not chosen:
            continue
        pieces = [_thinned(sample.energies_ev_atom) for sample in chosen]
        places = [f"{s.temperature_k:g}" for s in chosen]
        figure.add_violin(
            x=np.repeat(places, [len(piece) for piece in pieces]).tolist(),
            y=np.concatenate(pieces),
            side=side,
            name=source,
            points="all" if max(map(len, pieces)) <= 60 else False,
            pointpos=-0.25 if side == "negative" else 0.25,
            jitter=0.15,
            marker={"size": 4},
            line={"color": SOURCE_COLOURS[source], "width": 1.5},
            meanline={"visible": True},
            scalemode="width",
            width=0.8,
            spanmode="hard",
        )
    order = sorted({s.temperature_k for s in samples if s.temperature_k is not None})
    figure.update_xaxes(
        type="category", categoryorder="array", categoryarray=[f"{t:g}" for t in order]
    )
    figure.update_layout(violinmode="overlay")
    return figure


def has_energies(samples: Sequence[SampledStructure]) -> bool:
    """Return whether any sample has energies to show."""
    return any(_has_energies(sample) for sample in samples)


def _has_energies(sample: SampledStructure) -> bool:
    return sample.temperature_k is not None and len(sample.energies_ev_atom) > 1


def _thinned(
    values: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return values[:: max(1, -(-len(values) // _MOST_POINTS))]
