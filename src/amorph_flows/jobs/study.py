"""Turn the documents of a study into its results and its report."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from jobflow import Flow, Response
from monty.json import jsanitize

from amorph_flows.jobs.glass_goal import Spent, glasses_standing, glasses_to_add, judge_glasses
from amorph_flows.jobs.required import required
from amorph_flows.report import build_report, cpu_seconds_of_stages, result_rows, study_basis
from amorph_flows.runtime.continuation import replaced_by
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.active_learning import ActiveLearningOutcome
from amorph_flows.schemas.combined import GlassesUntil, GlassExtension
from amorph_flows.schemas.glass_transition import GlassTransitionDoc
from amorph_flows.schemas.insertion import SiteSetDoc
from amorph_flows.schemas.melt_quench import QuenchDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.reference import Reference
from amorph_flows.schemas.structure import StructureDoc
from amorph_flows.schemas.study import Difference, SampleParts, StudyDoc, StudyParts
from amorph_flows.schemas.transport import TransportDoc
from amorph_flows.schemas.voltage import VoltageDoc
from amorph_flows.schemas.voltage_profile import VoltageProfileDoc


class StudyMaker(Protocol):
    """The part of `amorph_flows.flows.AmorphousElectrodeMaker` that adds glasses."""

    until: GlassesUntil
    n_glasses: int

    def more_glasses(self, parts: StudyParts, n_glasses: int) -> Flow:
        """Return the flow that makes more glasses and reports on all of them."""


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
    differences_from_paper: list[Difference],
    settings: StudyMaker,
    host_production: Sequence[TrajectoryDoc | None] = (),
    large_quench: QuenchDoc | None = None,
    large_insertions: Sequence[SiteSetDoc | None] = (),
    cpu_seconds: dict[str, list[float | None]] | None = None,
    glass_transition: GlassTransitionDoc | None = None,
    samples: Sequence[Mapping[str, Any]] = (),
    references: Sequence[Reference] = (),
    extensions: Sequence[GlassExtension] = (),
    engine_transport: TransportDoc | None = None,
    small_transport: TransportDoc | None = None,
    voltage_profile: VoltageProfileDoc | None = None,
) -> StudyDoc | Response:
    """Return the results of a study and its report, as HTML and as JSON; or add glasses first.

    Parameters
    ----------
    title, preset, ion
        What was studied.
    quench, insertions, learned, production, structure, transport, voltage
        The documents of the stages; None in a list stands for a job that failed.
    differences_from_paper
        What differs from the published protocol.
    settings
        The Maker of the study.
    host_production
        Production without ions, if there was any.
    large_quench, large_insertions
        The glass that production was run in where the potential made one, and its ions.
    cpu_seconds
        CPU time, s, of the jobs of stages whose documents are not given.
    glass_transition
        Of the first sample, where the study has one.
    samples
        Fields of `SampleParts` of each glass and occupation, where there are several. The other
        arguments are then of the first. One whose melt-quench failed is left out.
    references
        Values from elsewhere that are shown beside the results.
    extensions
        Glasses that were added before.
    engine_transport
        Transport in engine MD of the first sample, where the study has it.
    small_transport
        That of production in the cell of engine MD, where the study has it.
    voltage_profile
        Voltage against content, where the study has several contents.
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
        differences_from_paper=differences_from_paper,
        settings=jsanitize(settings, strict=True, enum_values=True),
        host_production=[doc for doc in host_production if doc is not None],
        large_quench=large_quench,
        large_insertions=[doc for doc in large_insertions if doc is not None],
        cpu_seconds=cpu_seconds or {},
        glass_transition=glass_transition,
        engine_transport=engine_transport,
        small_transport=small_transport,
        voltage_profile=voltage_profile,
        failed=_failed(
            samples or [{"insertions": insertions, "large_insertions": large_insertions}],
            samples or [{"production": production}],
            host_production,
        ),
        samples=[_sample(sample) for sample in samples if sample["quench"] is not None],
        references=list(references),
        extensions=list(extensions),
    )
    if not settings.until.is_set:
        return _document(parts)
    until, rows = settings.until, result_rows(parts)
    now = glasses_standing(until, rows)
    spent = Spent.of(cpu_seconds_of_stages(parts), settings.n_glasses, parts.n_glasses)
    more = glasses_to_add(until, now, spent)
    if not more:
        verdict = judge_glasses(until, now, spent)
        return _document(parts.model_copy(update={"enough_glasses": verdict}))
    longer = GlassExtension(
        reason=now.reason,
        value=now.value,
        goal=until.relative_error,
        from_glasses=spent.n_glasses,
        to_glasses=spent.n_glasses + more,
        core_hours=spent.core_hours,
    )
    parts = parts.model_copy(update={"extensions": [*parts.extensions, longer]})
    response = replaced_by(settings.more_glasses(parts, more))
    response.output = _document(parts)
    return response


def _document(parts: StudyParts) -> StudyDoc:
    report = build_report(parts)
    return StudyDoc(
        title=parts.title,
        preset=parts.preset,
        ion=parts.ion,
        results=report.rows,
        differences_from_paper=parts.differences_from_paper,
        extensions=parts.extensions,
        enough_glasses=parts.enough_glasses,
        references=parts.references,
        basis=study_basis(parts),
        report_html="report.html",
        report_json="report.json",
        files={
            "report.html": report.html,
            "report.json": json.dumps(report.data, indent=1, allow_nan=False),
        },
        figures=report.figures,
    )


def _failed(
    inserted: Sequence[Mapping[str, Any]],
    produced: Sequence[Mapping[str, Any]],
    host_production: Sequence[TrajectoryDoc | None],
) -> dict[str, int]:
    """Return how many insertions and runs of production failed."""
    sites = [
        site
        for one in inserted
        for name in ("insertions", "large_insertions")
        for site in one.get(name, ())
    ]
    runs = [run for one in produced for run in one.get("production", ())]
    return {
        "insertion": sum(site is None for site in sites),
        "production": sum(run is None for run in (*runs, *host_production)),
    }


def _sample(given: Mapping[str, Any]) -> SampleParts:
    """Return a sample without what jobs that failed would have made."""
    lists = {
        name: [one for one in value if one is not None]
        for name, value in given.items()
        if isinstance(value, list)
    }
    return SampleParts(**{**given, **lists})
