"""Schedule and temperatures, insertion, and their verdicts."""

from __future__ import annotations

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.report._section import Column, Panel, Section, Table
from amorph_flows.report._text import formula, number, temperature
from amorph_flows.report.figures._schedule import schedule_figure, temperature_figure
from amorph_flows.report.sections._checks import check_table
from amorph_flows.report.sections._histories import quench_history_panels
from amorph_flows.schemas.insertion import SiteSetDoc
from amorph_flows.schemas.melt_quench import QuenchDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.study import StudyParts

STAGE_COLUMNS = (
    Column("name", "stage"),
    Column("start_temperature_k", "from / K", "exact"),
    Column("end_temperature_k", "to / K", "exact"),
    Column("duration_fs", "duration / fs", "exact"),
    Column("n_steps", "steps", "number"),
    Column("time_step_fs", "time step / fs", "exact"),
    Column("ensemble", "ensemble"),
)
INSERTION_COLUMNS = (
    Column("temperature_k", "branch / K", "exact"),
    Column("ion", "ion"),
    Column("n_ions", "ions", "number"),
    Column("n_found", "voids", "number"),
    Column("n_cut_by_distance", "too near the host", "number"),
    Column("n_merged", "merged", "number"),
    Column("n_sites", "sites left", "number"),
    Column("energy_ev", "lowest Ewald energy / eV", "number", 6),
    Column("proven", "proven lowest"),
    Column("volume_change", "change of volume in relaxation", "number", 2),
)


def melt_quench_section(parts: StudyParts) -> Section:
    """Return the schedule, the temperatures of production, the insertions and the verdicts.

    Parameters
    ----------
    parts
        The documents of the study.
    """
    quench = parts.quench
    name = formula(quench.crystal.composition.reduced_formula)
    text = (
        f"{len(quench.crystal)} atoms of {name} were melted and quenched by {quench.engine.name} "
        f"at an overall {number(quench.quench_rate_k_per_ps)} K/ps, holds included. "
        f"{parts.ion} was then inserted into the structure of each branch."
    )
    panels = [
        Panel(
            "schedule",
            "Schedule of the melt-quench",
            f"Temperature asked for against time, {len(quench.schedule)} stages; diamonds mark "
            "where branches leave the quench and are held.",
            schedule_figure(quench),
        )
    ]
    if parts.production:
        frames = ", ".join(
            f"{r.temperature_k:g} K: {r.trajectory.n_frames}" for r in parts.production
        )
        caption = (
            "Mean over each production run of MD with the potential; the dotted line is exact "
            "agreement. "
            f"Frames: {frames}."
        )
        figure = temperature_figure(parts.production)
        panels.append(Panel("temperatures", "Temperatures of production", caption, figure))
    panels += quench_history_panels(quench)
    tables = [
        _stages(quench),
        _insertions(parts.insertions),
        check_table("schedule", _verdicts(quench, parts.insertions)),
    ]
    return Section("melt-quench", "Schedule and temperatures", [text], panels, tables)


def large_glass_section(
    quench: QuenchDoc, insertions: list[SiteSetDoc], production: list[TrajectoryDoc]
) -> Section:
    """Return the schedule of the glass that the potential made for production, and its verdicts.

    Parameters
    ----------
    quench, insertions
        The glass and its ions.
    production
        What was run in it.
    """
    text = (
        f"{len(quench.crystal)} atoms of {formula(quench.crystal.composition.reduced_formula)} "
        f"were melted and quenched for production by {quench.engine.name} at an overall "
        f"{number(quench.quench_rate_k_per_ps)} K/ps, holds included."
    )
    starts = "; ".join(f"{run.temperature_k:g} K: {run.start}" for run in production)
    caption = (
        f"Temperature asked for against time, {len(quench.schedule)} stages; diamonds mark where "
        "branches leave the quench and are held."
    )
    panels = [
        Panel("large-schedule", "Schedule of the large glass", caption, schedule_figure(quench))
    ]
    tables = [
        _stages(quench),
        _insertions(insertions),
        check_table("large glass", _verdicts(quench, insertions)),
    ]
    paragraphs = [text, f"Production started from: {starts}."] if starts else [text]
    return Section("large-glass", "Glass of production", paragraphs, panels, tables)


def _verdicts(quench: QuenchDoc, insertions: list[SiteSetDoc]) -> list[tuple[str, Verdict]]:
    verdicts = [("melt", quench.melted)]
    if quench.inside is not None:
        verdicts.append(("melt-quench", quench.inside))
    verdicts += [("melt and waits", goal) for goal in quench.goals]
    verdicts += [(f"branch at {b.temperature_k:g} K", b.amorphous) for b in quench.branches]
    verdicts += [
        (f"branch at {b.temperature_k:g} K", b.volume) for b in quench.branches if b.volume
    ]
    verdicts += [(f"branch at {b.temperature_k:g} K", b.goal) for b in quench.branches if b.goal]
    verdicts += [
        (f"insertion at {temperature(site.temperature_k)}", verdict)
        for site in insertions
        for verdict in (site.verdict, site.relaxed)
        if verdict is not None
    ]
    return verdicts


def _stages(quench: QuenchDoc) -> Table:
    rows = [{**stage.model_dump(), "n_steps": stage.n_steps} for stage in quench.schedule]
    return Table("stages", "Stages of melt and quench, in order.", STAGE_COLUMNS, rows)


def _insertions(insertions: list[SiteSetDoc]) -> Table:
    rows = [
        {
            **site.model_dump(include={column.key for column in INSERTION_COLUMNS}),
            "n_sites": len(site.sites),
            "energy_ev": site.occupations[0].energy_ev if site.occupations else None,
            "proven": "yes" if site.proven_optimal else "no",
        }
        for site in insertions
    ]
    return Table("insertions", "Insertion of the ions, branch by branch.", INSERTION_COLUMNS, rows)
