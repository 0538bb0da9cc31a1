"""Verdicts as a table, in every chapter the same."""

from __future__ import annotations

from collections.abc import Iterable

from amorph_flows.report.section import Column, Row, Table
from amorph_flows.report.text import number
from amorph_flows.schemas.verdict import Verdict

COLUMNS = (
    Column("of", "of"),
    Column("question", "question"),
    Column("answer", "answer"),
    Column("passed", "passed", "verdict"),
    Column("reason", "reason"),
    Column("thresholds_shown", "held to"),
)


def check_table(name: str, verdicts: Iterable[tuple[str, Verdict]]) -> Table:
    """Return verdicts as a table.

    Parameters
    ----------
    name
        Key of the table.
    verdicts
        What was judged, and the verdict.
    """
    rows: list[Row] = [
        {
            "of": of,
            "question": verdict.question,
            "answer": verdict.answer.lower().replace("_", " "),
            "passed": "yes" if verdict.believable else "no",
            "reason": verdict.reason,
            "thresholds_shown": _held_to(verdict),
            "numbers": verdict.numbers,
            "thresholds": verdict.thresholds,
        }
        for of, verdict in verdicts
    ]
    return Table(
        f"{name} checks", "What was checked, with the numbers and thresholds.", COLUMNS, rows
    )


def _held_to(verdict: Verdict) -> str:
    return ", ".join(f"{name} {number(value)}" for name, value in verdict.thresholds.items())
