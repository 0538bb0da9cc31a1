"""Where the scatter of results comes from: runs, occupations or glasses."""

from __future__ import annotations

from collections.abc import Sequence

from amorph_flows.report._names import NAMES
from amorph_flows.report._text import temperature
from amorph_flows.report.figures._theme import BLUE, GREY, ORANGE
from amorph_flows.schemas.figure import Axis, PlotDoc, Series
from amorph_flows.schemas.study import ResultRow

_SOURCES = {
    "runs": ("within a run", GREY),
    "occupations": ("between occupations", ORANGE),
    "glasses": ("between glasses", BLUE),
}


def variance_figure(rows: Sequence[ResultRow]) -> PlotDoc:
    """Return the shares of runs, occupations and glasses in the variance of each result.

    Parameters
    ----------
    rows
        Results of several glasses or occupations.
    """
    known = [(row, row.combined) for row in rows if row.combined and row.combined.shares]
    places = [_place(row) for row, _ in known]
    series = [
        Series(
            name=name,
            kind="bars",
            places=places,
            x=[100 * found.shares.get(source, 0.0) for _, found in known],
            colour=colour,
        )
        for source, (name, colour) in _SOURCES.items()
        if any(source in found.shares for _, found in known)
    ]
    return PlotDoc(
        x=Axis(title="share of the variance", unit="%", ends=(0, 100)),
        y=Axis(title="", places=places),
        series=series,
        stacked=True,
    )


def _place(row: ResultRow) -> str:
    place = NAMES[row.quantity]
    if row.temperature_k is not None:
        place += f", {temperature(row.temperature_k)}"
    return f"{place}, {row.structure_source}" if row.quantity == "average_voltage" else place
