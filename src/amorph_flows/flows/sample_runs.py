"""MD with the potential in one sample of a study, and what is analysed of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobflow import Flow, Job
from pymatgen.core import Structure

from amorph_flows.flows.crystal import Crystal
from amorph_flows.flows.production import (
    make_large_glass,
    produce,
    quenches_its_glass,
)
from amorph_flows.flows.samples import Sample, reseeded
from amorph_flows.jobs.active_learning.conclude import Start
from amorph_flows.jobs.structure import Planes, compare_structures
from amorph_flows.jobs.transport import TransportSettings, collect_transport
from amorph_flows.schemas.glass_transition import GlassTransitionDoc
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.upstream.jobflow import without_what_failed

if TYPE_CHECKING:
    from amorph_flows.flows.electrode import AmorphousElectrodeMaker


@dataclass(frozen=True, eq=False)
class SampleRuns:
    """MD with the potential in one sample.

    Parameters
    ----------
    sample
        The sample.
    small
        In the cell of engine MD, by temperature, K, and formula.
    glass
        The glass of production, where the potential makes one.
    large
        Production with ions.
    """

    sample: Sample
    small: dict[tuple[float, str], Job | Flow]
    glass: Flow | None
    large: list[Job | Flow]

    @property
    def with_ions(self) -> list[tuple[float, LabelDoc | TrajectoryDoc]]:
        """Temperature, K, and document of each run with ions in the cell of engine MD."""
        engine_md = self.sample.engine_md
        small = ((t, self.small[t, self.sample.full].output) for t in engine_md)
        return [*engine_md.items(), *small]

    @property
    def jobs(self) -> list[Job | Flow]:
        """All of them, in order."""
        return [*self.small.values(), *([self.glass] if self.glass else []), *self.large]


@dataclass(frozen=True, eq=False)
class AnalysedSample:
    """One sample with its analysis.

    Parameters
    ----------
    runs
        MD with the potential.
    compared
        The comparison of structures.
    transport
        Of production; None where the sample has none of its own.
    """

    runs: SampleRuns
    compared: Job
    transport: Job | None

    @property
    def jobs(self) -> list[Job]:
        """The analysis."""
        return [self.compared, *([self.transport] if self.transport else [])]

    @property
    def documents(self) -> dict[str, Any]:
        """What the report is made from, references to documents by the names that it gives them."""
        sample, glass = self.runs.sample, self.runs.glass
        return {
            "quench": sample.quench.output["quench"],
            "insertions": [job.output for job in sample.inserted.values()],
            "production": [job.output for job in self.runs.large],
            "large_quench": glass.output["quench"] if glass else None,
            "large_insertions": glass.output["insertions"] if glass else [],
            "structure": self.compared.output,
            "transport": self.transport.output if self.transport else None,
        }

    @property
    def as_sample(self) -> dict[str, Any]:
        """The same with what tells the sample from others, as `SampleParts` has it."""
        return {
            "glass": self.runs.sample.glass,
            "occupation": self.runs.sample.occupation,
            "runs": [run.job_uuid for _, run in self.runs.with_ions],
            **self.documents,
        }


def run_sample(
    study: AmorphousElectrodeMaker, potential: PotentialDoc, host: Crystal, sample: Sample
) -> SampleRuns:
    """Return MD with the potential in a sample.

    Parameters
    ----------
    study
        The stages.
    potential
        The potential, or a reference to it.
    host
        The crystal in the engine's cell.
    sample
        The sample.
    """
    small = run_small(study, potential, sample.starts, sample.named("end of engine MD"))
    glass, large = _production(study, potential, host, sample)
    return SampleRuns(sample, small, glass, large)


def run_small(
    study: AmorphousElectrodeMaker, potential: PotentialDoc, starts: Iterable[Start], origin: str
) -> dict[tuple[float, str], Job | Flow]:
    """Return MD with the potential in the cell of engine MD, by temperature, K, and formula.

    Parameters
    ----------
    study
        The stages.
    potential
        The potential, or a reference to it.
    starts
        Formula, temperature, K, and structure of each run.
    origin
        Where the structures came from.
    """
    return {
        (t, formula): study.mtp_sampling.make(potential, start, t, formula, origin)
        for formula, t, start in starts
    }


def cpu_seconds_of_runs(
    samples: Sequence[Sample], runs: Sequence[SampleRuns]
) -> dict[str, list[float | None]]:
    """Return references to the CPU time of runs whose documents the report is not given.

    Parameters
    ----------
    samples, runs
        Of a study.
    """
    return {
        "sampling": [label.cpu_seconds for s in samples for label in s.engine_md.values()],
        "mtp_sampling": [job.output.cpu_seconds for r in runs for job in r.small.values()],
    }


def _production(
    study: AmorphousElectrodeMaker, potential: PotentialDoc, host: Crystal, sample: Sample
) -> tuple[Flow | None, list[Job | Flow]]:
    """Return the glass that the potential makes, if it does, and production with ions."""
    temperatures, formula = study.production_temperatures_k, sample.full
    if not quenches_its_glass(study.production):
        structures = {t: label.structure for t, label in sample.engine_md.items()}
        origin = sample.named("end of engine MD at {:g} K")
        given = structures, temperatures, formula, origin
        return None, produce(study.production, potential, *given, crystal=host.cell)
    if not sample.is_first_of_glass:
        return None, []
    glass = make_large_glass(
        reseeded(study.large_glass, sample.glass),
        study.production,
        potential,
        host,
        study.ion,
        study.highest_content,
        study.melt_quench.temperatures_k,
        temperatures,
    )
    sample.rename([glass])
    origin = f"branch at {{:g}} K of a glass {study.large_glass.history}"
    structures = dict(glass.output["structures"])
    given = structures, temperatures, formula, origin
    runs = produce(study.production, potential, *given, one_cell=True, crystal=host.cell)
    return glass, runs


def analyse(
    runs: SampleRuns,
    crystal: Structure,
    ion: str,
    glass_transition: GlassTransitionDoc | None,
    lattice_planes: Planes,
    settings: TransportSettings,
    more_labels: Sequence[LabelDoc] = (),
    more_runs: Sequence[Job | Flow] = (),
) -> AnalysedSample:
    """Return a sample with the jobs that analyse it.

    Parameters
    ----------
    runs
        MD with the potential in it.
    crystal
        The cell that was molten.
    ion
        Such as ``"Mg2+"``.
    glass_transition
        That of the study, or a reference to it; None: it has none.
    lattice_planes
        Planes per cell along a, b, c by element.
    settings
        How diffusivities are taken from production.
    more_labels, more_runs
        Engine MD and MD with the potential whose structures are compared, too: of the melt, of
        production without ions, and with fewer ions.
    """
    sample = runs.sample
    of_glass: list[LabelDoc] = []
    if sample.is_first_of_glass:
        of_glass = [sample.quench.output["melt"], *sample.branches.values()]
    compared = compare_structures(
        crystal,
        [*of_glass, *sample.engine_md.values(), *more_labels],
        [job.output for job in (*runs.small.values(), *more_runs)],
        lattice_planes,
    )
    compared.name = "structure"
    transport = None
    if runs.large:
        transport = collect_transport(
            [job.output for job in runs.large],
            ion,
            glass_transition,
            settings,
        )
        transport.name = "transport"
    analysed = AnalysedSample(runs, compared, transport)
    for job in analysed.jobs:
        without_what_failed(job)
    sample.rename(analysed.jobs)
    return analysed
