"""Figures of the persistent homology of glasses."""

from __future__ import annotations

import numpy as np

from amorph_flows.report._section import Panel
from amorph_flows.report.figures._theme import CYCLE
from amorph_flows.schemas.figure import Axis, PlotDoc, Series
from amorph_flows.schemas.glass import GlassStructureDoc

_MOST_PAIRS = 3000
"""Of a persistence diagram that are drawn."""


def persistence_panels(doc: GlassStructureDoc) -> list[Panel]:
    """Return the diagram of loops and cavities, and how many of them each size of atoms leaves.

    Parameters
    ----------
    doc
        What the glasses are like; without diagrams there are no panels.
    """
    found = doc.persistence
    if found is None:
        return []
    rng = np.random.default_rng(0)
    kinds = [("loops", found.loops, CYCLE[0]), ("cavities", found.cavities, CYCLE[1])]
    n = sum(len(pairs) for _, pairs, _ in kinds)
    points, ends, drawn = [], [0.0], 0
    for name, pairs, colour in kinds:
        some = rng.permutation(len(pairs))[: _MOST_PAIRS * len(pairs) // max(n, _MOST_PAIRS)]
        births, deaths = pairs[np.sort(some)].T
        drawn += len(some)
        points.append(Series(name=name, kind="points", size=3.0, x=births, y=deaths, colour=colour))
        ends.append(float(pairs.max(initial=0.0)))
    diagonal = Series(name="no persistence", x=[0.0, max(ends)], y=[0.0, max(ends)], dash="dot")
    radii = ", ".join(f"{element} {radius:g}" for element, radius in found.radii_a.items())
    caption = (
        f"Each loop and cavity at the α of its birth and of its death; balls of radius "
        f"√(α + r²), r in Å: {radii}. {drawn} of {n}, all glasses together."
    )
    diagram = PlotDoc(
        x=Axis(title="birth α", unit="Å²"),
        y=Axis(title="death α", unit="Å²"),
        series=[*points, diagonal],
    )
    panels = [Panel("persistence", "Persistence diagrams", caption, diagram)]
    if "alpha_a2" in doc.functions:
        curves = PlotDoc(
            x=Axis(title="α", unit="Å²"),
            y=Axis(title="number", unit="per atom", zero=True),
            series=[
                Series(name=name, x=doc.functions["alpha_a2"], y=doc.functions[name], colour=colour)
                for name, _, colour in kinds
            ],
        )
        panels.append(
            Panel("betti", "Loops and cavities", "Those that are there at each α.", curves)
        )
    return panels
