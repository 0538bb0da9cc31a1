"""Chapters on how ions move in glasses that are heated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from amorph_flows.report._section import Column, Panel, Row, Section, Table
from amorph_flows.report._text import plain_name
from amorph_flows.report._times import in_ps
from amorph_flows.report.figures._mobility import path_figure, ring_figure, surroundings_figure
from amorph_flows.report.figures._motion import van_hove_by_temperature_figure
from amorph_flows.report.figures._msd import displacement_figure
from amorph_flows.report.sections._motion import motion_section
from amorph_flows.report.sections._transport import arrhenius_panel, diffusivity_section
from amorph_flows.schemas.ion_dynamics import IonDynamicsDoc
from amorph_flows.schemas.ion_mobility import IonMobilityDoc
from amorph_flows.schemas.transport import TransportDoc
from amorph_flows.structures.ions import parse_ion

_VAN_HOVE_LAG_FS = 100_000.0
_GROUPS = (
    Column("group", "ions"),
    Column("elements", "neighbours"),
    Column("ring_distance_a", "to the nearest centre of a ring / Å", "number"),
    Column("ring_size", "size of that ring", "number"),
)


def ion_sections(
    ions: IonDynamicsDoc,
    transports: Sequence[TransportDoc | None],
    mobility: Sequence[IonMobilityDoc | None],
) -> list[Section]:
    """Return a chapter for each heating and species, of the first glass that has been analysed.

    Parameters
    ----------
    ions
        All glasses together.
    transports, mobility
        Each glass: diffusivities and motion, and its fast and slow ions; None for what failed.
    """
    docs = {doc.job_uuid: doc for doc in transports if doc is not None}
    ranked = {doc.job_uuid: doc for doc in mobility if doc is not None}
    groups = {
        key: ranked[uuid]
        for key, uuid in zip(ions.mobility_keys, ions.mobility_uuids, strict=True)
        if uuid in ranked
    }
    found: dict[str, Section] = {}
    for (heating, species, glass), uuid in zip(
        ions.transport_keys, ions.transport_uuids, strict=True
    ):
        name = plain_name("ions", f"{species} {heating}")
        if uuid not in docs or name in found:
            continue
        title = f"{species} in glass {glass}, heated under {heating.upper()}"
        around = groups.get((heating, glass))
        if around is not None and around.ion != parse_ion(species).symbol:
            around = None
        found[name] = _section(name, title, docs[uuid], around, ions.n_glasses)
    return list(found.values())


def _section(
    name: str, title: str, transport: TransportDoc, around: IonMobilityDoc | None, n_glasses: int
) -> Section:
    points = transport.temperatures
    diffusivities = diffusivity_section(transport)
    text = ["Of one glass; every number of each other one is in its documents."]
    panels = [arrhenius_panel(transport)]
    if points:
        caption = (
            f"Mean over {points[0].n_ions} ions and all time origins. Dashed: the line "
            "6 D* t + constant."
        )
        panels.append(Panel("msd", "Displacements", caption, displacement_figure(points, "msd_a2")))
    panels += diffusivities.panels
    tables = list(diffusivities.tables)
    if transport.motion:
        caption = "How far an ion is from where it was, at the lag nearest to 100 ps in each run."
        figure = van_hove_by_temperature_figure(transport.motion, _VAN_HOVE_LAG_FS)
        panels.append(Panel("van-hove", "Van Hove function, single ions", caption, figure))
        motion = motion_section(transport.motion)
        text += motion.text
        panels += motion.panels
        tables += motion.tables
    if around is not None:
        panels += _mobility_panels(around)
        tables.append(_groups(around))
    return Section(
        name,
        title,
        text if n_glasses > 1 else text[1:],
        [replace(panel, name=f"{name}-{panel.name}") for panel in panels],
        [replace(table, name=f"{name} {table.name}") for table in tables],
    )


def _mobility_panels(around: IonMobilityDoc) -> list[Panel]:
    lag = f"{around.lag_fs / 1e3:.3g} ps at {around.temperature_k:g} K"
    panels = [
        Panel(
            "fast-slow-rdf",
            "Around fast and slow ions",
            f"g(r) from the quarter of the ions that is furthest after {lag}, from the quarter "
            "that is least far, and from all, to all ions; in frames around the start.",
            surroundings_figure(around),
        )
    ]
    if around.rings is not None:
        caption = (
            f"g(r) from the centres of Guttman's rings, by their size, to the ions that are fast "
            f"and slow in {lag}."
        )
        panels.append(Panel("rings", "Rings around the ions", caption, ring_figure(around.rings)))
    ways = [
        Panel(
            f"path-{path.rank}",
            f"The {path.rank} ion",
            f"Its way in {lag}, {path.displacement_a:.3g} Å, blue at first and yellow at last, and "
            "the other atoms around its start. Drag to turn it.",
            path_figure(path, around.ion),
        )
        for path in around.paths
    ]
    return [*panels, *ways]


def _groups(around: IonMobilityDoc) -> Table:
    rows: list[Row] = []
    elements = [
        pair.removeprefix("all-")
        for pair in around.neighbours
        if pair.startswith("all-") and pair not in ("all-fast", "all-slow")
    ]
    for group in ("fast", "slow", "all"):
        told = [f"{around.neighbours[f'{group}-{e}']:.2f} {e}" for e in elements]
        rings = around.rings
        rows.append(
            {
                "group": group,
                "elements": ", ".join(told),
                "ring_distance_a": None if rings is None else rings.nearest_distance_a.get(group),
                "ring_size": None if rings is None else rings.nearest_size.get(group),
            }
        )
    caption = f"Mean number of atoms within {around.cutoff_a:g} Å, and the nearest ring."
    if around.fast_time_fs is not None:
        caption += f" An ion stays fast for {in_ps(around.fast_time_fs):.3g} ps."
    return Table("fast and slow", caption, _GROUPS, rows)
