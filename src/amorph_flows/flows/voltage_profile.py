"""Voltage against content: the first glass with fewer ions than the study's, and what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobflow import Flow, Job
from pymatgen.core import Structure

from amorph_flows.flows.sample_runs import AnalysedSample
from amorph_flows.flows.samples import Sample, formulas_of
from amorph_flows.jobs.active_learning.conclude import Start
from amorph_flows.jobs.voltage_profile import collect_voltage_profile
from amorph_flows.runtime.identity import jobs_of
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.voltage import VoltageDoc
from amorph_flows.structures.stoichiometry import count_ions
from amorph_flows.upstream.jobflow import without_what_failed

if TYPE_CHECKING:
    from amorph_flows.flows.electrode import AmorphousElectrodeMaker


@dataclass(frozen=True, eq=False)
class PartlyFilled:
    """A glass with fewer ions than the study's.

    Parameters
    ----------
    formula
        With its ions.
    inserted, sampled
        Insertion and engine MD, by temperature, K.
    """

    formula: str
    inserted: Mapping[float, Job | Flow]
    sampled: Mapping[float, Job | Flow]

    @property
    def labels(self) -> list[LabelDoc]:
        """Labels of engine MD."""
        return [job.output for job in self.sampled.values()]

    @property
    def starts(self) -> list[Start]:
        """Where MD with the potential starts."""
        return [(self.formula, t, job.output.structure) for t, job in self.sampled.items()]


def fill_partly(
    study: AmorphousElectrodeMaker, host: Structure, sample: Sample
) -> list[PartlyFilled]:
    """Return the glass of a sample with each content of the study but the highest.

    Parameters
    ----------
    study
        The stages.
    host
        The crystal in the engine's cell.
    sample
        Of the glass.
    """
    filled = []
    for content in study.contents[:-1]:
        n_ions = count_ions(host, content)
        formula = formulas_of(host, study.ion, n_ions)[1]
        inserted = {
            t: study.insertion.make(sample.branches[t].structure, study.ion, n_ions, t)
            for t in study.insertion_temperatures_k
        }
        for job in (job for flow in inserted.values() for job in jobs_of(flow)):
            job.name = f"{job.name}, {formula}"
        sampled = {
            t: study.sampling.make(job.output.structure, t, formula) for t, job in inserted.items()
        }
        filled.append(PartlyFilled(formula, inserted, sampled))
    return filled


def profile_of(
    study: AmorphousElectrodeMaker,
    filled: Sequence[PartlyFilled],
    run: Mapping[tuple[float, str], Job | Flow],
    first: AnalysedSample,
    voltage: VoltageDoc,
) -> list[Job]:
    """Return the job of voltages against content, if the study has several contents.

    Parameters
    ----------
    study
        The stages.
    filled
        The glass of the first sample with fewer ions.
    run
        MD with the potential in it.
    first
        The first sample, whose glass it is, without ions and with all of them.
    voltage
        The average voltages, or a reference to them, for the energy of the metal.
    """
    if not filled:
        return []
    sample = first.runs.sample
    runs: list[tuple[float, LabelDoc | TrajectoryDoc]] = [
        (t, label) for t, label in sample.branches.items() if t in sample.sampled
    ]
    runs += sample.engine_md.items()
    runs += [(t, job.output) for one in filled for t, job in one.sampled.items()]
    runs += [(t, job.output) for of in (first.runs.small, run) for (t, _), job in of.items()]
    contents = (0.0, *study.contents)
    collect = collect_voltage_profile(study.ion, voltage, contents, runs, first.compared.output)
    collect.name = "voltage profile"
    without_what_failed(collect)
    return [collect]
