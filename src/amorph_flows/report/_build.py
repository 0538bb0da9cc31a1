"""A study's report: the page for a person and the same numbers for a program."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from pymatgen.core import Species

from amorph_flows.report._page import render_page
from amorph_flows.report._paper import paper_rows
from amorph_flows.report._section import Section, plain_data, section_data
from amorph_flows.report._text import formulas_in
from amorph_flows.report.results import result_rows
from amorph_flows.report.screen._screen import Screen, first_screen
from amorph_flows.report.sections._melt_quench import large_glass_section, melt_quench_section
from amorph_flows.report.sections._motion import motion_section
from amorph_flows.report.sections._oxidation_states import oxidation_state_section
from amorph_flows.report.sections._paper import paper_section
from amorph_flows.report.sections._potential import (
    dataset_section,
    learning_section,
    potential_section,
)
from amorph_flows.report.sections._provenance import provenance_section
from amorph_flows.report.sections._several_glasses import several_glasses_section
from amorph_flows.report.sections._structure import energy_section, order_section, rdf_section
from amorph_flows.report.sections._summary import summary_section
from amorph_flows.report.sections._transport import diffusivity_section, displacement_section
from amorph_flows.report.sections._transport_beside import (
    engine_transport_section,
    small_transport_section,
)
from amorph_flows.report.sections._voltage import voltage_section
from amorph_flows.report.sections._voltage_profile import voltage_profile_section
from amorph_flows.schemas.figure import FigureDoc
from amorph_flows.schemas.reference import PaperRow
from amorph_flows.schemas.study import ResultRow, StudyParts

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Report:
    """A report.

    Parameters
    ----------
    html
        One page that needs nothing else.
    data
        The same numbers as plain JSON, without NaN.
    figures
        What each figure shows, by its name.
    rows
        The results.
    """

    html: str
    data: dict[str, Any]
    figures: dict[str, FigureDoc] = field(compare=False)
    rows: list[ResultRow]


def build_report(parts: StudyParts) -> Report:
    """Return the report of a study.

    Parameters
    ----------
    parts
        The documents of the study.
    """
    rows = result_rows(parts)
    screen = first_screen(parts, rows)
    sections = report_sections(parts, rows)
    published = paper_rows(parts, rows)
    if published:
        sections.insert(1, paper_section(published, [screen.section, *sections]))
    generator = f"amorph-flows {version('amorph-flows')}"
    settings = json.dumps(plain_data(parts.settings), indent=1, ensure_ascii=False)
    html = render_page(
        title=formulas_in(parts.title),
        lead=f"Transport and voltage of {parts.ion}, preset {parts.preset}.{_shown(parts)}",
        screen=screen,
        sections=sections,
        generator=generator,
        listings=[("Settings of the study, as stored", settings)] if parts.settings else [],
    )
    figures = {
        panel.name: panel.figure
        for section in [screen.section, *sections]
        for panel in section.panels
    }
    return Report(html, _data(parts, rows, published, screen, sections, generator), figures, rows)


def report_sections(parts: StudyParts, rows: list[ResultRow]) -> list[Section]:
    """Return the chapters of a report in order, below its first screen.

    Parameters
    ----------
    parts
        The documents of the study.
    rows
        Its results.
    """
    provenance = provenance_section(parts)
    several = []
    if parts.samples:
        several.append(several_glasses_section(parts, rows))
        parts = parts.of_sample(parts.samples[0])
    ion = Species.from_str(parts.ion).symbol
    oxidation = oxidation_state_section(parts.structure, ion)
    beside = []
    if parts.engine_transport is not None:
        beside.append(engine_transport_section(parts.engine_transport, parts.transport))
    if parts.small_transport is not None:
        beside.append(small_transport_section(parts.small_transport, parts.transport))
    glass = []
    if parts.large_quench is not None:
        glass.append(
            large_glass_section(parts.large_quench, parts.large_insertions, parts.production)
        )
    return [
        summary_section(parts, rows),
        *several,
        melt_quench_section(parts),
        rdf_section(parts.structure, ion),
        energy_section(parts.structure, ion),
        order_section(parts.structure, ion),
        *([oxidation] if oxidation is not None else []),
        dataset_section(parts.dataset),
        potential_section(parts.potential),
        learning_section(parts.active_learning),
        *glass,
        displacement_section(parts),
        *([motion_section(parts.transport.motion)] if parts.transport.motion else []),
        diffusivity_section(parts.transport),
        *beside,
        voltage_section(parts.voltage),
        *([voltage_profile_section(parts.voltage_profile)] if parts.voltage_profile else []),
        provenance,
    ]


def _shown(parts: StudyParts) -> str:
    """Return which of several samples the chapters are of."""
    if not parts.samples:
        return ""
    first = parts.samples[0]
    return (
        f" The results are of all {len(parts.samples)} samples, the chapters of glass "
        f"{first.glass}, occupation {first.occupation}."
    )


def _data(
    parts: StudyParts,
    rows: list[ResultRow],
    published: list[PaperRow],
    screen: Screen,
    sections: list[Section],
    generator: str,
) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "generated_by": generator,
        "title": parts.title,
        "preset": parts.preset,
        "ion": parts.ion,
        "first_screen": screen.data(),
        "results": [row.model_dump() for row in rows],
        "differences_from_paper": plain_data(
            [one.model_dump() for one in parts.differences_from_paper]
        ),
        "paper": plain_data([row.model_dump() for row in published]),
        "settings": plain_data(parts.settings),
        "sections": {
            section.name: section_data(section) for section in [screen.section, *sections]
        },
    }
