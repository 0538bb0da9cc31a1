"""Cards: the headline numbers with their intervals and words, and what the study cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from amorph_flows.analysis.verdict import ResultWord
from amorph_flows.report._costs import cpu_seconds_of_stages
from amorph_flows.report._references import lines_of
from amorph_flows.report._text import NOTHING, number, uncertainty
from amorph_flows.report.screen._answer import difference
from amorph_flows.report.screen._headlines import Headlines
from amorph_flows.schemas.judged_number import JudgedNumber
from amorph_flows.schemas.reference import Reference
from amorph_flows.schemas.study import ResultRow, StudyParts


@dataclass(frozen=True)
class Card:
    """One headline number as it is shown.

    Parameters
    ----------
    name, title
        Its anchor and heading.
    value, unit, interval
        As text.
    note
        What it is of.
    word
        One of the four words; empty for the cost, which is counted and not a result.
    references
        Values from elsewhere of the same quantity and temperature.
    """

    name: str
    title: str
    value: str
    unit: str
    interval: str
    note: str
    word: ResultWord | None
    references: tuple[str, ...] = ()

    def data(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return asdict(self)


def cards(parts: StudyParts, headlines: Headlines) -> list[Card]:
    """Return the cards of a study in order.

    Parameters
    ----------
    parts
        The documents of the study.
    headlines
        Its headline results.
    """
    hot = headlines.hot_diffusivity
    kelvin = "the highest temperature" if hot is None else f"{hot.temperature_k:g} K"
    fitted = parts.transport.fitted_temperatures_k
    fit = f"from the fit of {min(fitted):g} to {max(fitted):g} K" if fitted else ""
    made = [
        (headlines.voltage, "voltage", "Voltage", _against_crystal(headlines)),
        (headlines.room_diffusivity, "room-diffusivity", "Diffusivity at 300 K", fit),
        (headlines.room_conductivity, "room-conductivity", "Conductivity at 300 K", fit),
        (headlines.activation_energy, "activation-energy", "Activation energy", fit),
        (hot, "hot-diffusivity", f"Diffusivity at {kelvin}", "measured"),
        (headlines.hot_conductivity, "hot-conductivity", f"Conductivity at {kelvin}", "measured"),
        (headlines.haven_ratio, "haven-ratio", "Haven ratio", _at(headlines.haven_ratio)),
    ]
    shown = [
        card_of(name, title, row, note, parts.references, 3 if name == "voltage" else 2)
        for row, name, title, note in made
    ]
    return [*shown, cost_card(cpu_seconds_of_stages(parts))]


def card_of(
    name: str,
    title: str,
    row: JudgedNumber | None,
    note: str,
    references: Sequence[Reference],
    digits: int = 2,
) -> Card:
    """Return the card of a result, or of one that the study has not.

    Parameters
    ----------
    name, title, note
        As of `Card`.
    row
        The result.
    references
        Of the study; those of the same quantity and temperature are on the card.
    digits
        Significant digits of its value.
    """
    beside = tuple(lines_of(references, row))
    if row is None or row.value is None:
        why = row.reason if row is not None else "The study has no such result."
        return Card(name, title, NOTHING, "", "", why, "refused", beside)
    interval = uncertainty(row.uncertainty) if row.uncertainty is not None else "no interval known"
    if isinstance(row.uncertainty, float):
        interval += f" ({row.of_uncertainty})"
    value = number(row.value, digits)
    return Card(name, title, value, row.unit, interval, note, row.verdict, beside)


def _against_crystal(headlines: Headlines) -> str:
    glass, crystal = headlines.voltage, headlines.crystal
    if glass is None or glass.value is None:
        return ""
    if crystal is None or crystal.value is None:
        return f"{_at(glass)}; the crystal has no number"
    told = f"{difference(glass.value, crystal.value)} ({crystal.value:.2f} V, {crystal.verdict})"
    return f"{told}; {_at(glass)}"


def _at(row: ResultRow | None) -> str:
    if row is None or row.temperature_k is None:
        return ""
    return f"at {row.temperature_k:g} K, {row.structure_source}"


def cost_card(took: Mapping[str, float | None]) -> Card:
    """Return the card of what the study has cost.

    Parameters
    ----------
    took
        CPU time of each stage, s; None where that is not known.
    """
    known = {stage: time for stage, time in took.items() if time is not None}
    total = sum(known.values())
    if not known:
        return Card("cost", "Cost so far", NOTHING, "", "", "no job says what it took", None)
    interval, note = "", ""
    if len(known) < len(took):
        unknown = ", ".join(s.replace("_", " ") for s in took if s not in known)
        interval = f"at least; not known of {unknown}"
    if total > 0:
        most = max(known, key=lambda stage: known[stage])
        note = f"{100 * known[most] / total:.0f} % of it for {most.replace('_', ' ')}"
    return Card("cost", "Cost so far", number(total / 3600, 2), "core-hours", interval, note, None)
