"""Finished studies for tests of their comparison."""

from __future__ import annotations

from dataclasses import replace

from report_study import study_parts

from amorph_flows.report import result_rows, study_basis
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.schemas.study import StudyDoc, StudyParts

OTHER_ENGINE = EngineInfo(name="VASP", version="6", settings_hash="feedc0de", surrogate=False)


def faster(factor: float) -> StudyParts:
    """Return the study with diffusivities that are larger by a factor, voltages by 10 mV."""
    parts = study_parts()
    points = [
        replace(
            point,
            tracer_diffusivity_cm2_s=factor * point.tracer_diffusivity_cm2_s,
            tracer_diffusivity_interval_cm2_s=tuple(
                factor * end for end in point.tracer_diffusivity_interval_cm2_s
            ),
        )
        for point in parts.transport.temperatures
    ]
    volts = [
        point.model_copy(update={"voltage_v": point.voltage_v + 0.01})
        for point in parts.voltage.points
    ]
    changes = {
        "transport": parts.transport.model_copy(update={"temperatures": points}),
        "voltage": parts.voltage.model_copy(update={"points": volts}),
        "potential": parts.potential.model_copy(update={"sha256": "0" * 64}),
    }
    return parts.model_copy(update=changes)


def finished(parts: StudyParts) -> StudyDoc:
    """Return the document at the end of a study."""
    return StudyDoc(
        title=parts.title,
        preset=parts.preset,
        ion=parts.ion,
        results=result_rows(parts),
        basis=study_basis(parts),
        report_html="report.html",
        report_json="report.json",
    )


def with_engine(parts: StudyParts, engine: EngineInfo, *, of: str) -> StudyParts:
    """Return a study whose document of that name has another engine."""
    document = getattr(parts, of).model_copy(update={"engine": engine})
    return parts.model_copy(update={of: document})


@stage_job(StudyDoc)
def conclude(factor: float) -> StudyDoc:
    """Return a finished study, as the last job of its flow does."""
    files = {"report.html": "<html></html>", "report.json": "{}"}
    return finished(faster(factor)).model_copy(update={"files": files})
