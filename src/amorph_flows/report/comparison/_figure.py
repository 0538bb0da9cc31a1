"""Arrhenius lines of several studies in one figure."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from ase import units

from amorph_flows.report.figures._theme import CYCLE
from amorph_flows.schemas.comparison import ComparisonDoc
from amorph_flows.schemas.figure import Axis, PlotDoc, Series

_ROOM_K = 300.0


def arrhenius_of_studies(comparison: ComparisonDoc) -> PlotDoc | None:
    """Return tracer diffusivities and their lines; None where no study has any.

    Parameters
    ----------
    comparison
        What `compare_studies` returned.
    """
    series = [one for n in range(len(comparison.studies)) for one in _of_study(comparison, n)]
    return (
        PlotDoc(
            x=Axis(title="1000 K / temperature"),
            y=Axis(title="tracer diffusivity", unit="cm²/s", log=True),
            series=series,
        )
        if series
        else None
    )


def _of_study(comparison: ComparisonDoc, n: int) -> Iterator[Series]:
    found: dict[tuple[str, float | None], tuple[float, tuple[float, float]]] = {}
    for row in comparison.rows:
        shown = row.values[n]
        if shown is not None and shown.value is not None and row.structure_source == "MTP MD":
            value, ends = shown.value, shown.uncertainty
            low, high = ends if isinstance(ends, list) else (value, value)
            found[row.quantity, row.temperature_k] = value, (low, high)
    points = {
        kelvin: value
        for (quantity, kelvin), value in found.items()
        if quantity == "tracer_diffusivity" and kelvin is not None
    }
    if not points:
        return
    name, colour = comparison.studies[n].name, CYCLE[n % len(CYCLE)]
    energy, room = found.get(("activation_energy", None)), found.get(("diffusivity_300k", _ROOM_K))
    yield Series(
        name=name,
        short=name if energy is None else f"{name}, {energy[0]:.3g} eV",
        kind="points",
        x=[1e3 / kelvin for kelvin in points],
        y=[value for value, _ in points.values()],
        low=[ends[0] for _, ends in points.values()],
        high=[ends[1] for _, ends in points.values()],
        labels=[f"{kelvin:g} K" for kelvin in points],
        colour=colour,
        group=name,
    )
    if energy is None or room is None:
        return
    inverse = np.linspace(1e3 / max(points), 1e3 / min(*points, _ROOM_K), 60)
    exponent = -energy[0] / units.kB * (inverse / 1e3 - 1 / _ROOM_K)
    yield Series(
        name=f"{name}, fit",
        x=inverse,
        y=room[0] * np.exp(np.clip(exponent, -600, 600)),
        colour=colour,
        dash="dash",
        group=name,
        in_legend=False,
    )
