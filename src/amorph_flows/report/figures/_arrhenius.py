"""Diffusivities against inverse temperature, with the fitted Arrhenius law."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase import units

from amorph_flows.report.figures._theme import BLUE, GREY, ORANGE, PURPLE
from amorph_flows.schemas.figure import Axis, PlotDoc, Series
from amorph_flows.schemas.transport import TransportDoc

ROOM_K = 300.0
MOST_DECADES = 12


def arrhenius_figure(transport: TransportDoc, laid_over: Sequence[Series] = ()) -> PlotDoc:
    """Return D against 1000/T with 95 % intervals, the fit, and its value at 300 K.

    The last is left out where it is known to no better than `MOST_DECADES` powers of ten.

    Parameters
    ----------
    transport
        Diffusivities by temperature and their fit.
    laid_over
        Values from elsewhere.
    """
    series = [
        _points(transport, "tracer").model_copy(update={"colour": BLUE}),
        _points(transport, "jump").model_copy(update={"colour": PURPLE, "symbol": "diamond-open"}),
    ]
    if transport.activation_energy_ev is not None and transport.d0_cm2_s is not None:
        series += _fit(transport, transport.activation_energy_ev, transport.d0_cm2_s)
    return PlotDoc(
        x=Axis(title="1000 K / temperature"),
        y=Axis(title="diffusivity", unit="cm²/s", log=True),
        series=[*series, *laid_over],
    )


def _points(transport: TransportDoc, kind: str) -> Series:
    found = []
    for point in transport.temperatures:
        value = getattr(point, f"{kind}_diffusivity_cm2_s")
        low, high = getattr(point, f"{kind}_diffusivity_interval_cm2_s") or (value, value)
        if value is not None and value > 0:
            found.append((point.temperature_k, value, low, high))
    return Series(
        name=f"{kind} diffusivity",
        kind="points",
        x=[1e3 / point[0] for point in found],
        y=[point[1] for point in found],
        low=[point[2] for point in found],
        high=[point[3] for point in found],
        labels=[f"{point[0]:g} K" for point in found],
    )


def _fit(transport: TransportDoc, energy_ev: float, d0_cm2_s: float) -> list[Series]:
    kelvin = [point.temperature_k for point in transport.temperatures]
    inverse = np.linspace(1e3 / max(kelvin), 1e3 / min(*kelvin, ROOM_K), 60)
    exponent = -energy_ev * inverse / 1e3 / units.kB
    law = Series(
        name=f"fit, {energy_ev:.3g} eV",
        x=inverse,
        y=d0_cm2_s * np.exp(np.maximum(exponent, -600)),
        colour=GREY,
        dash="dash",
        width=2,
    )
    if transport.d_300k_cm2_s is None or transport.d_300k_cm2_s <= 0:
        return [law]
    low, high = transport.d_300k_interval_cm2_s or (transport.d_300k_cm2_s,) * 2
    if not low * 10.0**MOST_DECADES >= high:
        return [law]
    room = Series(
        name="fit at 300 K",
        kind="points",
        x=[1e3 / ROOM_K],
        y=[transport.d_300k_cm2_s],
        low=[low],
        high=[high],
        labels=[f"{ROOM_K:g} K"],
        colour=ORANGE,
        symbol="star",
        size=11,
    )
    return [law, room]
