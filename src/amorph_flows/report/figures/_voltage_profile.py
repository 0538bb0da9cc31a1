"""Voltage against the content of ions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from amorph_flows.report.figures._theme import SOURCE_DASHES, temperature_colours
from amorph_flows.schemas.figure import Axis, PlotDoc, Series
from amorph_flows.schemas.voltage_profile import ProfileAtTemperature, VoltageProfileDoc


def voltage_profile_figure(doc: VoltageProfileDoc) -> PlotDoc:
    """Return stairs of the voltage, one for each temperature and source, with 95 % intervals.

    Parameters
    ----------
    doc
        The profiles.
    """
    colours = temperature_colours(sorted({p.temperature_k for p in doc.profiles}))
    series = [one for p in doc.profiles for one in _stairs(p, colours[p.temperature_k])]
    return PlotDoc(
        x=Axis(title=f"{doc.ion} per {doc.host}"),
        y=Axis(title="voltage", unit="V"),
        series=series,
    )


def _stairs(profile: ProfileAtTemperature, colour: str) -> Sequence[Series]:
    """Return the steps of a profile, and the interval of each in its middle."""
    if not profile.steps:
        return []
    name = f"{profile.structure_source} {profile.temperature_k:g} K"
    steps = profile.steps
    known = [step for step in steps if step.interval_v is not None]
    stairs = Series(
        name=name,
        x=np.ravel([(step.from_ions, step.to_ions) for step in steps]),
        y=np.ravel([(step.voltage_v, step.voltage_v) for step in steps]),
        dash=SOURCE_DASHES[profile.structure_source],
        colour=colour,
        group=name,
    )
    middles = Series(
        name=f"{name}, 95 %",
        kind="points",
        x=np.array([(step.from_ions + step.to_ions) / 2 for step in known]),
        y=np.array([step.voltage_v for step in known]),
        low=np.array([step.interval_v[0] for step in known if step.interval_v]),
        high=np.array([step.interval_v[1] for step in known if step.interval_v]),
        colour=colour,
        size=4.0,
        group=name,
        in_legend=False,
    )
    return [stairs, middles] if known else [stairs]
