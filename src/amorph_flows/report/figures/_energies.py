"""Distributions of the potential energy: engine MD against MTP MD."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from amorph_flows.arrays import FloatArray
from amorph_flows.report.figures._theme import SOURCE_COLOURS
from amorph_flows.schemas.figure import Axis, PlotDoc, Series
from amorph_flows.schemas.structure import SampledStructure

_MOST_POINTS = 1000
_SIDES: dict[str, Literal["left", "right"]] = {"engine MD": "left", "MTP MD": "right"}


def energy_figure(samples: Sequence[SampledStructure]) -> PlotDoc:
    """Return the distribution of the energy at each temperature, one side for each source.

    Parameters
    ----------
    samples
        Samples of one formula.
    """
    order = sorted({s.temperature_k for s in samples if s.temperature_k is not None})
    series = []
    for source, side in _SIDES.items():
        chosen = [s for s in samples if s.structure_source == source and _has_energies(s)]
        if not chosen:
            continue
        pieces = [_thinned(sample.energies_ev_atom) for sample in chosen]
        places = [f"{s.temperature_k:g}" for s in chosen]
        series.append(
            Series(
                name=source,
                kind="halves",
                places=np.repeat(places, [len(piece) for piece in pieces]).tolist(),
                y=np.concatenate(pieces),
                side=side,
                colour=SOURCE_COLOURS[source],
            )
        )
    return PlotDoc(
        x=Axis(title="temperature", unit="K", places=[f"{t:g}" for t in order]),
        y=Axis(title="potential energy", unit="eV/atom"),
        series=series,
    )


def has_energies(samples: Sequence[SampledStructure]) -> bool:
    """Return whether any sample has energies to show."""
    return any(_has_energies(sample) for sample in samples)


def _has_energies(sample: SampledStructure) -> bool:
    return sample.temperature_k is not None and len(sample.energies_ev_atom) > 1


def _thinned(values: FloatArray) -> FloatArray:
    return values[:: max(1, -(-len(values) // _MOST_POINTS))]
