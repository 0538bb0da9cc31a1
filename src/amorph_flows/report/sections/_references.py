"""The table of references beside the results of the study."""

from __future__ import annotations

from collections.abc import Sequence

from amorph_flows.report._names import quantity_name
from amorph_flows.report._references import matching, told
from amorph_flows.report._section import Column, Row, Table
from amorph_flows.report._text import number, temperature
from amorph_flows.schemas.judged_number import JudgedNumber
from amorph_flows.schemas.reference import Reference

_COLUMNS = (
    Column("name", "quantity"),
    Column("temperature_shown", "temperature"),
    Column("label", "reference"),
    Column("shown", "its value"),
    Column("here", "this study"),
    Column("source", "source"),
)


def reference_table(references: Sequence[Reference], rows: Sequence[JudgedNumber]) -> Table:
    """Return the references with the results of the same quantity and temperature.

    Parameters
    ----------
    references
        Of the study.
    rows
        Its results.
    """
    caption = "Values from elsewhere with their sources, beside this study at the same temperature."
    shown = [_row(one, rows) for one in references]
    return Table("references", caption, _COLUMNS, shown, folded=True)


def _row(reference: Reference, rows: Sequence[JudgedNumber]) -> Row:
    here = [row for row in rows if row.value is not None and matching([reference], row)]
    return {
        **reference.model_dump(),
        "name": quantity_name(reference.quantity),
        "temperature_shown": temperature(reference.temperature_k),
        "shown": told(reference) + _error(reference),
        "here": "; ".join(_result(reference, row) for row in here),
    }


def _error(reference: Reference) -> str:
    if reference.uncertainty is None:
        return ""
    if isinstance(reference.uncertainty, tuple):
        return f" ({' to '.join(number(end, 3) for end in reference.uncertainty)})"
    return f" ± {number(reference.uncertainty, 2)}"


def _result(reference: Reference, row: JudgedNumber) -> str:
    of = row.origin if row.quantity == reference.quantity else "from the fit"
    told_of = ", ".join(filter(None, [of, row.verdict]))
    return f"{number(row.value, 3)} {row.unit}".strip() + f" ({told_of})"
