"""How ions move: from one origin, van Hove functions, hops, and how unlike they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from amorph_flows.arrays import FloatArray
from amorph_flows.report.figures._msd import LAG, SQUARES, thinned
from amorph_flows.report.figures._theme import BLUE, GREEN, RED, temperature_colours
from amorph_flows.schemas.figure import Axis, PlotDoc, Series
from amorph_flows.schemas.ion_motion import IonMotionDoc
from amorph_flows.schemas.transport import TransportAtTemperatureDoc

_Made = Callable[[IonMotionDoc, str, str], list[Series]]


def origin_figure(
    motion: Sequence[IonMotionDoc], points: Sequence[TransportAtTemperatureDoc]
) -> PlotDoc:
    """Return the displacement from one origin beside the mean over all origins.

    Parameters
    ----------
    motion, points
        Motion and transport by temperature.
    """
    means = {point.temperature_k: point for point in points}

    def made(one: IonMotionDoc, name: str, colour: str) -> list[Series]:
        curves = [
            Series(
                name=f"{name}, one origin",
                short=name,
                group=name,
                x=one.origin_lags_fs / 1e3,
                y=one.origin_msd_a2,
                colour=colour,
            )
        ]
        if one.temperature_k in means:
            point = means[one.temperature_k]
            lags, values = thinned(point.lags_fs / 1e3, point.msd_a2)
            mean = f"{name}, all origins"
            common = {"group": name, "in_legend": False, "dash": "dot", "colour": colour}
            curves.append(Series(name=mean, x=lags, y=values, **common))
        return curves

    return PlotDoc(x=LAG, y=SQUARES, series=_by_temperature(motion, made))


def fast_and_slow_figure(motion: Sequence[IonMotionDoc]) -> PlotDoc:
    """Return the displacement of the fast and of the slow quarter of the ions from one origin.

    Parameters
    ----------
    motion
        By temperature.
    """

    def made(one: IonMotionDoc, name: str, colour: str) -> list[Series]:
        if not len(one.fast_msd_a2):
            return []
        times = one.origin_lags_fs / 1e3
        fast = Series(
            name=f"{name}, fast", short=name, group=name, x=times, y=one.fast_msd_a2, colour=colour
        )
        slow = Series(
            name=f"{name}, slow",
            group=name,
            in_legend=False,
            x=times,
            y=one.slow_msd_a2,
            colour=colour,
            dash="dash",
        )
        return [fast, slow]

    return PlotDoc(x=LAG, y=SQUARES, series=_by_temperature(motion, made))


def persistence_figure(motion: Sequence[IonMotionDoc]) -> PlotDoc:
    """Return how ranks by displacement correlate with those of later displacements.

    Parameters
    ----------
    motion
        By temperature.
    """

    def made(one: IonMotionDoc, name: str, colour: str) -> list[Series]:
        if not len(one.rank_distances_fs):
            return []
        error = 2 * one.rank_standard_errors
        return [
            Series(
                name=name,
                kind="points",
                x=one.rank_distances_fs / 1e3,
                y=one.rank_correlation,
                low=one.rank_correlation - error,
                high=one.rank_correlation + error,
                colour=colour,
                size=6,
            )
        ]

    return PlotDoc(
        x=Axis(title="time between displacements", unit="ps"),
        y=Axis(title="correlation of ranks"),
        series=_by_temperature(motion, made),
        levels=[0.0],
    )


def van_hove_figure(one: IonMotionDoc, part: Literal["self", "distinct"]) -> PlotDoc:
    """Return a van Hove function of one temperature at its lags.

    Parameters
    ----------
    one
        Motion at the temperature.
    part
        Of single ions, or of the others around where an ion was.
    """
    series = []
    for i, colour in zip(range(len(one.van_hove_lags_fs)), (BLUE, GREEN, RED), strict=True):
        name = f"{one.van_hove_lags_fs[i] / 1e3:.3g} ps"
        if part == "distinct":
            series.append(
                Series(name=name, x=one.distinct_distances_a, y=one.distinct[i], colour=colour)
            )
            continue
        density, gauss = one.self_density[i], one.self_density_of_diffusion[i]
        series.append(Series(name=name, group=name, x=one.distances_a, y=density, colour=colour))
        series.append(
            Series(
                name=f"{name}, Gaussian",
                group=name,
                in_legend=False,
                x=one.distances_a,
                y=gauss,
                colour=colour,
                dash="dash",
            )
        )
    if part == "distinct":
        ahead = Axis(title="density of other ions / mean", zero=True)
        return PlotDoc(x=Axis(title="distance", unit="Å"), y=ahead, series=series, levels=[1.0])
    return PlotDoc(
        x=Axis(title="displacement", unit="Å"),
        y=Axis(title="4πr² Gₛ(r, t)", unit="1/Å", zero=True),
        series=series,
    )


def van_hove_by_temperature_figure(motion: Sequence[IonMotionDoc], lag_fs: float) -> PlotDoc:
    """Return the self part of the van Hove function at all temperatures, at one lag or near it.

    Parameters
    ----------
    motion
        By temperature.
    lag_fs
        Lag, fs; of those that a run has, the nearest is taken.
    """

    def made(one: IonMotionDoc, name: str, colour: str) -> list[Series]:
        if not len(one.van_hove_lags_fs):
            return []
        i = int(np.argmin(np.abs(np.log(one.van_hove_lags_fs / lag_fs))))
        lag = f"{one.van_hove_lags_fs[i] / 1e3:.3g} ps"
        density = one.self_density[i]
        return [Series(name=f"{name}, {lag}", x=one.distances_a, y=density, colour=colour)]

    return PlotDoc(
        x=Axis(title="displacement", unit="Å"),
        y=Axis(title="4πr² Gₛ(r, t)", unit="1/Å", zero=True),
        series=_by_temperature(motion, made),
    )


def hops_figure(motion: Sequence[IonMotionDoc]) -> PlotDoc:
    """Return how many hops of which length ions make.

    Parameters
    ----------
    motion
        By temperature.
    """

    def made(one: IonMotionDoc, name: str, colour: str) -> list[Series]:
        if not one.hops_per_ion_ns_a.any():
            return []
        return [Series(name=name, x=one.hop_lengths_a, y=one.hops_per_ion_ns_a, colour=colour)]

    return PlotDoc(
        x=Axis(title="length of the hop", unit="Å"),
        y=Axis(title="hops per ion", unit="1/(ns Å)", zero=True),
        series=_by_temperature(motion, made),
    )


def stays_figure(motion: Sequence[IonMotionDoc]) -> PlotDoc:
    """Return the share of stays between two hops that are longer than a time.

    Parameters
    ----------
    motion
        By temperature.
    """

    def made(one: IonMotionDoc, name: str, colour: str) -> list[Series]:
        if len(one.stay_times_fs) < 2:
            return []
        times: FloatArray = np.asarray(one.stay_times_fs / 1e3)
        return [Series(name=name, x=times, y=one.stay_shares, colour=colour)]

    return PlotDoc(
        x=Axis(title="time between two hops of an ion", unit="ps", log=True),
        y=Axis(title="share of stays that are longer", zero=True),
        series=_by_temperature(motion, made),
    )


def _by_temperature(motion: Sequence[IonMotionDoc], made: _Made) -> list[Series]:
    colours = temperature_colours([one.temperature_k for one in motion])
    return [
        series
        for one in motion
        for series in made(one, f"{one.temperature_k:g} K", colours[one.temperature_k])
    ]
