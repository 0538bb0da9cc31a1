"""Write the report of a study of glasses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from monty.json import jsanitize

from amorph_flows.jobs.required import required
from amorph_flows.report.glass import GlassParts, glass_report, glass_results, ion_sections
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.active_learning import ActiveLearningDoc
from amorph_flows.schemas.elastic import ElasticDoc
from amorph_flows.schemas.glass import GlassStructureDoc
from amorph_flows.schemas.glass_making import GlassesDoc
from amorph_flows.schemas.glass_study import GlassStudyDoc
from amorph_flows.schemas.glass_transition import GlassTransitionDoc
from amorph_flows.schemas.ion_dynamics import IonDynamicsDoc
from amorph_flows.schemas.ion_mobility import IonMobilityDoc
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.reference import Reference
from amorph_flows.schemas.transport import TransportDoc


@stage_job(GlassStudyDoc)
def write_glass_report(
    preset: str,
    settings: Mapping[str, Any],
    references: Sequence[Reference],
    potential: PotentialDoc,
    made: GlassesDoc | None,
    runs: Sequence[TrajectoryDoc | None],
    structure: GlassStructureDoc | None,
    transitions: Sequence[GlassTransitionDoc | None] = (),
    elastic: Sequence[ElasticDoc | None] = (),
    ions: IonDynamicsDoc | None = None,
    learning: ActiveLearningDoc | None = None,
    transports: Sequence[TransportDoc | None] = (),
    mobility: Sequence[IonMobilityDoc | None] = (),
) -> GlassStudyDoc:
    """Write ``report.html`` and ``report.json`` into the folder of the job.

    Parameters
    ----------
    preset
        The protocol.
    settings
        Fields of the study's Maker, by which remedies are named.
    references
        Values from elsewhere, shown beside the results.
    potential
        Of all stages.
    made, runs, structure
        How the glasses were made, the run of each, and what they are like.
    transitions, elastic
        Of each glass; None for what failed.
    ions
        How ions move; None where it failed or was not asked for.
    learning
        How the potential was learned; None where it was given.
    transports, mobility
        What `ions` was put together from; None for what failed.

    Raises
    ------
    CalculationError
        If no glass was made or described.
    """
    parts = GlassParts(
        preset=preset,
        made=required(made, "the summary of the glasses"),
        runs=[run for run in runs if run is not None and not run.failure],
        potential=potential,
        structure=required(structure, "the structure of the glasses"),
        transitions=[doc for doc in transitions if doc is not None],
        elastic=[doc for doc in elastic if doc is not None],
        ions=ions,
        learning=learning,
        references=references,
        settings=jsanitize(settings, strict=True, enum_values=True),  # jobflow made them Makers
    )
    results = glass_results(parts)
    moved = [] if ions is None else ion_sections(ions, transports, mobility)
    files, figures = glass_report(parts, results, moved)
    for name, content in files.items():
        Path(name).write_text(content, encoding="utf-8")
    made, structure = parts.made, parts.structure
    return GlassStudyDoc(
        formula=made.formula,
        preset=preset,
        results=results,
        documents={
            "active_learning": [] if learning is None else [learning.job_uuid],
            "glasses": [made.job_uuid, *(glass.run_uuid for glass in made.glasses)],
            "structure": [structure.job_uuid, *structure.glass_uuids],
            "glass_transition": [doc.job_uuid for doc in parts.transitions],
            "elastic": [doc.job_uuid for doc in parts.elastic],
            "ion_dynamics": []
            if ions is None
            else [ions.job_uuid, *ions.transport_uuids, *ions.mobility_uuids],
        },
        files=files,
        figures=figures,
    )
