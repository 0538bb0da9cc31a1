"""Figure of the correlation between ions: the Haven ratio."""

from __future__ import annotations

from collections.abc import Sequence

from amorph_flows.report.figures._theme import PURPLE
from amorph_flows.schemas.figure import Axis, PlotDoc, Series
from amorph_flows.schemas.transport import TransportAtTemperatureDoc


def haven_figure(points: Sequence[TransportAtTemperatureDoc]) -> PlotDoc:
    """Return the Haven ratio against temperature with its 95 % interval.

    Parameters
    ----------
    points
        Transport by temperature; a ratio that is not known is left out.
    """
    known = [
        (p.temperature_k, p.haven_ratio, *(p.haven_ratio_interval or (p.haven_ratio,) * 2))
        for p in points
        if p.haven_ratio is not None
    ]
    ratios = Series(
        name="Haven ratio",
        kind="points",
        x=[kelvin for kelvin, *_ in known],
        y=[ratio for _, ratio, *_ in known],
        low=[low for *_, low, _ in known],
        high=[high for *_, high in known],
        colour=PURPLE,
        size=10,
    )
    return PlotDoc(
        x=Axis(title="temperature", unit="K"),
        y=Axis(title="Haven ratio D*/Dⱼ", log=True),
        series=[ratios],
        levels=[1.0],
    )
