"""First screen of a study of glasses: what came out, and what stands in the way."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle

from amorph_flows.report._section import Panel, Section
from amorph_flows.report._text import charged, formula, number
from amorph_flows.report.figures._references import reference_series
from amorph_flows.report.figures._theme import CYCLE
from amorph_flows.report.glass._results import GlassParts
from amorph_flows.report.screen._answer import answer
from amorph_flows.report.screen._cards import Card, card_of, cost_card
from amorph_flows.report.screen._headlines import best
from amorph_flows.report.screen._screen import Screen, glass_panel, screen_of
from amorph_flows.report.sections._transport import laid_over
from amorph_flows.schemas.figure import Axis, PlotDoc, Series
from amorph_flows.schemas.glass_study import GlassResult
from amorph_flows.structures.ions import parse_ion

_PLACES: dict[str, int] = {"density": 3, "coordination": 3, "glass-transition": 3}


def glass_screen(parts: GlassParts, rows: Sequence[GlassResult]) -> Screen:
    """Return the first screen of a report.

    Parameters
    ----------
    parts
        The documents of the study.
    rows
        Its results.
    """
    found = _headlines(parts, rows)
    heads = [row for row in found.values() if row is not None]
    told = answer(_told(found), heads, parts.potential.engine.name)
    panels = []
    if moved := [row for row in rows if row.quantity == "tracer_diffusivity"]:
        caption = "Means over the glasses with 95 % intervals; those that are not sound are open."
        figure = _arrhenius(moved, reference_series(parts.references))
        panels.append(
            Panel("arrhenius", "Diffusivities", caption + laid_over(parts.references), figure)
        )
    ion = _ion(parts)
    if parts.runs:
        run = parts.runs[0]
        symbol = parse_ion(ion).symbol if ion else ""
        panels.append(glass_panel(run.structure, f"Glass 1 at {run.temperature_k:g} K", symbol))
    section = Section("answer", "What came out", [_question(parts, ion), told], panels)
    note = next((row.note for row in heads if row.note), "")
    return screen_of(section, _cards(found, parts), note, rows, parts.settings, parts.cpu_seconds)


def _headlines(
    parts: GlassParts, rows: Sequence[GlassResult]
) -> dict[tuple[str, str], GlassResult | None]:
    """Return the results of the cards, by name and title, those of stages that there are."""
    structure = parts.structure
    coordination = f"coordination_{structure.former}_{structure.anion}"
    title = f"{structure.anion} around {structure.former}"
    found = {
        ("density", "Density"): best(rows, "density"),
        ("coordination", title): best(rows, coordination),
    }
    if parts.transitions:
        found["glass-transition", "Glass transition"] = best(rows, "glass_transition")
    if parts.elastic:
        found["youngs-modulus", "Young's modulus"] = best(rows, "youngs_modulus")
    if ion := _ion(parts):
        own = [row for row in rows if row.species == ion]
        hottest = max((row.temperature_k or 0.0 for row in own), default=0.0)
        hot = [row for row in own if row.temperature_k == hottest]
        title = f"Diffusivity of {charged(ion)} at {hottest:g} K"
        found["hot-diffusivity", title] = best(hot, "tracer_diffusivity")
        found["activation-energy", "Activation energy"] = best(own, "activation_energy")
    return found


def _ion(parts: GlassParts) -> str:
    return parts.ions.species[0] if parts.ions is not None else ""


def _question(parts: GlassParts, ion: str) -> str:
    glass = formula(parts.made.formula)
    moves = f", and how fast does {charged(ion)} move in it" if ion else ""
    return f"What is glass of {glass} like{moves}?"


def _told(found: dict[tuple[str, str], GlassResult | None]) -> list[str]:
    """Return what came out, as clauses."""
    of = {name: row for (name, _), row in found.items() if row is not None}
    has = []
    if density := of.get("density"):
        has.append(f"{number(density.value, 3)} g/cm³")
    if around := of.get("coordination"):
        former, anion = around.quantity.split("_")[1:]
        has.append(f"{number(around.value, 2)} {anion} around each {former}")
    clauses = [f"the glass has {' and '.join(has)}"] if has else []
    if (bend := of.get("glass-transition")) and bend.is_sound:
        clauses.append(f"it softens at {number(bend.value, 2)} K")
    if moved := of.get("hot-diffusivity"):
        clause = (
            f"its ions diffuse with {number(moved.value, 2)} cm²/s at {moved.temperature_k:g} K"
        )
        if barrier := of.get("activation-energy"):
            clause += f" over a barrier of {number(barrier.value, 2)} eV"
        clauses.append(clause)
    return clauses


def _cards(found: dict[tuple[str, str], GlassResult | None], parts: GlassParts) -> list[Card]:
    shown = [
        card_of(name, title, row, _of(row), parts.references, _PLACES.get(name, 2))
        for (name, title), row in found.items()
    ]
    return [*shown, cost_card(parts.cpu_seconds)]


def _of(row: GlassResult | None) -> str:
    if row is None:
        return ""
    heated = f", {row.heating.upper()}" if row.heating else ""
    return f"{row.n_glasses} glass{'es' if row.n_glasses > 1 else ''}{heated}"


def _arrhenius(moved: Sequence[GlassResult], beside: Sequence[Series]) -> PlotDoc:
    series = [*beside]
    kinds = sorted({(one.species, one.heating) for one in moved})
    for (species, heating), colour in zip(kinds, cycle(CYCLE), strict=False):
        for sound in (True, False):
            these = [
                one
                for one in moved
                if (one.species, one.heating, one.is_sound) == (species, heating, sound)
                and one.value
            ]
            if not these:
                continue
            ends = [_ends(one) for one in these]
            series.append(
                Series(
                    name=f"{species}, {heating.upper()}{'' if sound else ', not sound'}",
                    kind="points",
                    symbol="circle" if sound else "square-open",
                    x=[1000 / one.temperature_k for one in these if one.temperature_k],
                    y=[one.value for one in these if one.value],
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
    if isinstance(interval, list):
        return interval[0], interval[1]
    return (result.value or 0.0,) * 2
