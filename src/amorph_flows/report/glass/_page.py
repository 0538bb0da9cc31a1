"""Page and data of a study of glasses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from itertools import cycle

from amorph_flows.report._names import quantity_name
from amorph_flows.report._page import render_page
from amorph_flows.report._section import (
    Column,
    Panel,
    Row,
    Section,
    Table,
    plain_data,
    section_data,
)
from amorph_flows.report._text import charged, formula, temperature
from amorph_flows.report.figures._theme import CYCLE
from amorph_flows.report.glass._persistence import persistence_panels
from amorph_flows.report.glass._results import GlassParts
from amorph_flows.report.glass._screen import glass_screen
from amorph_flows.report.sections._references import reference_table
from amorph_flows.report.sections._summary import counted, reasons_of
from amorph_flows.schemas.figure import Axis, FigureDoc, PlotDoc, Series
from amorph_flows.schemas.glass import GlassStructureDoc
from amorph_flows.schemas.glass_study import GlassResult
from amorph_flows.schemas.glass_transition import GlassTransitionDoc
from amorph_flows.schemas.reference import Reference

_RESULTS = (
    Column("name", "result"),
    Column("temperature_shown", "temperature"),
    Column("heating", "heated or cooled under"),
    Column("value", "value", "number", 4),
    Column("unit", "unit"),
    Column("uncertainty", "uncertainty", "uncertainty"),
    Column("n_glasses", "glasses", "exact"),
    Column("verdict", "verdict", "verdict"),
    Column("doubts", "why", "doubts"),
)
_FIRST = (
    *("density", "coordination", "linkage", "connectivity", "glass_transition", "expansion"),
    *("modulus", "poisson_ratio", "diffusivity", "activation_energy"),
)
"""Parts of the names of the results that come first; others are folded."""
_NUMBERS = (
    Column("name", "number"),
    Column("mean", "mean", "number", 4),
    Column("standard_deviation", "standard deviation between glasses", "number"),
    Column("unit", "unit"),
)
_RINGS = ("guttman", "king", "primitive")


def glass_report(
    parts: GlassParts, results: Sequence[GlassResult], moved: Sequence[Section] = ()
) -> tuple[dict[str, str], dict[str, FigureDoc]]:
    """Return the report: page and numbers by file name, and what each figure shows by its name.

    Parameters
    ----------
    parts
        The documents of the study.
    results
        All its numbers.
    moved
        Chapters on how ions move.
    """
    made = parts.made
    lead = (
        f"{len(made.glasses)} of {made.n_asked} glasses of {formula(made.formula)}, {made.n_atoms} "
        f"atoms each, made with {made.method} and cooled at {made.rate_k_per_ps:g} K/ps."
    )
    screen = glass_screen(parts, results)
    sections = [_results_section(parts.references, results), structure_section(parts.structure)]
    if parts.transitions:
        sections.append(_transition_section(parts.transitions))
    sections += moved
    data = {
        "formula": made.formula,
        "preset": parts.preset,
        "first_screen": screen.data(),
        "results": [plain_data(result.model_dump(mode="json")) for result in results],
        "settings": plain_data(parts.settings),
        "sections": {
            section.name: section_data(section) for section in [screen.section, *sections]
        },
    }
    settings = json.dumps(data["settings"], indent=1, ensure_ascii=False)
    page = render_page(
        title=f"Glasses of {formula(made.formula)}",
        lead=lead,
        screen=screen,
        sections=sections,
        generator=f"amorph-flows {version('amorph-flows')}",
        listings=[("Settings of the study, as stored", settings)] if parts.settings else [],
    )
    files = {
        "report.html": page,
        "report.json": json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False),
    }
    panels = [panel for section in [screen.section, *sections] for panel in section.panels]
    return files, {panel.name: panel.figure for panel in panels}


def _results_section(references: Sequence[Reference], results: Sequence[GlassResult]) -> Section:
    first = [one for one in results if any(part in one.quantity for part in _FIRST)]
    more = [one for one in results if one not in first]
    caption = "Means over the glasses; uncertainty is the standard deviation between them (±) or "
    tables = [_table("results", f"{caption}the 95 % interval.", first)]
    if more:
        rest = "Peaks, first sharp diffraction peak, voids."
        tables.append(replace(_table("more", rest, more), folded=True))
    if references:
        tables.append(reference_table(references, results))
    return Section("results", "Results", [counted(results)], tables=tables)


def _table(name: str, caption: str, results: Sequence[GlassResult]) -> Table:
    return Table(name, caption, _RESULTS, [_row(one) for one in results], group="name")


def _row(result: GlassResult) -> Row:
    name = quantity_name(result.quantity)
    if result.species:
        name = f"{name} of {charged(result.species)}"
    shown = {
        "name": name,
        "temperature_shown": temperature(result.temperature_k),
        "doubts": reasons_of(result),
    }
    return {**result.model_dump(), **shown}


def structure_section(doc: GlassStructureDoc) -> Section:
    """Return the chapter on what the glasses are like.

    Parameters
    ----------
    doc
        Its document.
    """
    numbers: list[Row] = [
        {"name": name, **number.model_dump()} for name, number in doc.numbers.items()
    ]
    return Section(
        "structure",
        "Structure",
        ("Means over the glasses; numbers and curves of each glass are in its document.",),
        [
            Panel("rdf", "Radial distribution functions", "Partial g(r).", _rdf(doc)),
            Panel(
                "scattering", "Structure factors", "S(Q), measured curves as points.", _factor(doc)
            ),
            Panel("rings", "Rings", f"Rings per {doc.former} by size.", _rings(doc)),
            *persistence_panels(doc),
        ],
        [Table("numbers", "All numbers.", _NUMBERS, numbers, folded=True)],
    )


def _rdf(doc: GlassStructureDoc) -> PlotDoc:
    curves = {n[2:]: y for n, y in doc.functions.items() if n[:2] == "g_" and "_spread" not in n}
    return PlotDoc(
        x=Axis(title="distance", unit="Å"),
        y=Axis(title="g(r)", zero=True),
        series=[
            Series(name=pair.replace("_", "–"), x=doc.functions["r_a"], y=y, colour=colour)
            for colour, (pair, y) in zip(cycle(CYCLE), curves.items(), strict=False)
        ],
    )


def _factor(doc: GlassStructureDoc) -> PlotDoc:
    series = [
        Series(name=name, x=doc.functions["q_inv_a"], y=doc.functions[f"s_{name}"], colour=colour)
        for name, colour in zip(("neutron", "xray"), CYCLE, strict=False)
    ]
    colours = {one.name: one.colour for one in series}
    for measured in doc.measured:
        q, s = measured.curve.T
        name = f"{measured.radiation}, measured"
        colour = colours[measured.radiation]
        series.append(Series(name=name, kind="points", size=4.0, x=q, y=s, colour=colour))
    return PlotDoc(x=Axis(title="Q", unit="1/Å"), y=Axis(title="S(Q)"), series=series)


def _rings(doc: GlassStructureDoc) -> PlotDoc:
    series = []
    for kind, colour in zip(_RINGS, CYCLE, strict=False):
        start = f"rings_{kind}_"
        of_kind = {int(n.removeprefix(start)): v for n, v in doc.numbers.items() if start in n}
        sizes = sorted(of_kind)
        heights = [of_kind[size].mean for size in sizes]
        series.append(Series(name=kind, x=sizes, y=heights, colour=colour))
    return PlotDoc(
        x=Axis(title="backbone atoms"),
        y=Axis(title="rings", unit=f"per {doc.former}", zero=True),
        series=series,
    )


def _transition_section(transitions: Sequence[GlassTransitionDoc]) -> Section:
    panels, reasons = [], []
    for ensemble in ("npt", "nvt"):
        docs = [doc for doc in transitions if doc.ensemble == ensemble]
        if docs:
            panels.append(_transition_panel(ensemble, docs))
        reasons += [
            f"Glass {number} under {ensemble.upper()}: {doc.transition.reason}."
            for number, doc in enumerate(docs, start=1)
        ]
    return Section("transition", "Glass transition", reasons, panels)


def _transition_panel(ensemble: str, transitions: Sequence[GlassTransitionDoc]) -> Panel:
    figure = PlotDoc(
        x=Axis(title="temperature", unit="K"),
        y=Axis(title="energy", unit="eV/atom"),
        series=[
            Series(
                name=f"glass {number}",
                kind="points",
                x=doc.temperatures_k,
                y=doc.energies_ev_atom,
                colour=colour,
            )
            for number, (doc, colour) in enumerate(
                zip(transitions, cycle(CYCLE), strict=False), start=1
            )
        ],
        marks=[doc.temperature_k for doc in transitions if doc.transition.passed],
    )
    what = "enthalpy" if ensemble == "npt" else "energy"
    caption = f"Mean {what} of each hold; dotted, where it bends."
    title = f"{what.capitalize()} of cooling under {ensemble.upper()}"
    return Panel(f"transition_{ensemble}", title, caption, figure)
