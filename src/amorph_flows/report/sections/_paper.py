"""The published study beside this one: its numbers and its figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fnmatch import fnmatchcase

from amorph_flows.references import PublishedFigure, published_paper
from amorph_flows.report._names import NAMES, NUMBERS
from amorph_flows.report._section import Column, Row, Section, Table
from amorph_flows.report._text import number, temperature
from amorph_flows.report.figures._parity import PARTS
from amorph_flows.schemas.reference import PaperRow

_COLUMNS = (
    Column("name", "number"),
    Column("of", "of"),
    Column("unit", "unit"),
    Column("paper_shown", "paper", "number"),
    Column("here", "this study", "number"),
    Column("uncertainty", "uncertainty", "uncertainty"),
    Column("apart", "difference / combined errors"),
    Column("verdict", "verdict", "verdict"),
    Column("where", "place in the paper"),
)
_ABSENT = (
    *_COLUMNS[:4],
    Column("reason", "why it is not here"),
    Column("where", "place in the paper"),
)
_FIGURES = (
    Column("name", "figure"),
    Column("shows", "shows"),
    Column("places", "in this report", "places"),
    Column("missing", "what is not here, and why"),
)
_TEXT = (
    "The combined error is the root of the sum of both squared standard errors, of logarithms for "
    "diffusivities and Haven ratios. The paper gives no errors; its numbers have that of rounding "
    "alone, so that differences are rather smaller in units of the true error. Those of "
    "the fit take frames as independent, and that of order is its scatter between frames. "
    "Diffusivities are given by the paper's formula too, the displacement over one time difference."
)


def paper_section(rows: Sequence[PaperRow], sections: Sequence[Section]) -> Section:
    """Return the numbers of the paper beside those here, and where its figures are.

    Parameters
    ----------
    rows
        Numbers of both.
    sections
        The other chapters of the report.
    """
    remarks = dict.fromkeys(row.remark for row in rows if row.remark)
    here = [row for row in rows if row.here is not None]
    absent = [row for row in rows if row.here is None]
    caption = f"Numbers of the paper; this study has {len(here)} of {len(rows)}."
    without = f"The {len(absent)} numbers of the paper that this study does not have."
    figures = "Figures and tables of the paper and its supporting information, and their places."
    places = places_of(sections)
    listed = [_figure(one, places) for one in published_paper().figures]
    tables = [Table("paper", caption, _COLUMNS, [_row(row) for row in here])]
    if absent:
        rows_absent = [_row(row) for row in absent]
        tables.append(Table("paper-absent", without, _ABSENT, rows_absent, folded=True))
    tables.append(Table("paper-figures", figures, _FIGURES, listed, folded=True))
    text = [f"{published_paper().paper}. {_TEXT}", *remarks]
    return Section("paper", "Against the paper", text, tables=tables)


def places_of(sections: Sequence[Section]) -> list[Row]:
    """Return name, anchor and title of each chapter, figure and table.

    Parameters
    ----------
    sections
        Chapters of a report.
    """
    found: list[Row] = []
    for section in sections:
        found.append({"name": section.name, "anchor": section.name, "title": section.title})
        for panel in section.panels:
            anchor = f"figure-{panel.name}"
            found.append({"name": panel.name, "anchor": anchor, "title": panel.title})
        for table in section.tables:
            anchor = f"table-{table.name.replace(' ', '-')}"
            found.append({"name": table.name, "anchor": anchor, "title": f"table {table.name}"})
    return found


def _figure(one: PublishedFigure, places: Sequence[Row]) -> Row:
    here = [
        place
        for pattern in one.places
        for place in places
        if fnmatchcase(str(place["name"]), pattern)
    ]
    missing = one.missing
    if one.places and not here:
        missing = "no run of this study shows it"
    return {"name": one.name, "shows": one.shows, "places": here, "missing": missing}


def _row(row: PaperRow) -> Row:
    return {
        **row.model_dump(),
        "name": NAMES.get(row.quantity) or NUMBERS[row.quantity],
        "of": ", ".join(filter(None, (_part(row), row.structure_source, _at(row)))),
        "paper_shown": number(row.paper, _digits(row)),
        "apart": _apart(row),
    }


def _part(row: PaperRow) -> str:
    return f"{PARTS[row.part][0].removesuffix(' frames')} frames" if row.part else ""


def _at(row: PaperRow) -> str:
    return temperature(row.temperature_k) if row.temperature_k is not None else ""


def _digits(row: PaperRow) -> int:
    """Return how many digits are printed, of which the error is that of the last."""
    last = round(math.log10(row.paper_error * math.sqrt(12)))
    return max(1, math.floor(math.log10(row.paper)) - last + 1)


def _apart(row: PaperRow) -> str:
    """Return the difference in combined errors; else the difference itself and the reason."""
    if row.difference is None:
        return ""
    unit = f" {row.unit}" if row.unit else ""
    shown = f"{row.factor:.3g} times" if row.factor else f"{row.difference:+.2g}{unit}"
    if row.n_errors is not None:
        n_errors = math.copysign(row.n_errors, row.difference)
        shown = f"{n_errors:+.1f} ({shown})"
    if row.by_its_formula is not None:
        shown += f"; {number(row.by_its_formula, 3)} by the paper's formula"
    return "; ".join(filter(None, (shown, row.reason))).replace("-", "−")
