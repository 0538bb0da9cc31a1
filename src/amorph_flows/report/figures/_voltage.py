"""Average voltages of the disordered structures against the crystal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from amorph_flows.report.figures._theme import SOURCE_COLOURS
from amorph_flows.schemas.figure import Axis, PlotDoc, Series
from amorph_flows.schemas.voltage import VoltageDoc, VoltagePoint


def voltage_figure(voltage: VoltageDoc) -> PlotDoc:
    """Return bars of the average voltage by temperature and source, with standard errors.

    Parameters
    ----------
    voltage
        The voltages; refused ones leave a gap.
    """
    order = sorted({p.temperature_k for p in voltage.points if p.temperature_k is not None})
    series = []
    for source, colour in SOURCE_COLOURS.items():
        points = [p for p in voltage.points if p.structure_source == source]
        if points:
            series.append(_bars(points, source, colour))
    crystal = next((p.voltage_v for p in voltage.points if p.structure_source == "crystal"), None)
    return PlotDoc(
        x=Axis(title="temperature of the structures", places=["crystal", *map(_place, order)]),
        y=Axis(title="average voltage", unit="V", zero=True),
        series=series,
        levels=[] if crystal is None else [crystal],
    )


def _bars(points: Sequence[VoltagePoint], source: str, colour: str) -> Series:
    volts = np.array([np.nan if p.voltage_v is None else p.voltage_v for p in points])
    errors = np.array([p.standard_error_v or 0.0 for p in points])
    return Series(
        name=source,
        kind="bars",
        places=[_place(p.temperature_k) for p in points],
        y=volts,
        low=volts - errors,
        high=volts + errors,
        colour=colour,
        slot="potential" if "MTP" in source else "engine",
    )


def _place(temperature_k: float | None) -> str:
    return "crystal" if temperature_k is None else f"{temperature_k:g} K"
