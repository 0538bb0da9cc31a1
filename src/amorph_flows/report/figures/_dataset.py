"""Figure of the composition of the dataset."""

from __future__ import annotations

from itertools import cycle

from amorph_flows.report._text import formula
from amorph_flows.report.figures._theme import CYCLE
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.figure import Axis, PlotDoc, Series


def composition_figure(dataset: DatasetDoc) -> PlotDoc:
    """Return stacked bars: frames by formula and temperature.

    Parameters
    ----------
    dataset
        The dataset.
    """
    temperatures = sorted({t for counts in dataset.composition.values() for t in counts}, key=_key)
    places = [t.removesuffix(" K") for t in temperatures]
    return PlotDoc(
        x=Axis(title="temperature", unit="K", places=places),
        y=Axis(title="number of frames"),
        series=[
            Series(
                name=formula(name),
                kind="bars",
                places=places,
                y=[counts.get(t, 0) for t in temperatures],
                colour=colour,
            )
            for colour, (name, counts) in zip(
                cycle(CYCLE), sorted(dataset.composition.items()), strict=False
            )
        ],
        stacked=True,
    )


def _key(temperature: str) -> tuple[bool, float, str]:
    """Sort temperatures as numbers and put what is not one at the end."""
    try:
        return False, float(temperature.removesuffix("K").strip()), ""
    except ValueError:
        return True, 0.0, temperature
