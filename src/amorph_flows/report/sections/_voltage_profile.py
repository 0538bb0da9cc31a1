"""Voltages against the content of ions."""

from __future__ import annotations

from dataclasses import asdict

from amorph_flows.analysis.verdict import word_for
from amorph_flows.report._section import Column, Panel, Section, Table
from amorph_flows.report._text import number, temperature
from amorph_flows.report.figures._voltage_profile import voltage_profile_figure
from amorph_flows.report.sections._checks import check_table
from amorph_flows.schemas.voltage_profile import ProfileAtTemperature, VoltageProfileDoc

_STEPS = (
    Column("of", "MD"),
    Column("from_ions", "from", "exact"),
    Column("to_ions", "to", "exact"),
    Column("voltage_v", "voltage / V", "number"),
    Column("interval_v", "interval / V", "uncertainty"),
    Column("verdict", "verdict", "verdict"),
)
_CONTENTS = (
    Column("of", "MD"),
    Column("ions_per_formula", "ions per formula", "exact"),
    Column("energy_ev_formula", "energy / eV per formula", "number", 7),
    Column("half_width_ev_formula", "± 95 % / eV per formula", "number", 2),
    Column("above_hull_ev_formula", "above the hull / eV per formula", "number", 2),
    Column("n_frames", "frames", "number"),
    Column("document", "document", "documents"),
)


def voltage_profile_section(doc: VoltageProfileDoc) -> Section:
    """Return the voltages between neighbours on the lower hull, and the energies behind them.

    Parameters
    ----------
    doc
        The profiles.
    """
    text = (
        f"Voltage of {doc.ion} in amorphous {doc.host} against its metal "
        f"({number(doc.reference_energy_ev, 5)} eV/atom, {doc.engine.name}), between neighbours on "
        "the lower hull of energy against content. Energies are means over the second half of MD, "
        "less those of harmonic vibration; every content has a host of its own, whose atoms make "
        "room for the ions. They are of one glass: the scatter between glasses is not in the "
        "intervals."
    )
    caption = "Stairs of the voltage with 95 % intervals; temperatures are those of MD."
    panel = Panel(
        "voltage-against-content",
        "Voltage against content",
        caption,
        voltage_profile_figure(doc),
        wide=True,
    )
    steps = [
        {"of": _of(p), **asdict(step), "verdict": _word(p)}
        for p in doc.profiles
        for step in p.steps
    ]
    contents = [
        {"of": _of(p), **content.model_dump(), "document": [content.document]}
        for p in doc.profiles
        for content in p.contents
    ]
    checks = [(_of(p), verdict) for p in doc.profiles for verdict in p.verdicts]
    tables = [
        Table(
            "voltage steps",
            "Voltages between neighbours on the lower hull, in ions per formula.",
            _STEPS,
            steps,
        ),
        Table("contents", "Energies by content.", _CONTENTS, contents, folded=True),
        check_table("voltage profile", checks),
    ]
    return Section("voltage-profile", "Voltage against content", [text], [panel], tables)


def _of(profile: ProfileAtTemperature) -> str:
    return f"{profile.structure_source} {temperature(profile.temperature_k)}"


def _word(profile: ProfileAtTemperature) -> str:
    """Return which of the four words the voltages of a profile have."""
    failed = {verdict.scope for verdict in profile.verdicts if not verdict.passed}
    return word_for(failed, has_value=bool(profile.steps))
