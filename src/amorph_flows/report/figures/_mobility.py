"""Fast and slow ions: what surrounds them, and the ways of three of them."""

from __future__ import annotations

from itertools import cycle, pairwise
from typing import Literal

import numpy as np

from amorph_flows.report.figures._glass import element_colours
from amorph_flows.report.figures._theme import BLUE, GREY, RED
from amorph_flows.schemas.figure import AtomsDoc, AtomsOfElement, Axis, PlotDoc, Series
from amorph_flows.schemas.glass import RingSurroundingsDoc
from amorph_flows.schemas.ion_mobility import IonMobilityDoc, RankedPathDoc

_COLOURS = {"fast": RED, "slow": BLUE, "all": GREY}
_IN_TIME = ("#3a78c2", "#2f9aa0", "#3f9457", "#8f8a2c", "#e0b000")
"""From blue to yellow, as in the paper's figure."""
_LEAST_A = 1.0
_DISTANCE = Axis(title="distance", unit="Å")
_DASHES: tuple[Literal["solid", "dash", "dot"], ...] = ("solid", "dash", "dot")


def surroundings_figure(mobility: IonMobilityDoc) -> PlotDoc:
    """Return g(r) from fast, slow and all ions to all ions.

    Parameters
    ----------
    mobility
        The groups.
    """
    series = [
        Series(
            name=f"{group} {mobility.ion}",
            x=mobility.distances_a,
            y=mobility.partial[f"{group}-{mobility.ion}"],
            colour=colour,
        )
        for group, colour in _COLOURS.items()
    ]
    return PlotDoc(x=_DISTANCE, y=Axis(title="g(r)", zero=True), series=series, levels=[1.0])


def ring_figure(rings: RingSurroundingsDoc) -> PlotDoc:
    """Return g(r) from the centres of rings, by size, to fast and slow ions.

    Below `_LEAST_A` shells hold too few ions to be shown.

    Parameters
    ----------
    rings
        The surroundings.
    """
    shown = rings.distances_a >= _LEAST_A
    series = [
        Series(
            name=f"{group}, rings of {size}",
            x=rings.distances_a[shown],
            y=rings.partial[f"{size}-{group}"][shown],
            colour=colour,
            dash=dash,
        )
        for size, dash in zip(rings.n_rings, cycle(_DASHES), strict=False)
        for group, colour in (("fast", RED), ("slow", BLUE))
        if f"{size}-{group}" in rings.partial
    ]
    return PlotDoc(x=_DISTANCE, y=Axis(title="g(r)", zero=True), series=series, levels=[1.0])


def path_figure(path: RankedPathDoc, ion: str) -> AtomsDoc:
    """Return the way of an ion, blue at first and yellow at last, and the atoms around its start.

    Parameters
    ----------
    path
        The way.
    ion
        Symbol of the ion.
    """
    colours = element_colours([*path.neighbours_a, ion], ion)
    elements = [
        AtomsOfElement(symbol=symbol, positions_a=places, colour=colours[symbol], size=7.0)
        for symbol, places in path.neighbours_a.items()
    ]
    ends = np.linspace(0, len(path.times_fs), len(_IN_TIME) + 1).round().astype(int)
    for (first, end), colour in zip(pairwise(ends), _IN_TIME, strict=True):
        if end == first:
            continue
        times = path.times_fs[[first, end - 1]] / 1e3
        elements.append(
            AtomsOfElement(
                symbol=f"{ion}, {times[0]:.3g} to {times[1]:.3g} ps",
                positions_a=path.positions_a[first:end],
                colour=colour,
                size=3.0,
            )
        )
    steps = np.stack([path.positions_a[:-1], path.positions_a[1:]], axis=1)
    return AtomsDoc(elements=elements, bonds_a=np.round(steps, 3))
