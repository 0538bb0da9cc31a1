"""Glasses that are added to a study until its results are as precise as asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jobflow import Flow, OutputReference
from pymatgen.core import Structure

from amorph_flows.errors import InputError
from amorph_flows.flows.crystal import Crystal
from amorph_flows.flows.sample_runs import analyse, cpu_seconds_of_runs, run_sample
from amorph_flows.flows.samples import formulas_of, make_samples
from amorph_flows.flows.voltage import VoltageMaker
from amorph_flows.jobs.study import write_report
from amorph_flows.runtime.continuation import reference_to
from amorph_flows.schemas.active_learning import ActiveLearningOutcome
from amorph_flows.schemas.base import StageDocument
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.study import StudyParts
from amorph_flows.structures.stoichiometry import count_ions
from amorph_flows.upstream.jobflow import without_what_failed

if TYPE_CHECKING:
    from amorph_flows.flows.electrode import AmorphousElectrodeMaker


def add_glasses(
    study: AmorphousElectrodeMaker, host: Structure, given: Mapping[str, Any], n_glasses: int
) -> Flow:
    """Return the flow that makes more glasses and reports on all; its output is a `StudyDoc`.

    Parameters
    ----------
    study
        The study, whose stages have its engine.
    host
        The crystal that was molten.
    given
        Arguments of the study's `write_report`, with references to its documents.
    n_glasses
        Glasses to add.

    Raises
    ------
    InputError
        If the study's stage of voltages cannot add some.
    """
    if not isinstance(study.voltage, VoltageMaker):
        raise InputError("voltage is no VoltageMaker, so that voltages of glasses cannot be added")
    ion = study.ion
    n_ions = count_ions(host, study.highest_content)
    longer = replace(study, n_glasses=study.n_glasses + n_glasses)
    samples = make_samples(
        range(study.n_glasses + 1, longer.n_glasses + 1),
        study.n_occupations,
        study.melt_quench,
        study.insertion,
        study.sampling,
        host,
        (ion, n_ions),
        study.insertion_temperatures_k,
        formulas_of(host, ion, n_ions),
    )
    potential: PotentialDoc = given["learned"].potential
    crystal = Crystal.as_given(host)
    runs = [run_sample(study, potential, crystal, sample) for sample in samples]
    with_ions = [run for of_sample in runs for run in of_sample.with_ions]
    voltage = study.voltage.more(given["voltage"], ion, with_ions)
    analysed = [
        analyse(
            of_sample, host, ion, given["glass_transition"], study.lattice_planes, study.transport
        )
        for of_sample in runs
    ]
    took = given["cpu_seconds"] or {}
    report = write_report(
        **{
            **given,
            "voltage": voltage.output,
            "settings": longer,
            "cpu_seconds": {
                stage: [*took.get(stage, []), *seconds]
                for stage, seconds in cpu_seconds_of_runs(samples, runs).items()
            },
            "samples": [*given["samples"], *(one.as_sample for one in analysed)],
        }
    )
    report.name = "report"
    without_what_failed(report)
    jobs = [job for sample in samples for of_stage in sample.jobs for job in of_stage]
    jobs += [job for of_sample in runs for job in of_sample.jobs]
    jobs += [voltage, *(job for one in analysed for job in one.jobs), report]
    return Flow(jobs, output=report.output, name=f"{study.name}: glasses to {longer.n_glasses}")


def handed_on(parts: StudyParts) -> dict[str, Any]:
    """Return the arguments of `write_report` of a study, each document as the reference to it.

    Parameters
    ----------
    parts
        The documents of the study.
    """
    same = (
        *("title", "preset", "ion", "quench", "insertions", "production", "structure"),
        *("transport", "voltage", "differences_from_paper", "host_production", "large_quench"),
        *("large_insertions", "glass_transition", "cpu_seconds", "extensions", "references"),
        *("engine_transport", "small_transport", "voltage_profile"),
    )
    given = {name: _as_references(getattr(parts, name)) for name in same}
    samples = [
        {name: _as_references(getattr(sample, name)) for name in type(sample).model_fields}
        for sample in parts.samples
    ]
    learned = OutputReference(parts.active_learning.job_uuid, output_schema=ActiveLearningOutcome)
    return {**given, "samples": samples, "learned": learned}


def _as_references(value: Any) -> Any:
    """Return a value with each document as the reference to it."""
    if isinstance(value, StageDocument):
        return reference_to(value)
    if isinstance(value, list):
        return [_as_references(one) for one in value]
    if isinstance(value, Mapping):
        return {key: _as_references(one) for key, one in value.items()}
    return value
