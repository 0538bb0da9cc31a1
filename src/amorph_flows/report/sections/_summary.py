"""The first chapter: results, uncertainties, and the word for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import get_args

from amorph_flows.analysis.verdict import ResultWord
from amorph_flows.report._names import NAMES
from amorph_flows.report._section import Column, Row, Section, Table
from amorph_flows.report._text import number, temperature, with_full_stop
from amorph_flows.report.sections._differences import difference_tables
from amorph_flows.report.sections._references import reference_table
from amorph_flows.schemas.judged_number import JudgedNumber
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
    tables = [_results(parts, rows)]
    if parts.references:
        tables.append(reference_table(parts.references, rows))
    tables += difference_tables(parts.differences_from_paper)
    return Section("results", "Results", [counted(rows)], tables=tables)


def counted(rows: Sequence[JudgedNumber]) -> str:
    """Return how many results have each of the four words, as a sentence.

    Parameters
    ----------
    rows
        The results.
    """
    found = Counter(row.verdict for row in rows)
    words = [f"{found[word]} {word}" for word in get_args(ResultWord) if found[word]]
    return f"Of {len(rows)} results: {', '.join(words)}."


def reasons_of(row: JudgedNumber) -> list[str]:
    """Return why a result has its word, and its note, as sentences.

    Parameters
    ----------
    row
        The result.
    """
    reasons = [cause.reason for cause in row.causes] or [row.reason]
    reasons += [row.note] if row.note else []
    return [with_full_stop(reason) for reason in reasons]


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
    shown = {
        "name": NAMES[row.quantity],
        "temperature_shown": temperature(row.temperature_k),
        "doubts": reasons_of(row),
    }
    return {**row.model_dump(), **shown}
