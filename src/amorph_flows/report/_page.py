"""The report as one self-contained HTML page, which needs no network."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from amorph_flows.report import _text as text
from amorph_flows.report._section import Column, Row, Section
from amorph_flows.report.drawing._boxes import box_lines
from amorph_flows.report.figures._theme import theme
from amorph_flows.report.screen._obstacles import yaml_line
from amorph_flows.report.screen._screen import Screen
from amorph_flows.schemas.figure import FigureDoc, WorkflowDoc


def render_page(
    title: str,
    lead: str,
    sections: Sequence[Section],
    generator: str,
    listings: Sequence[tuple[str, str]] = (),
    screen: Screen | None = None,
    numbers_in: str = "report.json",
) -> str:
    """Return the page; everything that comes from documents is escaped.

    Parameters
    ----------
    title, lead
        Heading and the sentence below it.
    sections
        In order; the first is followed by the contents.
    generator
        Name and version of what made it.
    listings
        Heading and plain text of what is folded away at the end.
    screen
        What is above the chapters.
    numbers_in
        Where the numbers are for a program.
    """
    from plotly.offline import get_plotlyjs  # only the job that writes the page waits for it

    environment = _environment()
    return environment.get_template("page.html").render(
        title=title,
        lead=lead,
        screen=screen,
        sections=sections,
        generator=generator,
        listings=listings,
        numbers_in=numbers_in,
        known=_known_documents(sections),
        themes=_script_json({"light": theme(dark=False), "dark": theme(dark=True)}),
        plotly_js=get_plotlyjs(),
        css=_source(environment, "page.css"),
        js=_source(environment, "page.js"),
    )


def shown(cell: Any, column: Column) -> str:
    """Return a cell as text.

    Parameters
    ----------
    cell
        Its value.
    column
        How it is shown.
    """
    if cell is None or cell == "":
        return text.NOTHING
    if column.kind == "uncertainty":
        level, colon, interval = text.uncertainty(cell).rpartition(": ")
        return level + colon + interval.replace(" ", "\u00a0")
    if column.kind == "formula":
        return text.formula(str(cell))
    if column.kind == "fixed":
        return f"{cell:.{column.digits}f}"
    if column.kind == "exact":
        return f"{cell:,g}".replace(",", "\u202f")
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return text.number(cell, column.digits)
    return str(cell)


def span(rows: Sequence[Row]) -> dict[str, Any]:
    """Return what several results of one quantity have in common.

    Parameters
    ----------
    rows
        Of the table of results.

    Returns
    -------
    dict
        Text of what they lie ``between`` and of their ``temperatures``, and how often each of the
        four ``words`` is there.
    """
    values = sorted(row["value"] for row in rows if row["value"] is not None)
    ends = list(dict.fromkeys(text.number(value, 2) for value in (values[:1] + values[-1:])))
    kelvin = sorted({row["temperature_k"] for row in rows if row["temperature_k"] is not None})
    return {
        "between": f"{' to '.join(ends)} {rows[0]['unit']}".strip() if ends else text.NOTHING,
        "temperatures": f"at {kelvin[0]:g} to {kelvin[-1]:g} K" if len(kelvin) > 1 else "",
        "words": Counter(row["verdict"] for row in rows),
    }


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("amorph_flows.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["shown"] = shown
    environment.filters["capitalised"] = text.capitalised
    environment.filters["span"] = span
    environment.filters["rounded"] = text.number
    environment.filters["yaml_line"] = lambda remedy: yaml_line(remedy.key, remedy.value)
    environment.filters["box_lines"] = lambda box: box_lines(box, narrow=True)
    environment.filters["figure_json"] = _figure_json
    return environment


def _source(environment: Environment, name: str) -> str:
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def _figure_json(figure: FigureDoc) -> str:
    from plotly.io.json import to_json_plotly

    from amorph_flows.report.drawing._plotly import plotly_figure

    assert not isinstance(figure, WorkflowDoc)
    spec = plotly_figure(figure).to_plotly_json()
    spec["layout"].pop("template", None)
    return str(to_json_plotly(spec)).replace("<", "\\u003c")


def _script_json(value: object) -> str:
    return json.dumps(value, allow_nan=False).replace("<", "\\u003c")


def _known_documents(sections: Sequence[Section]) -> set[str]:
    """Return the anchors that links may point to."""
    return {
        str(row[table.anchor])
        for section in sections
        for table in section.tables
        if table.anchor
        for row in table.rows
    }
