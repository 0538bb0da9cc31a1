"""Turn the documents of a study into its results and its report."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from monty.json import jsanitize

from amorph_flows.jobs.required import required
from amorph_flows.report import build_report
from amorph_flows.report.results import result_rows
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.active_learning import ActiveLearningOutcome
from amorph_flows.schemas.insertion import SiteSetDoc
from amorph_flows.schemas.melt_quench import QuenchDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.reference import Reference
from amorph_flows.schemas.structure import StructureDoc
from amorph_flows.schemas.study import SampleParts, Shortening, StudyDoc, StudyParts
from amorph_flows.schemas.transport import TransportDoc
from amorph_flows.schemas.voltage import VoltageDoc


@stage_job(StudyDoc)
def write_report(
    title: str,
    preset: str,
    ion: str,
    quench: QuenchDoc | None,
    insertions: list[SiteSetDoc | None],
    learned: ActiveLearningOutcome | None,
    production: list[TrajectoryDoc | None],
    structure: StructureDoc | None,
    transport: TransportDoc | None,
    voltage: VoltageDoc | None,
    shortenings: list[Shortening],
    settings: object,
    host_production: Sequence[TrajectoryDoc | None] = (),
    large_quench: QuenchDoc | None = None,
    large_insertions: Sequence[SiteSetDoc | None] = (),
    cpu_seconds: dict[str, list[float | None]] | None = None,
    samples: Sequence[Mapping[str, Any]] = (),
    references: Sequence[Reference] = (),
) -> StudyDoc:
    """Return the results of a study and its report, as HTML and as JSON.

    Parameters
    ----------
    title, preset, ion
        What was studied.
    quench, insertions, learned, production, structure, transport, voltage
        The documents of the stages; None in a list stands for a job that failed.
    shortenings
        How much smaller the study is than the published protocol.
    settings
        The Maker of the study.
    host_production
        Production without ions, if there was any.
    large_quench, large_insertions
        The glass that production was run in where the potential made one, and its ions.
    cpu_seconds
        CPU time, s, of the jobs of stages whose documents are not given.
    samples
        Fields of `SampleParts` of each glass and occupation, where there are several. The other
        arguments are then of the first. One whose melt-quench failed is left out.
    references
        Values from elsewhere that are shown beside the results.
    """
    learned = required(learned, "the outcome of active learning")
    parts = StudyParts(
        title=title,
        preset=preset,
        ion=ion,
        quench=required(quench, "the melt-quench"),
        insertions=[doc for doc in insertions if doc is not None],
        dataset=learned.dataset,
        potential=learned.potential,
        active_learning=learned.loop,
        production=[doc for doc in production if doc is not None],
        structure=required(structure, "the comparison of structures"),
        transport=required(transport, "the transport"),
        voltage=required(voltage, "the voltage"),
        shortenings=shortenings,
        settings=jsanitize(settings, strict=True, enum_values=True),
        host_production=[doc for doc in host_production if doc is not None],
        large_quench=large_quench,
        large_insertions=[doc for doc in large_insertions if doc is not None],
        cpu_seconds=cpu_seconds or {},
        samples=[_sample(sample) for sample in samples if sample["quench"] is not None],
        references=list(references),
    )
    report = build_report(parts)
    return StudyDoc(
        title=title,
        preset=preset,
        ion=ion,
        results=result_rows(parts),
        shortenings=shortenings,
        references=parts.references,
        report_html="report.html",
        report_json="report.json",
        files={
            "report.html": report.html,
            "report.json": json.dumps(report.data, indent=1, allow_nan=False),
        },
        figures=report.figures,
    )


def _sample(given: Mapping[str, Any]) -> SampleParts:
    """Return a sample without what jobs that failed would have made."""
    lists = {
        name: [one for one in value if one is not None]
        for name, value in given.items()
        if isinstance(value, list)
    }
    return SampleParts(**{**given, **lists})
