"""A figure's description drawn for a paper: one column wide, fonts that survive."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, get_args

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MultipleLocator, NullFormatter

from amorph_flows.errors import InputError
from amorph_flows.report.drawing._paper_space import draw_atoms, draw_sphere
from amorph_flows.report.drawing._paper_workflow import draw_workflow
from amorph_flows.report.figures._theme import PAPER_COLOURS
from amorph_flows.schemas.figure import (
    LEAST_DECADES,
    AtomsDoc,
    FigureDoc,
    PlotDoc,
    Series,
    SphereDoc,
    WorkflowDoc,
)

PaperFormat = Literal["pdf", "svg", "png"]
WIDTH_IN, HEIGHT_IN = 3.4, 2.6
"""A single column, 86 mm."""
_SHRUNK = 0.6
"""Lines and points of the screen over those of paper."""
_DASHES = {"solid": "-", "dash": "--", "dot": ":"}
_MARKERS = {
    "circle": "o",
    "square": "s",
    "square-open": "s",
    "cross-open": "P",
    "diamond": "D",
    "diamond-open": "D",
    "x": "x",
    "star": "*",
}
_STYLE: Any = {
    "font.family": "DejaVu Sans",  # comes with matplotlib
    "font.size": 7.5,
    "axes.labelsize": 7.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "legend.frameon": False,
    "legend.handlelength": 1.6,
    "legend.columnspacing": 1.0,
    "axes.linewidth": 0.6,
    "xtick.direction": "in",
    "ytick.direction": "in",
    "pdf.fonttype": 42,
    "svg.hashsalt": "amorph",
    "savefig.dpi": 600,
}


def check_format(name: str) -> PaperFormat:
    """Return a format of figures for a paper.

    Parameters
    ----------
    name
        Its name.

    Raises
    ------
    InputError
        If there is no such format.
    """
    for known in get_args(PaperFormat):
        if name.lower() == known:
            return known
    raise InputError(f"figures cannot be written as {name!r}; give pdf, svg or png")


def paper_figure(figure: FigureDoc, file_format: PaperFormat = "pdf") -> bytes:
    """Return a figure as a file for a paper, without a title.

    Parameters
    ----------
    figure
        The figure.
    file_format
        Of the file.
    """
    with _style():
        drawn = _drawn(figure)
        file = io.BytesIO()
        dates = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {}}
        drawn.savefig(file, format=file_format, metadata=dates[file_format])
    return file.getvalue()


@contextmanager
def _style() -> Iterator[None]:
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        yield


def _drawn(figure: FigureDoc) -> Figure:
    if isinstance(figure, WorkflowDoc):
        return draw_workflow(figure, WIDTH_IN)
    page = Figure(figsize=(WIDTH_IN, _height_in(figure)), layout="constrained")
    if isinstance(figure, AtomsDoc):
        draw_atoms(page, figure)
    elif isinstance(figure, SphereDoc):
        draw_sphere(page, figure)
    else:
        _draw_plot(page, figure)
    return page


def _height_in(figure: FigureDoc) -> float:
    if isinstance(figure, PlotDoc) and figure.equal:
        return WIDTH_IN
    if isinstance(figure, PlotDoc) and figure.y.places:
        return 0.8 + 0.16 * len(figure.y.places)
    return HEIGHT_IN


def _draw_plot(page: Figure, figure: PlotDoc) -> None:
    axes = page.add_subplot()
    slots = _slots(figure)
    base = np.zeros(len(figure.x.places or figure.y.places))
    for series in figure.series:
        if series.kind == "bars":
            _draw_bars(axes, figure, series, slots, base)
        elif series.kind == "halves":
            _draw_halves(axes, figure, series)
        else:
            _draw_marks(axes, series)
    if figure.y.places:
        axes.margins(y=0.01)
    for level in figure.levels:
        axes.axhline(level, color="0.5", linestyle=":", linewidth=0.8, zorder=0)
    for mark in figure.marks:
        axes.axvline(mark, color="0.5", linestyle=":", linewidth=0.8, zorder=0)
    _dress(axes, figure, across=True)
    _dress(axes, figure, across=False)
    if figure.equal:
        axes.set_aspect("equal", adjustable="box")
    _add_legend(page, axes, figure)


def _dress(axes: Axes, figure: PlotDoc, *, across: bool) -> None:
    """Name an axis and set its scale and its ends."""
    axis = figure.x if across else figure.y
    which = axes.xaxis if across else axes.yaxis
    which.set_label_text(axis.label)
    decades = figure.decades(axis) if axis.log else 0.0
    if decades > LEAST_DECADES:
        (axes.set_xscale if across else axes.set_yscale)("log")
        if decades < 1.5:
            which.set_major_locator(LogLocator(subs=(1, 2, 5)))
            which.set_minor_formatter(NullFormatter())
    if axis.places:
        which.set_ticks(range(len(axis.places)), axis.places)
        if not across:
            axes.invert_yaxis()
    set_ends = axes.set_xlim if across else axes.set_ylim
    if axis.ends:
        set_ends(*axis.ends)
    elif axis.zero and not axis.log:
        low, high = axes.get_xlim() if across else axes.get_ylim()
        set_ends(min(low, 0.0) if low < -0.1 * abs(high) else 0.0, high)
    if axis.step:
        which.set_major_locator(MultipleLocator(axis.step))


def _draw_marks(axes: Axes, series: Series) -> None:
    if series.x is None or series.y is None or not len(series.x):
        return
    colour = _colour(series.colour)
    common: dict[str, Any] = {"label": series.name, "alpha": series.opacity}
    if series.kind == "line":
        axes.plot(
            *(series.x, series.y),
            color=colour,
            linewidth=series.width * _SHRUNK,
            linestyle=_DASHES[series.dash],
            **common,
        )
        return
    hollow = series.symbol.endswith("-open")
    crossed = series.symbol == "x"
    each = [_colour(one) for one in series.colours] or [colour] * len(series.x)
    ink: dict[str, Any] = (
        {"color": each}
        if crossed
        else {"facecolors": "none" if hollow else each, "edgecolors": each if hollow else "none"}
    )
    if series.low is not None and series.high is not None:
        ends = _lengths(np.asarray(series.y, float), series.low, series.high)
        axes.errorbar(series.x, series.y, ends, fmt="none", ecolor=colour, elinewidth=0.8)
    axes.scatter(
        series.x,
        series.y,
        s=(series.size * _SHRUNK) ** 2,
        marker=_MARKERS[series.symbol],
        **ink,
        linewidths=0.9,
        zorder=3,
        rasterized=len(series.x) > 500,
        **common,
    )
    if series.write_labels:
        for x, y, label in zip(series.x, series.y, series.labels, strict=True):
            axes.annotate(
                *(label, (x, y)), (0, 4), textcoords="offset points", ha="center", fontsize=7
            )


def _slots(figure: PlotDoc) -> list[str]:
    """Return the places beside each other that bars of one group take."""
    if figure.stacked:
        return [""]
    bars = [series for series in figure.series if series.kind == "bars"]
    return list(dict.fromkeys(series.slot or series.name for series in bars))


def _draw_bars(
    axes: Axes, figure: PlotDoc, series: Series, slots: list[str], base: np.ndarray[Any, Any]
) -> None:
    across = bool(figure.y.places)
    values = np.asarray(series.x if across else series.y, float)
    order = figure.y.places or figure.x.places
    where = (
        np.array([order.index(place) for place in series.places])
        if order
        else np.asarray(series.x, float)
    )
    width = 0.8 / len(slots)
    place = where.astype(float)
    if not figure.stacked:
        place += width * (slots.index(series.slot or series.name) - (len(slots) - 1) / 2)
    start = base[where] if figure.stacked else np.zeros(len(where))
    common: dict[str, Any] = {"color": _colour(series.colour), "label": series.name}
    if series.low is not None and series.high is not None:
        ends = _lengths(values, series.low, series.high)
        common["xerr" if across else "yerr"] = np.where(np.isfinite(values), ends, 0.0)
        common["error_kw"] = {"elinewidth": 0.8}
    if across:
        axes.barh(place, values, width, left=start, **common)
    else:
        axes.bar(place, values, width, bottom=start, **common)
    if figure.stacked:
        base[where] += np.nan_to_num(values)


def _draw_halves(axes: Axes, figure: PlotDoc, series: Series) -> None:
    places = np.array(series.places)
    values = np.asarray(series.y, float)
    found = [place for place in figure.x.places if np.count_nonzero(places == place) > 1]
    side: Literal["low", "high"] = "low" if series.side == "left" else "high"
    drawn = axes.violinplot(
        [values[places == place] for place in found],
        [figure.x.places.index(place) for place in found],
        side=side,
        widths=0.8,
        showextrema=False,
        showmeans=True,
    )
    colour = _colour(series.colour)
    for body in drawn["bodies"]:  # type: ignore[attr-defined]
        body.set(facecolor=colour, edgecolor=colour, alpha=0.6)
    drawn["cmeans"].set(color=colour, linewidth=0.8)
    axes.fill_between([], [], [], color=colour, alpha=0.6, label=series.name)


def _add_legend(page: Figure, axes: Axes, figure: PlotDoc) -> None:
    """Put the legend above the axes, in as many columns as fit."""
    handles, _ = axes.get_legend_handles_labels()
    by_name = {handle.get_label(): handle for handle in handles}
    named = [s for s in figure.series if s.in_legend and s.name in by_name]
    if len(named) < 2 and not figure.levels:
        return
    names = [series.short or series.name for series in named]
    longest = max(map(len, names), default=1)
    columns = max(1, min(len(names), math.floor(62 / (longest + 6))))
    page.legend(
        [by_name[series.name] for series in named],
        names,
        loc="outside upper center",
        ncols=columns,
        borderaxespad=0.2,
    )


def _lengths(
    values: np.ndarray[Any, Any], low: np.ndarray[Any, Any], high: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    """Return the lengths of error bars; those without an end have none."""
    lengths = np.array([values - np.asarray(low, float), np.asarray(high, float) - values])
    return np.where(np.isfinite(lengths), np.maximum(lengths, 0.0), 0.0)


def _colour(colour: str) -> str:
    return PAPER_COLOURS.get(colour, colour)
