"""The first chapter: results, uncertainties, and the word for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import get_args

from amorph_flows.analysis.verdict import ResultWord
from amorph_flows.report._names import NAMES
from amorph_flows.report._section import Column, Row, Section, Table
from amorph_flows.report._text import capitalised, number, temperature
from amorph_flows.report.sections._differences import difference_tables
from amorph_flows.report.sections._references import reference_table
from amorph_flows.schemas.study import ResultRow, StudyParts

RESULT_COLUMNS = (
    Column("name", "result"),
    Column("temperature_shown", "temperature"),
    Column("structure_source", "structures"),
    Column("value", "value", "number"),
    Column("unit", "unit"),
    Column("uncertainty", "uncertainty", "uncertainty"),
    Column("verdict", "verdict", "verdict"),
    Column("doubts", "why", "doubts"),
    Column("documents", "documents", "documents"),
)


def summary_section(parts: StudyParts, rows: Sequence[ResultRow]) -> Section:
    """Return the tables of results, references and differences from the paper.

    Parameters
    ----------
    parts
        The documents of the study.
    rows
        Its results.
    """
    counted = Counter(row.verdict for row in rows)
    words = [f"{counted[word]} {word}" for word in get_args(ResultWord) if counted[word]]
    counts = f"Of {len(rows)} results: {', '.join(words)}."
    tables = [_results(parts, rows)]
    if parts.references:
        tables.append(reference_table(parts.references, rows))
    tables += difference_tables(parts.differences_from_paper)
    return Section("results", "Results", [counts], tables=tables)


def _results(parts: StudyParts, rows: Sequence[ResultRow]) -> Table:
    caption = (
        "Uncertainty is the standard error (±) or the 95 % interval. The documents behind each "
        "number are named by the first eight digits of their uuid."
    )
    shorter = [one for one in parts.differences_from_paper if one.factor]
    if shorter:
        factors = ", ".join(f"{one.what} {number(one.factor)} times" for one in shorter)
        caption += f" Smaller than the published protocol: {factors}."
    return Table("results", caption, RESULT_COLUMNS, [_result(row) for row in rows], group="name")


def _result(row: ResultRow) -> Row:
    reasons = [cause.reason for cause in row.causes] or [row.reason]
    reasons += [row.note] if row.note else []
    shown = {
        "name": NAMES[row.quantity],
        "temperature_shown": temperature(row.temperature_k),
        "doubts": [f"{capitalised(reason).rstrip('.')}." for reason in reasons],
    }
    return {**row.model_dump(), **shown}
