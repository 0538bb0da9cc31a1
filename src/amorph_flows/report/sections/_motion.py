"""How the ions move: van Hove functions, hops, and fast and slow ions."""

from __future__ import annotations

from collections.abc import Sequence

from amorph_flows.report._section import Column, Panel, Row, Section, Table
from amorph_flows.report._text import plain_name, temperature
from amorph_flows.report._times import in_ps
from amorph_flows.report.figures._motion import (
    fast_and_slow_figure,
    hops_figure,
    persistence_figure,
    stays_figure,
    van_hove_figure,
)
from amorph_flows.schemas.figure import PlotDoc
from amorph_flows.schemas.ion_motion import IonMotionDoc

_COLUMNS = (
    Column("temperature_k", "temperature / K", "exact"),
    Column("n_ions", "ions", "number"),
    Column("hop_rate_per_ion_ns", "hops per ion and ns", "number"),
    Column("back_fraction", "share that goes back", "number", 2),
    Column("rank_lag_ps", "ranked after / ps", "number"),
    Column("fast_time_ps", "an ion stays fast / ps", "number"),
)
_TEXT = (
    "From the longest run at each temperature, the drift of the host removed. Where ions diffuse "
    "alike, the van Hove function is the Gaussian; shoulders at the distance of a site tell of "
    "hops, and a tail of ions that are faster than others."
)


def motion_section(motion: Sequence[IonMotionDoc]) -> Section:
    """Return van Hove functions, hops, and fast and slow ions.

    Parameters
    ----------
    motion
        By increasing temperature, at least one.
    """
    panels = []
    for one in dict.fromkeys((0, len(motion) - 1)):
        panels += _van_hove_panels(motion[one])
    panels += [panel for panel in _panels(motion) if _has_series(panel)]
    rows: list[Row] = [
        {
            **one.model_dump(include={column.key for column in _COLUMNS}),
            "rank_lag_ps": in_ps(one.rank_lag_fs),
            "fast_time_ps": in_ps(one.fast_time_fs),
        }
        for one in motion
    ]
    caption = (
        "Hops and fast ions; a dash where the run is too short, or where an ion stays fast for "
        "longer than can be seen."
    )
    tables = [Table("motion", caption, _COLUMNS, rows)]
    return Section("motion", "How the ions move", [_TEXT], panels, tables)


def _has_series(panel: Panel) -> bool:
    return isinstance(panel.figure, PlotDoc) and bool(panel.figure.series)


def _van_hove_panels(one: IonMotionDoc) -> list[Panel]:
    if not len(one.van_hove_lags_fs):
        return []
    kelvin = temperature(one.temperature_k)
    return [
        Panel(
            plain_name("van-hove-self", kelvin),
            f"Van Hove function, single ions, {kelvin}",
            f"How far an ion is from where it was, at {kelvin}. Dashed: the Gaussian of the same "
            "mean-square displacement.",
            van_hove_figure(one, "self"),
        ),
        Panel(
            plain_name("van-hove-distinct", kelvin),
            f"Van Hove function, other ions, {kelvin}",
            f"Other ions around where an ion was, over the mean density, at {kelvin} and up to "
            "half the cell. A peak at zero tells that ions take the places of others.",
            van_hove_figure(one, "distinct"),
        ),
    ]


def _panels(motion: Sequence[IonMotionDoc]) -> list[Panel]:
    windows = {one.hop_window_fs for one in motion if one.hop_window_fs is not None}
    window = f" Stays of {max(windows) / 1e3:g} ps on both sides are compared." if windows else ""
    return [
        Panel(
            "hops",
            "Hops",
            f"Moves of ions from one cage to another by 1.5 Å and more.{window}",
            hops_figure(motion),
        ),
        Panel(
            "stays",
            "Stays between hops",
            "Share of the times between two hops of an ion that are longer. With one residence "
            "time it would fall exponentially.",
            stays_figure(motion),
        ),
        Panel(
            "fast-and-slow",
            "Fast and slow ions",
            "Mean-square displacement from one origin of the quarter of the ions that is furthest "
            "after a quarter of the run (solid), and of that which is least far (dashed).",
            fast_and_slow_figure(motion),
        ),
        Panel(
            "persistence",
            "How long an ion stays fast",
            "Correlation of the ions' ranks by displacement with those by a later displacement; "
            "bars are two standard errors had ions no memory.",
            persistence_figure(motion),
        ),
    ]
