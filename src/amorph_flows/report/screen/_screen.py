"""Everything on the first screen of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pymatgen.core import Species, Structure

from amorph_flows.remedies import Settings, changes_of, core_hours
from amorph_flows.report._costs import cpu_seconds_of_stages
from amorph_flows.report._section import Panel, Section, plain_data
from amorph_flows.report.figures._glass import MOST_BONDED_ATOMS, glass_figure
from amorph_flows.report.screen._answer import answer_sentence, question_sentence
from amorph_flows.report.screen._cards import Card, cards
from amorph_flows.report.screen._headlines import Headlines
from amorph_flows.report.screen._obstacles import Obstacle, obstacles, study_lines
from amorph_flows.report.sections._transport import arrhenius_panel
from amorph_flows.schemas.judged_number import JudgedNumber
from amorph_flows.schemas.study import ResultRow, StudyParts


@dataclass(frozen=True)
class Screen:
    """The first screen.

    Parameters
    ----------
    section
        Question and answer, and the figures.
    cards
        The headline numbers.
    note
        What the intervals lack; empty where they lack nothing.
    obstacles
        What stands in the way.
    study_changes
        All remedies as YAML for a study file; empty where there is none.
    core_hours
        What they cost together, h; None where that is not known.
    """

    section: Section
    cards: Sequence[Card]
    note: str
    obstacles: Sequence[Obstacle]
    study_changes: str
    core_hours: float | None

    def data(self) -> dict[str, Any]:
        """Return its text and numbers as plain JSON, without those of its figures."""
        shown: dict[str, Any] = plain_data(
            {
                "question": self.section.text[0],
                "answer": self.section.text[1],
                "cards": [card.data() for card in self.cards],
                "note": self.note,
                "obstacles": [one.data() for one in self.obstacles],
                "study_changes": self.study_changes,
                "core_hours": self.core_hours,
            }
        )
        return shown


def first_screen(parts: StudyParts, rows: Sequence[ResultRow]) -> Screen:
    """Return the first screen of a report.

    Parameters
    ----------
    parts
        The documents of the study.
    rows
        Its results.
    """
    headlines = Headlines(rows)
    shown = parts.of_sample(parts.samples[0]) if parts.samples else parts
    text = [question_sentence(parts), answer_sentence(parts, headlines)]
    panels = []
    if shown.transport.temperatures:
        panels.append(arrhenius_panel(shown.transport, parts.references))
    panels.append(_glass_panel(shown))
    if parts.samples:
        which = f" Of glass {parts.samples[0].glass}, occupation {parts.samples[0].occupation}."
        panels = [replace(panel, caption=panel.caption + which) for panel in panels]
    # With several glasses the notes differ, and have a chapter of their own.
    note = "" if parts.samples else next((row.note for row in headlines.all if row.note), "")
    section = Section("answer", "What came out", text, panels)
    took = cpu_seconds_of_stages(parts)
    return screen_of(section, cards(parts, headlines), note, rows, parts.settings, took)


def screen_of(
    section: Section,
    cards: Sequence[Card],
    note: str,
    rows: Sequence[JudgedNumber],
    settings: Settings,
    took: Mapping[str, float | None],
) -> Screen:
    """Return a first screen with what stands in the way of its results.

    Parameters
    ----------
    section, cards, note
        As of `Screen`.
    rows
        All results.
    settings
        Of the study.
    took
        CPU time of each stage, s; None where that is not known.
    """
    found = obstacles(rows, settings)
    changes = changes_of((remedy for one in found for remedy in one.remedies), settings)
    cost = core_hours(changes, settings, took) if changes else None
    return Screen(section, cards, note, found, study_lines(changes), cost)


def _glass_panel(parts: StudyParts) -> Panel:
    return glass_panel(*_glass(parts), Species.from_str(parts.ion).symbol)


def glass_panel(structure: Structure, origin: str, ion: str) -> Panel:
    """Return the panel of a glass in three dimensions.

    Parameters
    ----------
    structure
        The glass.
    origin
        Where it comes from, for the caption.
    ion
        Symbol of the mobile element.
    """
    bonds = " Lines join each cation of the host to its nearest anions." * (
        len(structure) <= MOST_BONDED_ATOMS
    )
    caption = f"{origin}: {len(structure)} atoms, {ion} drawn large.{bonds} Drag to turn it."
    return Panel("glass", "The glass", caption, glass_figure(structure, ion))


def _glass(parts: StudyParts) -> tuple[Structure, str]:
    """Return the structure that is nearest to the results, and where it comes from."""
    if parts.production:
        run = max(parts.production, key=lambda run: run.temperature_k)
        return run.structure, f"Last structure of the run at {run.temperature_k:g} K"
    sites = parts.large_insertions or parts.insertions
    if sites:
        return sites[-1].structure, "Structure after the ions were inserted"
    quench = parts.large_quench or parts.quench
    if quench.branches:
        return quench.branches[-1].structure, "Structure after the quench, without ions"
    return quench.crystal, "Crystal that was melted"
