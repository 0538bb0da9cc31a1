"""Average voltages."""

from __future__ import annotations

from amorph_flows.report._section import Column, Panel, Section, Table
from amorph_flows.report._text import number, temperature
from amorph_flows.report.figures._voltage import voltage_figure
from amorph_flows.report.sections._checks import check_table
from amorph_flows.schemas.voltage import VoltageDoc, VoltagePoint

_COLUMNS = (
    Column("structure_source", "structures"),
    Column("temperature_shown", "temperature"),
    Column("voltage_v", "voltage / V", "number"),
    Column("standard_error_v", "standard error / V", "number", 2),
    Column("spread_v", "spread / V", "number", 2),
    Column("n_snapshots", "snapshots", "number"),
    Column("change_v", "against the crystal / V", "number", 2),
    Column("change_percent", "against the crystal / %", "number", 2),
    Column("documents", "documents", "documents"),
)


def voltage_section(voltage: VoltageDoc) -> Section:
    """Return the voltages of the crystal and of the disordered structures.

    Parameters
    ----------
    voltage
        The voltages.
    """
    text = (
        f"Average voltage of {voltage.ion} against its metal "
        f"({number(voltage.reference_energy_ev, 5)} eV/atom), "
        f"every energy by {voltage.engine.name}. Temperatures stand for the disorder of the "
        "structures, not for a temperature of the cell."
    )
    if any(p.structure_source == "crystal by MTP" for p in voltage.points):
        text += (
            " For the crystal by MTP both crystals were relaxed by the potential, whose energies "
            "these are; the metal is the engine's. The crystal relaxed by MTP is the same with "
            "single points of the engine."
        )
    counts = ", ".join(f"{_of(p)}: {p.n_snapshots}" for p in voltage.points)
    caption = f"Means with standard errors; the dotted line is the crystal. Snapshots: {counts}."
    panel = Panel("voltages", "Average voltages", caption, voltage_figure(voltage), wide=True)
    rows = [
        {**p.model_dump(exclude={"verdicts"}), "temperature_shown": temperature(p.temperature_k)}
        for p in voltage.points
    ]
    checks = [(_of(point), verdict) for point in voltage.points for verdict in point.verdicts]
    tables = [
        Table("voltages", "Voltages by source and temperature.", _COLUMNS, rows),
        check_table("voltage", checks),
    ]
    return Section("voltage", "Voltages", [text], [panel], tables)


def _of(point: VoltagePoint) -> str:
    if point.temperature_k is None:
        return point.structure_source
    return f"{point.structure_source} {temperature(point.temperature_k)}"
