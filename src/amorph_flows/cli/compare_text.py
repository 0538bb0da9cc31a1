"""Several studies side by side, as text."""

from __future__ import annotations

from collections.abc import Iterator

from amorph_flows.report.comparison import (
    shown_difference,
    shown_name,
    shown_study,
    shown_value,
    word_of,
)
from amorph_flows.schemas.comparison import ComparisonDoc, ComparisonRow


def comparison_lines(comparison: ComparisonDoc) -> list[str]:
    """Return the lines that `amorph compare-studies` shows.

    Parameters
    ----------
    comparison
        The studies side by side.
    """
    width = max(len(study.name) for study in comparison.studies)
    lines = []
    for study in comparison.studies:
        told = [text for key, text in shown_study(study).items() if key != "name"]
        lines.append(f"{study.name.ljust(width)}  {'; '.join(told)}")
    for row in comparison.rows:
        lines += ["", *_row(row, [study.name for study in comparison.studies], width)]
    return [*lines, "", *comparison.remarks, comparison.rule]


def _row(row: ComparisonRow, names: list[str], width: int) -> Iterator[str]:
    where = [] if row.temperature_k is None else [f"{row.temperature_k:g} K"]
    yield ", ".join([shown_name(row), *where, row.structure_source])
    differences = [None, *row.differences]
    for name, value, one in zip(names, row.values, differences, strict=True):
        line = f"  {name.ljust(width)}  {shown_value(value, row.unit)}"
        if one is not None:
            told = "" if one.difference is None else f"{shown_difference(one, row.unit)}, "
            line += f"  [{told}{word_of(one)}: {one.reason}]"
        yield line
