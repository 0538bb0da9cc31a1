"""Shares of oxidation states against temperature."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

from amorph_flows.report._text import charged, formula
from amorph_flows.report.figures._theme import BLUE, GREY, ORANGE
from amorph_flows.schemas.figure import Axis, PlotDoc, Series, Symbol
from amorph_flows.schemas.structure import SampledStructure

_SYMBOLS: tuple[Symbol, ...] = ("circle", "square", "diamond", "x")


def oxidation_state_figure(samples: Sequence[SampledStructure], element: str) -> PlotDoc:
    """Return the shares of the states of an element at each temperature, by composition.

    Parameters
    ----------
    samples
        The samples; those without a temperature or without states of the element are left out.
    element
        Its symbol.
    """
    series = []
    for symbol, name in zip(cycle(_SYMBOLS), sorted({s.formula for s in samples}), strict=False):
        found = sorted(
            (
                (sample.temperature_k, states)
                for sample in samples
                for states in sample.oxidation_states
                if (sample.formula, states.element) == (name, element)
                and sample.temperature_k is not None
            ),
            key=lambda pair: pair[0],
        )
        if not found:
            continue
        first = found[0][1]
        series += [
            Series(
                name=f"{label}, {formula(name)}",
                kind="points",
                x=[kelvin for kelvin, _ in found],
                y=[getattr(states, field) for _, states in found],
                symbol=symbol,
                colour=colour,
                size=10,
            )
            for label, field, colour in (
                (charged(first.d1_ion), "d1", BLUE),
                (charged(first.d0_ion), "d0", ORANGE),
                ("undecided", "undecided", GREY),
            )
        ]
    return PlotDoc(
        x=Axis(title="temperature", unit="K"),
        y=Axis(title=f"share of {element}", ends=(-0.03, 1.03)),
        series=series,
    )
