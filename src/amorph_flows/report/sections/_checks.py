"""Verdicts as a table, in every chapter the same."""

from __future__ import annotations

from collections.abc import Iterable

from amorph_flows.analysis.verdict import Verdict, in_words
from amorph_flows.report._section import Column, Row, Table

_COLUMNS = (
    Column("of", "of"),
    Column("question", "question"),
    Column("answer", "answer"),
    Column("passed", "passed", "verdict"),
    Column("reason", "reason"),
    Column("held_to", "held to"),
)


def check_table(name: str, verdicts: Iterable[tuple[str, Verdict]]) -> Table:
    """Return verdicts as a folded table, what failed first.

    Parameters
    ----------
    name
        Key of the table.
    verdicts
        What was judged, and the verdict.
    """
    judged = sorted(verdicts, key=lambda pair: pair[1].passed)
    rows = [_row(of, verdict) for of, verdict in judged]
    failed = sum(not verdict.passed for _, verdict in judged)
    caption = f"Checks: {failed} of {len(rows)} failed. Each with its numbers and thresholds."
    return Table(f"{name} checks", caption, _COLUMNS, rows, folded=True)


def _row(of: str, verdict: Verdict) -> Row:
    held_to = (f"{name.replace('_', ' ')} {value:g}" for name, value in verdict.thresholds.items())
    return {
        "of": of,
        "question": verdict.question,
        "answer": in_words(verdict.answer),
        "passed": "yes" if verdict.passed else "no",
        "reason": verdict.reason,
        "held_to": ", ".join(held_to),
        "numbers": verdict.numbers,
        "thresholds": verdict.thresholds,
    }
