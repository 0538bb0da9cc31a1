"""Displacements, diffusivities and the Arrhenius fit."""

from __future__ import annotations

from collections.abc import Sequence

from amorph_flows.report._section import Column, Panel, Row, Section, Table
from amorph_flows.report._text import plain_name, temperature
from amorph_flows.report._times import in_ps, interval_in_ps
from amorph_flows.report.figures._arrhenius import arrhenius_figure
from amorph_flows.report.figures._correlation import haven_figure
from amorph_flows.report.figures._motion import origin_figure
from amorph_flows.report.figures._msd import axes_figure, displacement_figure
from amorph_flows.report.figures._references import reference_series
from amorph_flows.report.sections._checks import check_table
from amorph_flows.report.sections._histories import production_history_panels
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.reference import Reference
from amorph_flows.schemas.study import StudyParts
from amorph_flows.schemas.transport import TransportAtTemperatureDoc, TransportDoc

TRANSPORT_COLUMNS = (
    Column("temperature_k", "temperature / K", "exact"),
    Column("tracer_diffusivity_cm2_s", "D* / cm²/s", "number"),
    Column("tracer_diffusivity_interval_cm2_s", "D* interval", "uncertainty"),
    Column("tracer_diffusivity_single_time_cm2_s", "D*, single time / cm²/s", "number"),
    Column("jump_diffusivity_cm2_s", "Dⱼ / cm²/s", "number"),
    Column("jump_diffusivity_interval_cm2_s", "Dⱼ interval", "uncertainty"),
    Column("haven_ratio", "Haven ratio", "number"),
    Column("haven_ratio_interval", "its interval", "uncertainty"),
    Column("conductivity_s_cm", "conductivity / S/cm", "number"),
    Column("conductivity_interval_s_cm", "its interval", "uncertainty"),
    Column("residence_time_ps", "residence time / ps", "number"),
    Column("residence_time_interval_ps", "its interval", "uncertainty"),
    Column("memory_time_ps", "memory time / ps", "number"),
    Column("memory_time_interval_ps", "its interval", "uncertainty"),
    Column("correlation_factor", "correlation factor", "number"),
    Column("correlation_factor_interval", "its interval", "uncertainty"),
    Column("n_ions", "ions", "number"),
    Column("n_frames", "frames", "number"),
)
_ROOM_COLUMNS = (
    Column("activation_energy_ev", "Ea / eV", "number"),
    Column("activation_energy_interval_ev", "Ea interval", "uncertainty"),
    Column("d_300k_cm2_s", "D* at 300 K / cm²/s", "number"),
    Column("d_300k_interval_cm2_s", "D* interval", "uncertainty"),
    Column("extrapolation_300k", "extrapolated by", "number"),
    Column("haven_ratio_300k", "mean Haven ratio", "number"),
    Column("haven_ratio_300k_interval", "its interval", "uncertainty"),
    Column("conductivity_300k_s_cm", "conductivity at 300 K / S/cm", "number"),
    Column("conductivity_300k_interval_s_cm", "conductivity interval", "uncertainty"),
    Column("glass_transition_k", "glass transition / K", "number", 4),
    Column("glass_transition_interval_k", "its interval", "uncertainty"),
)
_RUN_COLUMNS = (
    Column("run", "run"),
    Column("n_atoms", "atoms", "number"),
    Column("start", "started from"),
    Column("seed", "seed", "number"),
    Column("production_fs", "run / fs", "exact"),
    Column("asked_fs", "asked / fs", "exact"),
    Column("mean_temperature_k", "mean temperature / K", "number", 4),
    Column("ensemble", "ensemble"),
    Column("mean_pressure_gpa", "mean pressure / GPa", "number"),
    Column("pressure_standard_error_gpa", "its standard error", "uncertainty"),
    Column("mean_density_g_cm3", "density / g/cm³", "number", 4),
    Column("max_grade", "largest grade", "number"),
    Column("fraction_above_select", "share above threshold", "number", 2),
    Column("documents", "documents", "documents"),
)


def displacement_section(parts: StudyParts) -> Section:
    """Return mean-square displacements, in total and per axis, and the production runs.

    Parameters
    ----------
    parts
        The documents of the study.
    """
    points = parts.transport.temperatures
    frames = ", ".join(f"{p.n_frames} at {p.temperature_k:g} K" for p in points)
    panels = []
    if points:
        caption = (
            f"Mean over {points[0].n_ions} ions and all time origins; frames: {frames}. The thick "
            "part, from three memory times to a quarter of the run, is where it should be a "
            "straight line in time."
        )
        fitted = (
            f"{caption} Dashed: the line 6 D* t + constant. D* and the constant come from the "
            "spectrum of the ions' steps in the whole run, not from this curve, which scatters "
            "most at its longest lags."
        )
        panels = [
            Panel("msd", "All ions", fitted, displacement_figure(points, "msd_a2")),
            Panel("mscd", "Centre of the ions", caption, displacement_figure(points, "mscd_a2")),
        ]
    if parts.transport.motion:
        caption = (
            "From the first frame of the longest continuous piece alone (solid), and the mean over "
            "all origins (dotted). The two part where a run ages, or where chance decides."
        )
        figure = origin_figure(parts.transport.motion, points)
        panels.append(Panel("msd-one-origin", "From one origin", caption, figure))
    for point in points:
        caption = (
            f"Along each Cartesian axis at {point.temperature_k:g} K, {point.n_frames} frames, "
            f"and of the host, a third of its total; drift removed: {point.drift}."
        )
        title = f"Per axis, {point.temperature_k:g} K"
        panels.append(
            Panel(
                plain_name("msd-axes", temperature(point.temperature_k)),
                title,
                caption,
                axes_figure(point),
            )
        )
    panels += production_history_panels(parts.production)
    runs = [*parts.production, *parts.host_production]
    checks = [(run.run, verdict) for run in runs for verdict in run.verdicts]
    tables = [_runs(runs), check_table("production", checks)]
    return Section("displacements", "Mean-square displacements", (), panels, tables)


