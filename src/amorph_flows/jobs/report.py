"""Turn the documents of a study into its results and its report."""

from __future__ import annotations

import json

from amorph_flows.report import build_report
from amorph_flows.report.results import result_rows
from amorph_flows.schemas.active_learning import ActiveLearningOutcome
from amorph_flows.schemas.insertion import SiteSetDoc
from amorph_flows.schemas.melt_quench import QuenchDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.study import Shortening, StructureDoc, StudyDoc, StudyParts
from amorph_flows.schemas.transport import TransportDoc
from amorph_flows.schemas.voltage import VoltageDoc
from amorph_flows.stage import stage_job


@stage_job(StudyDoc)
def write_report(
    title: str,
    preset: str,
    ion: str,
    quench: QuenchDoc,
    insertions: list[SiteSetDoc],
    learned: ActiveLearningOutcome,
    production: list[TrajectoryDoc],
    structure: StructureDoc,
    transport: TransportDoc,
    voltage: VoltageDoc,
    shortenings: list[Shortening],
    settings: dict[str, object],
) -> StudyDoc:
    """Return the results of a study and its report, as HTML and as JSON.

    Parameters
    ----------
    title, preset, ion
        What was studied.
    quench, insertions, learned, production, structure, transport, voltage
        The documents of the stages.
    shortenings
        How much smaller the study is than the published protocol.
    settings
        The Maker as stored.
    """
    parts = StudyParts(
        title=title,
        preset=preset,
        ion=ion,
        quench=quench,
        insertions=insertions,
        dataset=learned.dataset,
        potential=learned.potential,
        active_learning=learned.loop,
        production=production,
        structure=structure,
        transport=transport,
        voltage=voltage,
        shortenings=shortenings,
        settings=settings,
    )
    report = build_report(parts)
    return StudyDoc(
        title=title,
        preset=preset,
        ion=ion,
        results=result_rows(parts),
        shortenings=shortenings,
        report_html="report.html",
        report_json="report.json",
        files={
            "report.html": report.html,
            "report.json": json.dumps(report.data, indent=1, allow_nan=False),
        },
    )
