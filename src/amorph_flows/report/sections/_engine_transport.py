"""Diffusivities from engine MD beside those from the potential."""

from __future__ import annotations

from typing import Any

from amorph_flows.report._section import Column, Panel, Row, Section, Table
from amorph_flows.report.figures._arrhenius import arrhenius_figure
from amorph_flows.report.figures._correlation import haven_figure
from amorph_flows.report.figures._msd import displacement_figure
from amorph_flows.report.sections._checks import check_table
from amorph_flows.schemas.transport import TransportDoc

_QUANTITIES = (
    ("tracer_diffusivity", "D*", "_cm2_s", " / cm²/s"),
    ("jump_diffusivity", "Dⱼ", "_cm2_s", " / cm²/s"),
    ("haven_ratio", "Haven ratio", "", ""),
)
_SOURCES = (("engine", "engine"), ("potential", "potential"))
_COLUMNS = (
    Column("temperature_k", "temperature / K", "exact"),
    *(
        column
        for name, short, _, unit in _QUANTITIES
        for source, told in _SOURCES
        for column in (
            Column(f"{name}_{source}", f"{short}, {told}{unit}", "number"),
            Column(f"{name}_interval_{source}", "its interval", "uncertainty"),
        )
    ),
    Column("single_time_ps", "time difference / ps", "exact"),
    Column("single_time_engine", "D*, engine, at it / cm²/s", "number"),
    Column("length_ps", "engine MD / ps", "number"),
)
_TOGETHER = (
    Column("source", "from"),
    Column("activation_energy_ev", "Ea / eV", "number"),
    Column("activation_energy_interval_ev", "its interval", "uncertainty"),
    Column("d_300k_cm2_s", "D* at 300 K / cm²/s", "number"),
    Column("d_300k_interval_cm2_s", "its interval", "uncertainty"),
)


def engine_transport_section(engine: TransportDoc, potential: TransportDoc) -> Section:
    """Return diffusivities from engine MD, and those from the potential beside them.

    Parameters
    ----------
    engine, potential
        Transport in engine MD and in production.
    """
    points = engine.temperatures
    panels = []
    if points:
        caption = (
            f"Of {points[0].n_ions} ions in engine MD, over all time origins. Dashed: the line "
            "6 D* t + constant."
        )
        panels = [
            Panel("engine-msd", "All ions", caption, displacement_figure(points, "msd_a2")),
            Panel(
                "engine-arrhenius",
                "Arrhenius plot",
                "Diffusivities in engine MD with 95 % intervals and the fit to the tracer's.",
                arrhenius_figure(engine),
            ),
        ]
    if any(point.haven_ratio is not None for point in points):
        caption = "Ratio of tracer to jump diffusivity in engine MD with 95 % intervals."
        panels.append(Panel("engine-haven", "Haven ratio", caption, haven_figure(points)))
    checks = [("Arrhenius fit", verdict) for verdict in engine.verdicts]
    checks += [(f"{p.temperature_k:g} K", verdict) for p in points for verdict in p.verdicts]
    together = [_together("engine MD", engine), _together("potential", potential)]
    tables = [
        Table(
            "engine diffusivities",
            "Diffusivities from engine MD and from production with the potential, whose cell is "
            "larger and whose runs are longer; a dash where there is none. Intervals are at 95 %.",
            _COLUMNS,
            _rows(engine, potential),
        ),
        Table(
            "engine Arrhenius",
            "From all temperatures of each together; intervals are at 95 %.",
            _TOGETHER,
            together,
        ),
        check_table("engine transport", checks),
    ]
    return Section("engine diffusivities", "Diffusivities from engine MD", (), panels, tables)


def _rows(engine: TransportDoc, potential: TransportDoc) -> list[Row]:
    others = {point.temperature_k: point for point in potential.temperatures}
    rows: list[Row] = []
    for point in engine.temperatures:
        row: dict[str, Any] = {
            "temperature_k": point.temperature_k,
            "single_time_ps": point.single_time_fs / 1e3,
            "single_time_engine": point.tracer_diffusivity_single_time_cm2_s,
            "length_ps": float(point.lags_fs[-1]) / 1e3,
        }
        for source, found in (("engine", point), ("potential", others.get(point.temperature_k))):
            for name, _, ending, _ in _QUANTITIES:
                for part in ("", "_interval"):
                    key = f"{name}{part}{ending}"
                    row[f"{name}{part}_{source}"] = getattr(found, key, None)
        rows.append(row)
    return rows


def _together(source: str, transport: TransportDoc) -> Row:
    keys = [column.key for column in _TOGETHER if column.key != "source"]
    return {"source": source, **{key: getattr(transport, key) for key in keys}}
