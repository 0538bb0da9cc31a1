"""The chapter on the scatter between glasses, occupations and runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from amorph_flows.report._names import NAMES
from amorph_flows.report._section import Column, Panel, Row, Section, Table
from amorph_flows.report._structures import Key, Values, combined_structure, structure_values
from amorph_flows.report._text import temperature
from amorph_flows.report.figures._variances import variance_figure
from amorph_flows.schemas.combined import CombinedDoc
from amorph_flows.schemas.study import ResultRow, StudyParts

_VARIANCES = (
    Column("between", "variance between glasses", "number"),
    Column("between_occupations", "between occupations", "number"),
    Column("within", "within a run", "number"),
    Column("note", "what dominates"),
)
RESULT_COLUMNS = (
    Column("name", "result"),
    Column("temperature_shown", "temperature"),
    Column("structure_source", "structures"),
    Column("of", "variances of"),
    *_VARIANCES,
)
STRUCTURE_COLUMNS = (
    Column("name", "what"),
    Column("formula", "formula", "formula"),
    Column("temperature_shown", "temperature"),
    Column("structure_source", "structures"),
    Column("value", "value", "number", 4),
    Column("unit", "unit"),
    Column("uncertainty", "95 % interval", "uncertainty"),
    *_VARIANCES,
)
_TEXT = (
    "A value is the mean of the glasses by a random-effects model, and its interval is that of "
    "Hartung, Knapp, Sidik and Jonkman. Where the error of a run is not known, or no glass has "
    "several occupations, what cannot be told apart is in the variance that is named."
)


def several_glasses_section(parts: StudyParts, rows: Sequence[ResultRow]) -> Section:
    """Return the variances behind the results, and places of RDF peaks and densities.

    Parameters
    ----------
    parts
        The documents of the study.
    rows
        The results.
    """
    combined = [_result(row, row.combined) for row in rows if row.combined is not None]
    structures = [
        _structure(key, values)
        for key, values in structure_values(parts).items()
        if len(values) > 1
    ]
    tables = [
        Table(
            "variances",
            "Variances behind the results; those of a logarithm have no unit.",
            RESULT_COLUMNS,
            combined,
        ),
        Table(
            "structures of glasses",
            "First peaks of g(r), smoothed by 0.1 Å, anions up to the first minimum around each "
            "cation, and mean densities of production.",
            STRUCTURE_COLUMNS,
            structures,
        ),
    ]
    panels = []
    if any(row.combined and row.combined.shares for row in rows):
        caption = (
            "Shares of runs, occupations and glasses in the variance of each value; the largest "
            "tells of what more is needed."
        )
        figure = variance_figure(rows)
        panels = [Panel("variances", "Where the scatter is from", caption, figure, wide=True)]
    text = [_TEXT, *_added(parts)]
    return Section("several-glasses", "Several glasses", text, panels, tables)


def _added(parts: StudyParts) -> Iterator[str]:
    """Return why glasses were added, and whether there are enough."""
    for one in parts.extensions:
        numbers = f"from {one.from_glasses} to {one.to_glasses}"
        yield f"Glasses were added, {numbers}: {one.reason}."
    if parts.enough_glasses is not None:
        enough = "Enough glasses" if parts.enough_glasses.passed else "Not enough glasses"
        yield f"{enough}: {parts.enough_glasses.reason}."


def _result(row: ResultRow, found: CombinedDoc) -> Row:
    return {
        "name": NAMES[row.quantity],
        "temperature_shown": temperature(row.temperature_k),
        "structure_source": row.structure_source,
        "of": "logarithm" if found.log else f"value{row.unit and f', {row.unit}²'}",
        **_variances(found),
        "note": row.note,
    }


def _structure(key: Key, values: Values) -> Row:
    name, formula, temperature_k, source, unit = key
    found = combined_structure(values)
    return {
        "name": name,
        "formula": formula,
        "temperature_shown": temperature(temperature_k),
        "structure_source": source,
        "value": found.value,
        "unit": unit,
        "uncertainty": None if found.interval is None else list(found.interval),
        **_variances(found),
        "note": found.reason,
    }


def _variances(found: CombinedDoc) -> dict[str, float | None]:
    return {
        "between": found.between,
        "between_occupations": found.between_occupations,
        "within": found.within,
    }
