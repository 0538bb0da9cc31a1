"""Diffusivities from other MD beside those from production."""

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
_TOGETHER = (
    Column("source", "from"),
    Column("activation_energy_ev", "Ea / eV", "number"),
    Column("activation_energy_interval_ev", "its interval", "uncertainty"),
    Column("d_300k_cm2_s", "D* at 300 K / cm²/s", "number"),
    Column("d_300k_interval_cm2_s", "its interval", "uncertainty"),
)


def engine_transport_section(engine: TransportDoc, production: TransportDoc) -> Section:
    """Return diffusivities from engine MD, and those from production beside them.

    Parameters
    ----------
    engine, production
        Transport in each.
    """
    return _section("engine", "engine MD", "whose runs are shorter", engine, production)


def small_transport_section(small: TransportDoc, production: TransportDoc) -> Section:
    """Return diffusivities in the cell of engine MD, and those from production beside them.

    Parameters
    ----------
    small, production
        Transport in the smaller cell and in the larger one.
    """
    return _section("small", "the smaller cell", "with the same potential", small, production)


def _section(
    key: str, told: str, how: str, found: TransportDoc, production: TransportDoc
) -> Section:
    points = found.temperatures
    panels = []
    if points:
        caption = (
            f"Of {points[0].n_ions} ions in {told}, over all time origins. Dashed: the line "
            "6 D* t + constant."
        )
        panels = [
            Panel(f"{key}-msd", "All ions", caption, displacement_figure(points, "msd_a2")),
            Panel(
                f"{key}-arrhenius",
                "Arrhenius plot",
                f"Diffusivities in {told} with 95 % intervals and the fit to the tracer's.",
                arrhenius_figure(found),
            ),
        ]
    if any(point.haven_ratio is not None for point in points):
        caption = f"Ratio of tracer to jump diffusivity in {told} with 95 % intervals."
        panels.append(Panel(f"{key}-haven", "Haven ratio", caption, haven_figure(points)))
    checks = [("Arrhenius fit", verdict) for verdict in found.verdicts]
    checks += [(f"{p.temperature_k:g} K", verdict) for p in points for verdict in p.verdicts]
    together = [_together(told, found), _together("production", production)]
    tables = [
        Table(
            f"{key} diffusivities",
            f"Diffusivities from {told}, {how}, and from production; a dash where there is none. "
            "Intervals are at 95 %.",
            _columns(told),
            _rows(found, production),
        ),
        Table(
            f"{key} Arrhenius",
            "From all temperatures of each together; intervals are at 95 %.",
            _TOGETHER,
            together,
        ),
        check_table(f"{key} transport", checks),
    ]
    return Section(f"{key} diffusivities", f"Diffusivities from {told}", (), panels, tables)


def _columns(told: str) -> tuple[Column, ...]:
    return (
        Column("temperature_k", "temperature / K", "exact"),
        *(
            column
            for name, short, _, unit in _QUANTITIES
            for source, said in (("here", told), ("production", "production"))
            for column in (
                Column(f"{name}_{source}", f"{short}, {said}{unit}", "number"),
                Column(f"{name}_interval_{source}", "its interval", "uncertainty"),
            )
        ),
        Column("single_time_ps", "time difference / ps", "exact"),
        Column("single_time_here", f"D*, {told}, at it / cm²/s", "number"),
        Column("length_ps", "length / ps", "number"),
    )


def _rows(found: TransportDoc, production: TransportDoc) -> list[Row]:
    others = {point.temperature_k: point for point in production.temperatures}
    rows: list[Row] = []
    for point in found.temperatures:
        row: dict[str, Any] = {
            "temperature_k": point.temperature_k,
            "single_time_ps": point.single_time_fs / 1e3,
            "single_time_here": point.tracer_diffusivity_single_time_cm2_s,
            "length_ps": float(point.lags_fs[-1]) / 1e3,
        }
        pairs = (("here", point), ("production", others.get(point.temperature_k)))
        for source, one in pairs:
            for name, _, ending, _ in _QUANTITIES:
                for part in ("", "_interval"):
                    key = f"{name}{part}{ending}"
                    row[f"{name}{part}_{source}"] = getattr(one, key, None)
        rows.append(row)
    return rows


def _together(source: str, transport: TransportDoc) -> Row:
    keys = [column.key for column in _TOGETHER if column.key != "source"]
    return {"source": source, **{key: getattr(transport, key) for key in keys}}
