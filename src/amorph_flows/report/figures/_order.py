"""Disorder along every direction, on a sphere and against temperature."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

from amorph_flows.report._text import formula
from amorph_flows.report.figures._theme import ORANGE, PURPLE
from amorph_flows.schemas.figure import Axis, PlotDoc, Series, SphereDoc, Symbol
from amorph_flows.schemas.structure import LongRangeOrderDoc, SampledStructure

_SYMBOLS: tuple[Symbol, ...] = ("circle", "square", "diamond", "x")


def order_sphere(order: LongRangeOrderDoc, largest: float) -> SphereDoc:
    """Return the disorder along each direction; that of a direction is that of its opposite.

    Parameters
    ----------
    order
        Directions and their disorder.
    largest
        Upper end of the colours.
    """
    return SphereDoc(
        directions=order.directions, values=order.disorder, title="disorder", largest=largest
    )


def order_against_temperature(samples: Sequence[SampledStructure], species: str) -> PlotDoc:
    """Return the largest and smallest disorder of a sublattice against temperature.

    Parameters
    ----------
    samples
        The samples.
    species
        Element of the sublattice.
    """
    keys = sorted({(s.formula, s.structure_source) for s in samples if s.temperature_k})
    series = []
    for symbol, (name, source) in zip(cycle(_SYMBOLS), keys, strict=False):
        found = [
            (s.temperature_k, order)
            for s in samples
            for order in s.order
            if (s.formula, s.structure_source) == (name, source)
            and s.temperature_k is not None
            and species in order.species
        ]
        for label, colour in (("maximum", ORANGE), ("minimum", PURPLE)):
            points = Series(
                name=f"{label}, {formula(name)}, {source}",
                kind="points",
                x=[temperature for temperature, _ in found],
                y=[getattr(order, label) for _, order in found],
                symbol=symbol,
                colour=colour,
                size=10,
            )
            series += [points] if found else []
    return PlotDoc(
        x=Axis(title="temperature", unit="K"),
        y=Axis(title="disorder / plane spacing", zero=True),
        series=series,
    )
