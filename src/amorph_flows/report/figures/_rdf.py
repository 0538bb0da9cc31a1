"""Radial distribution functions: engine MD against MTP MD, one figure a temperature."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement, cycle

from amorph_flows.report.figures._theme import CYCLE, SOURCE_DASHES
from amorph_flows.schemas.figure import Axis, PlotDoc, Series
from amorph_flows.schemas.structure import SampledStructure


def rdf_figure(samples: Sequence[SampledStructure]) -> PlotDoc:
    """Return the partial g(r) of samples of one formula and temperature.

    Colours tell the pairs apart and dashes the sources.

    Parameters
    ----------
    samples
        At most one of each source.
    """
    elements = sorted({element for sample in samples for element in sample.rdf.elements})
    pairs = list(combinations_with_replacement(elements, 2))
    named: set[tuple[str, str]] = set()
    series = []
    for sample in sorted(samples, key=lambda s: list(SOURCE_DASHES).index(s.structure_source)):
        result = sample.rdf.to_result()
        for colour, (first, second) in zip(cycle(CYCLE), pairs, strict=False):
            if not {first, second} <= set(result.elements):
                continue
            pair = f"{first}–{second}"
            series.append(
                Series(
                    name=f"{pair}, {sample.structure_source}",
                    short=pair,
                    x=result.distances_a,
                    y=result.pair(first, second),
                    group=pair,
                    in_legend=(first, second) not in named,
                    colour=colour,
                    dash=SOURCE_DASHES[sample.structure_source],
                )
            )
            named.add((first, second))
    reach = max((float(sample.rdf.distances_a[-1]) for sample in samples), default=0.0)
    halves = {s.half_width_a for s in samples if s.half_width_a is not None}
    return PlotDoc(
        x=Axis(title="distance", unit="Å"),
        y=Axis(title="g(r)", zero=True),
        series=series,
        marks=sorted(half for half in halves if half < reach),
    )
