"""The tables of what differs from the published protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from amorph_flows.report._section import Column, Row, Table
from amorph_flows.schemas.study import Difference

_COLUMNS = (
    Column("what", "what"),
    Column("paper_told", "paper"),
    Column("here_told", "this study"),
    Column("unit", "unit"),
    Column("factor", "factor", "number"),
    Column("where", "place in the paper"),
)
_NOT_STATED = (
    Column("what", "what"),
    Column("here_told", "this study"),
    Column("unit", "unit"),
    Column("field", "setting", "code"),
)


def difference_tables(found: Sequence[Difference]) -> list[Table]:
    """Return the table of differences, and that of settings that the paper does not state.

    Parameters
    ----------
    found
        All differences of the study; tables without rows are left out.
    """
    stated = [_row(one) for one in found if one.stated]
    silent = [_row(one) for one in found if not one.stated]
    differ = "What differs from the published protocol; the factor says how many times less."
    chosen = "Settings that change numbers and that the paper does not state."
    tables = [
        Table("differences", differ, _COLUMNS, stated, folded=len(stated) > 20),
        Table("not-stated", chosen, _NOT_STATED, silent, folded=True),
    ]
    return [table for table in tables if table.rows]


def _row(one: Difference) -> Row:
    return {**one.model_dump(), "paper_told": _told(one.paper), "here_told": _told(one.here)}


def _told(value: Any) -> str:
    """Return plain data as text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return f"{value:.10g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_told(one)}" for key, one in value.items()) or "none"
    if isinstance(value, list | tuple):
        return ", ".join(map(_told, value)) or "none"
    return "none" if value is None else str(value)