def diffusivity_section(transport: TransportDoc) -> Section:
    """Return diffusivities, Haven ratios and the Arrhenius fit.

    Parameters
    ----------
    transport
        Diffusivities by temperature and their fit.
    """
    points = transport.temperatures
    panels = []
    if any(point.haven_ratio is not None for point in points):
        caption = (
            "Ratio of tracer to jump diffusivity with 95 % intervals; 1 is uncorrelated motion."
        )
        panels.append(Panel("haven", "Haven ratio", caption, haven_figure(points)))
    checks = [("Arrhenius fit", verdict) for verdict in transport.verdicts]
    if transport.haven_verdict is not None:
        checks.append(("conductivity at 300 K", transport.haven_verdict))
    checks += [(f"{p.temperature_k:g} K", verdict) for p in points for verdict in p.verdicts]
    tables = [
        Table(
            "diffusivities",
            "Diffusivities by temperature; intervals are at 95 %. The residence time is the mean "
            "time between two hops of an ion, the memory time how long an ion remembers its last "
            "step, and the correlation factor what this memory leaves of D*; a dash where it "
            "cannot be told.",
            TRANSPORT_COLUMNS,
            [_point_row(point) for point in points],
        ),
        Table(
            "at 300 K",
            "From all fitted temperatures together; intervals are at 95 %. How far 300 K is "
            "extrapolated is in 1/T, over the span of the fitted temperatures. The conductivity is "
            "Nernst-Einstein with the mean Haven ratio of the fitted temperatures.",
            _ROOM_COLUMNS,
            [{c.key: getattr(transport, c.key) for c in _ROOM_COLUMNS}],
        ),
        check_table("transport", checks),
    ]
    return Section("diffusivities", "Diffusivities", (), panels, tables)


def arrhenius_panel(transport: TransportDoc, references: Sequence[Reference] = ()) -> Panel:
    """Return the Arrhenius plot, which is on the first screen.

    Parameters
    ----------
    transport
        Diffusivities by temperature and their fit.
    references
        Values from elsewhere that are laid over it.
    """
    figure = arrhenius_figure(transport, reference_series(references))
    kelvin = ", ".join(f"{point.temperature_k:g}" for point in transport.temperatures)
    return Panel(
        "arrhenius",
        "Arrhenius plot",
        f"Diffusivities with 95 % intervals at {kelvin} K and the fit to the tracer's."
        + _extrapolated(transport)
        + laid_over(references),
        figure,
    )


def laid_over(references: Sequence[Reference]) -> str:
    """Return which references a plot of diffusivities shows, as the end of its caption.

    Parameters
    ----------
    references
        Of the study.
    """
    shown = [one.label for one in references if one.quantity.endswith("_diffusivity")]
    if not shown:
        return ""
    return f" Laid over: {', '.join(dict.fromkeys(shown))}; sources are in the table of references."


def _point_row(point: TransportAtTemperatureDoc) -> Row:
    """Return the cells of one temperature, times in ps."""
    times_ps = {
        "residence_time_ps": in_ps(point.residence_time_fs),
        "residence_time_interval_ps": interval_in_ps(point.residence_time_interval_fs),
        "memory_time_ps": in_ps(point.memory_time_fs),
        "memory_time_interval_ps": interval_in_ps(point.memory_time_interval_fs),
    }
    others = [column.key for column in TRANSPORT_COLUMNS if column.key not in times_ps]
    return {**{key: getattr(point, key) for key in others}, **times_ps}


def _extrapolated(transport: TransportDoc) -> str:
    """Return a sentence on how far D(300 K) is from the data, if it is."""
    share = transport.extrapolation_300k
    if not share:
        return ""
    return f" D at 300 K is extrapolated by {share:.2g} times the span of the fit in 1/T."


def _runs(production: list[TrajectoryDoc]) -> Table:
    keys = {column.key for column in _RUN_COLUMNS}
    rows = [{**run.model_dump(include=keys), "documents": [run.job_uuid]} for run in production]
    return Table("production", "Production runs of MD with the potential.", _RUN_COLUMNS, rows)
