"""The page of several studies side by side."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

from amorph_flows.report._page import render_page
from amorph_flows.report._section import Column, Panel, Row, Section, Table
from amorph_flows.report._text import temperature
from amorph_flows.report.comparison._figure import arrhenius_of_studies
from amorph_flows.report.comparison._shown import (
    shown_difference,
    shown_name,
    shown_study,
    shown_value,
    word_of,
)
from amorph_flows.schemas.comparison import ComparedStudy, ComparisonDoc, ComparisonRow

_VOLTAGES = ("average_voltage", "voltage_crystal")
_STUDY_COLUMNS = (
    Column("name", "study"),
    Column("glass", "glass"),
    Column("preset", "preset"),
    Column("engines", "engines, with the hash of their settings"),
    Column("potential", "potential"),
    Column("samples", "samples"),
)


def comparison_page(comparison: ComparisonDoc) -> str:
    """Return a self-contained page.

    Parameters
    ----------
    comparison
        What `compare_studies` returned.
    """
    names = [study.name for study in comparison.studies]
    first = [_studies(comparison.studies)]
    groups: dict[str, list[ComparisonRow]] = {"Voltages": [], "Transport": [], "Structure": []}
    for row in comparison.rows:
        groups[_group(row)].append(row)
    figure = arrhenius_of_studies(comparison)
    caption = (
        "Tracer diffusivities with their intervals; each line has the activation energy and the "
        "diffusivity at 300 K of its study."
    )
    panels = [] if figure is None else [Panel("arrhenius", "Arrhenius plot", caption, figure)]
    text = [_counts(comparison), *comparison.remarks]
    sections = [Section("studies", "What came out", text, panels, first)]
    for title, rows in groups.items():
        if rows:
            table = _table(title, names, rows)
            sections.append(Section(title.lower(), title, tables=[table]))
    sections.append(Section("rule", "When two results agree", [comparison.rule]))
    return render_page(
        title=" and ".join(names) if len(names) == 2 else f"{len(names)} studies",
        lead=f"Results side by side; differences are to {names[0]}.",
        sections=sections,
        generator=f"amorph-flows {version('amorph-flows')}",
        numbers_in="what `amorph compare-studies --json` prints",
    )


def _group(row: ComparisonRow) -> str:
    if row.quantity in _VOLTAGES:
        return "Voltages"
    return "Structure" if row.formula else "Transport"


def _counts(comparison: ComparisonDoc) -> str:
    found = [one.agree for row in comparison.rows for one in row.differences]
    agree, differ = found.count(True), found.count(False)
    left = len(found) - agree - differ
    rest = f"; of {left} it cannot be told, and each says why" if left else ""
    return f"Of {len(found)} pairs of results {agree} agree and {differ} differ{rest}."


def _studies(studies: Sequence[ComparedStudy]) -> Table:
    rows = [shown_study(study) for study in studies]
    return Table("studies", "The studies.", _STUDY_COLUMNS, rows)


def _table(title: str, names: Sequence[str], rows: Sequence[ComparisonRow]) -> Table:
    several = len(names) > 2
    columns = [
        Column("name", "result"),
        Column("temperature_shown", "temperature"),
        Column("structure_source", "structures"),
        *(Column(f"value {n}", name) for n, name in enumerate(names)),
    ]
    for n, name in enumerate(names[1:], start=1):
        of = f"{name}: " if several else ""
        columns += [
            Column(f"difference {n}", f"{of}difference"),
            Column(f"word {n}", f"{of}agree?", "verdict"),
            Column(f"reason {n}", f"{of}why"),
        ]
    caption = f"{title} of the studies; a factor stands for what is compared as logarithms."
    return Table("compared", caption, columns, [_shown(row) for row in rows])


def _shown(row: ComparisonRow) -> Row:
    cells = {
        "name": shown_name(row),
        "temperature_shown": temperature(row.temperature_k),
        "structure_source": row.structure_source,
    }
    for n, value in enumerate(row.values):
        cells[f"value {n}"] = shown_value(value, row.unit)
    for n, one in enumerate(row.differences, start=1):
        cells[f"difference {n}"] = shown_difference(one, row.unit)
        cells[f"word {n}"] = word_of(one)
        cells[f"reason {n}"] = one.reason
    return cells
