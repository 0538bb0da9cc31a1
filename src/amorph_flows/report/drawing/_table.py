"""The numbers of a figure as a table: CSV for a person's own plots, plain data for programs."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from amorph_flows.schemas.figure import AtomsDoc, FigureDoc, PlotDoc, Series, SphereDoc, WorkflowDoc

_Cell = str | float | int | None


def figure_csv(figure: FigureDoc) -> str:
    """Return the numbers of a figure as CSV; its first row names columns and units.

    Parameters
    ----------
    figure
        The figure.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    header, rows = _table(figure)
    writer.writerow(header)
    writer.writerows([_written(cell) for cell in row] for row in rows)
    return text.getvalue()


def figure_data(figure: FigureDoc) -> list[dict[str, Any]]:
    """Return the numbers of a figure, one entry a series.

    Parameters
    ----------
    figure
        The figure.
    """
    if isinstance(figure, PlotDoc):
        return [{"name": series.name, **_series_data(figure, series)} for series in figure.series]
    header, rows = _table(figure)
    columns = zip(*rows, strict=True) if rows else iter([()] * len(header))
    return [{"name": "", **dict(zip(header, map(list, columns), strict=True))}]


def _series_data(figure: PlotDoc, series: Series) -> dict[str, Any]:
    values = {
        "x": series.places if figure.x.places else series.x,
        "y": series.places if figure.y.places else series.y,
        "low": series.low,
        "high": series.high,
    }
    return {key: value for key, value in values.items() if value is not None}


def _table(figure: FigureDoc) -> tuple[list[str], list[list[_Cell]]]:
    if isinstance(figure, PlotDoc):
        return _of_plot(figure)
    if isinstance(figure, SphereDoc):
        value = f"{figure.title} / {figure.unit}" if figure.unit else figure.title
        lines = np.column_stack([figure.directions, figure.values])
        return ["direction a", "direction b", "direction c", value], lines.tolist()
    if isinstance(figure, AtomsDoc):
        atoms: list[list[_Cell]] = [
            [element.symbol, *map(float, place)]
            for element in figure.elements
            for place in element.positions_a
        ]
        return ["element", "x / Å", "y / Å", "z / Å"], atoms
    return _of_workflow(figure)


def _of_workflow(figure: WorkflowDoc) -> tuple[list[str], list[list[_Cell]]]:
    boxes = [box for row in figure.rows for box in row]
    header = ["stage", "what it made", "done", "failed", "CPU time / s"]
    return header, [[b.name, b.what, b.n_done, b.n_failed, b.cpu_seconds] for b in boxes]


def _of_plot(figure: PlotDoc) -> tuple[list[str], list[list[_Cell]]]:
    across = figure.x if figure.y.places else figure.y
    ends = any(series.low is not None for series in figure.series)
    labels = any(series.labels for series in figure.series)
    header = ["series", figure.x.label, figure.y.label]
    if ends:
        header += [f"low end of {across.label}", f"high end of {across.label}"]
    if labels:
        header.append("label")
    rows = [row for series in figure.series for row in _rows(figure, series, ends, labels)]
    return header, rows


def _rows(figure: PlotDoc, series: Series, ends: bool, labels: bool) -> Iterator[list[_Cell]]:
    xs: Sequence[_Cell] = series.places if figure.x.places else _values(series.x)
    ys: Sequence[_Cell] = series.places if figure.y.places else _values(series.y)
    for i, (x, y) in enumerate(zip(xs, ys, strict=True)):
        row: list[_Cell] = [series.name, x, y]
        if ends:
            row += [None if end is None else float(end[i]) for end in (series.low, series.high)]
        if labels:
            row.append(series.labels[i] if series.labels else None)
        yield row


def _values(values: np.ndarray[Any, Any] | None) -> list[float]:
    return [] if values is None else [float(value) for value in values]


def _written(cell: _Cell) -> str | float | int:
    """Return a cell with all its digits, empty where there is no number."""
    if cell is None or (isinstance(cell, float) and not math.isfinite(cell)):
        return ""
    return cell
