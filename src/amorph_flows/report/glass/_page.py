"""Page and data of a study of glasses."""

from __future__ import annotations

import json
from collections.abc import Sequence
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
from amorph_flows.report.figures._theme import CYCLE
from amorph_flows.report.glass._persistence import persistence_panels
from amorph_flows.schemas.figure import Axis, PlotDoc, Series
from amorph_flows.schemas.glass import GlassStructureDoc
from amorph_flows.schemas.glass_making import GlassesDoc
from amorph_flows.schemas.glass_study import GlassResult
from amorph_flows.schemas.glass_transition import GlassTransitionDoc

_RESULTS = (
    Column("name", "quantity"),
    Column("temperature_k", "temperature / K", "exact"),
    Column("heating", "heated or cooled under"),
    Column("value", "value", "number", 4),
    Column("unit", "unit"),
    Column("uncertainty", "standard deviation or 95 % interval", "uncertainty"),
    Column("n_glasses", "glasses", "exact"),
    Column("doubts", "doubts"),
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
    preset: str,
    made: GlassesDoc,
    structure: GlassStructureDoc,
    results: Sequence[GlassResult],
    transitions: Sequence[GlassTransitionDoc] = (),
    moved: Sequence[Section] = (),
) -> dict[str, str]:
    """Return the report: a page and its numbers, by file name.

    Parameters
    ----------
    preset
        The protocol.
    made
        How the glasses were made.
    structure
        What they are like.
    results
        All numbers of the study.
    transitions
        Of each glass that has one.
    moved
        Chapters on how ions move.
    """
    n = len(made.glasses)
    lead = (
        f"{n} of {made.n_asked} glasses of {made.formula}, {made.n_atoms} atoms each, made with "
        f"{made.method} and cooled at {made.rate_k_per_ps:g} K/ps."
    )
    sections = [_results_section(results), structure_section(structure)]
    if transitions:
        sections.append(_transition_section(transitions))
    sections += moved
    data = {
        "formula": made.formula,
        "preset": preset,
        "results": [plain_data(result.model_dump(mode="json")) for result in results],
        "sections": {section.name: section_data(section) for section in sections},
    }
    page = render_page(
        title=f"Glasses of {made.formula}",
        lead=lead,
        sections=sections,
        generator=f"amorph-flows {version('amorph-flows')}",
    )
    return {
        "report.html": page,
        "report.json": json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False),
    }


def _results_section(results: Sequence[GlassResult]) -> Section:
    first = [one for one in results if any(part in one.quantity for part in _FIRST)]
    more = [one for one in results if one not in first]
    moved = [one for one in results if one.quantity == "tracer_diffusivity" and one.temperature_k]
    caption = "Means over the glasses, with the standard deviation between them."
    tables = [Table("results", caption, _RESULTS, [_row(one) for one in first])]
    if more:
        rest = "Peaks, first sharp diffraction peak, voids."
        tables.append(Table("more", rest, _RESULTS, [_row(one) for one in more], folded=True))
    panels = []
    if moved:
        caption = "Means over the glasses with 95 % intervals; doubted ones are open."
        panels.append(Panel("arrhenius", "Diffusivities", caption, _arrhenius(moved)))
    return Section("results", "Results", (), panels, tables)


def _row(result: GlassResult) -> Row:
    doubts = "; ".join(verdict.reason for verdict in result.doubts)
    name = quantity_name(result.quantity)
    if result.species:
        name = f"{name} of {result.species}"
    return {**result.model_dump(), "name": name, "doubts": doubts}


def _arrhenius(moved: Sequence[GlassResult]) -> PlotDoc:
    series = []
    kinds = sorted({(one.species, one.heating) for one in moved})
    for (species, heating), colour in zip(kinds, cycle(CYCLE), strict=False):
        for doubted in (False, True):
            these = [
                one
                for one in moved
                if (one.species, one.heating, bool(one.doubts)) == (species, heating, doubted)
                and one.value > 0
            ]
            if not these:
                continue
            ends = [_ends(one) for one in these]
            series.append(
                Series(
                    name=f"{species}, {heating.upper()}{', doubted' if doubted else ''}",
                    kind="points",
                    symbol="square-open" if doubted else "circle",
                    x=[1000 / one.temperature_k for one in these if one.temperature_k],
                    y=[one.value for one in these],
                    low=[low for low, _ in ends],
                    high=[high for _, high in ends],
                    labels=[f"{one.temperature_k:g} K" for one in these],
                    colour=colour,
                )
            )
    return PlotDoc(
        x=Axis(title="1000 K / temperature"),
        y=Axis(title="diffusivity", unit="cm²/s", log=True),
        series=series,
    )


def _ends(result: GlassResult) -> tuple[float, float]:
    interval = result.uncertainty
    return (interval[0], interval[1]) if isinstance(interval, list) else (result.value,) * 2


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
