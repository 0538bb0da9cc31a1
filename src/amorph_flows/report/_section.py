"""Sections of a report: text, tables and figures.

The page and the JSON file are two renderings of the same sections, so that they agree.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, Literal

import numpy as np

from amorph_flows.report.drawing._table import figure_data
from amorph_flows.schemas.figure import FigureDoc

Kind = Literal[
    "text",
    "number",
    "exact",
    "fixed",
    "formula",
    "code",
    "uncertainty",
    "verdict",
    "doubts",
    "documents",
    "places",
]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Parameters
    ----------
    key
        Key of its cells.
    title
        Heading, with the unit.
    kind
        How its cells are shown; an exact number was chosen, not measured, and a fixed one has
        so many decimals. Places are parts of the page, each with its anchor and title.
    digits
        Significant digits of numbers, decimals of fixed ones.
    """

    key: str
    title: str
    kind: Kind = "text"
    digits: int = 3


@dataclass(frozen=True)
class Table:
    """A table; a row has one cell for each column.

    Parameters
    ----------
    name
        Key in the data and end of its anchor.
    caption
        What it holds.
    columns, rows
        Its contents.
    anchor
        Key of the cell that rows are linked to by, if they are.
    folded
        Whether it is closed at first.
    group
        Key of the cells by which rows that follow each other are folded into one, if they are.
    """

    name: str
    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    anchor: str = ""
    folded: bool = False
    group: str = ""

    @property
    def groups(self) -> list[list[Row]]:
        """Return the rows that are folded into one, in order; all together where none are."""
        if not self.group:
            return [list(self.rows)]
        return [list(rows) for _, rows in groupby(self.rows, key=itemgetter(self.group))]


@dataclass(frozen=True)
class Panel:
    """A figure with its caption.

    Parameters
    ----------
    name
        Key in the data, end of its anchor and name of its files.
    title, caption
        Heading, and what is plotted and from what.
    figure
        What it shows.
    wide
        Whether it takes the whole width.
    """

    name: str
    title: str
    caption: str
    figure: FigureDoc
    wide: bool = False


@dataclass(frozen=True)
class Section:
    """A chapter of the report.

    Parameters
    ----------
    name
        Anchor and key in the data.
    title
        Heading.
    text
        Paragraphs.
    panels, tables
        Figures, then tables.
    """

    name: str
    title: str
    text: Sequence[str] = ()
    panels: Sequence[Panel] = ()
    tables: Sequence[Table] = field(default=())


def section_data(section: Section) -> dict[str, Any]:
    """Return every number of a section as plain JSON, without NaN.

    Parameters
    ----------
    section
        The section.
    """
    tables = {table.name: [plain_data(dict(row)) for row in table.rows] for table in section.tables}
    figures = {panel.name: plain_data(figure_data(panel.figure)) for panel in section.panels}
    return {"title": section.title, "tables": tables, "figures": figures}


def plain_data(value: object) -> Any:
    """Return a value as plain JSON: arrays as lists of six digits, what is not finite as None.

    Parameters
    ----------
    value
        Numbers, text, arrays and their containers.
    """
    if isinstance(value, Mapping):
        return {str(key): plain_data(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain_data(value.tolist())
    if isinstance(value, list | tuple):
        return [plain_data(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return str(value)
