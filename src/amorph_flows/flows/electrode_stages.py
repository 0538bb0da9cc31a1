"""How the stages of a study are wired to each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jobflow import Flow, Job, OnMissing
from pymatgen.core import Structure

from amorph_flows.jobs.structure import compare_structures
from amorph_flows.jobs.study import write_report
from amorph_flows.jobs.transport import collect_transport
from amorph_flows.structures import parse_ion
from amorph_flows.structures.stoichiometry import count_ions

if TYPE_CHECKING:
    from amorph_flows.flows.electrode import AmorphousElectrodeMaker


class ElectrodeStages:
    """The jobs of one study, gathered stage by stage.

    Parameters
    ----------
    maker
        The study; its stages hold its engine.
    crystal, discharged
        The crystal without and with ions.
    host
        The cell that is molten.
    """

    def __init__(
        self,
        maker: AmorphousElectrodeMaker,
        crystal: Structure,
        discharged: Structure | None,
        host: Structure,
    ) -> None:
        self.maker, self.crystal, self.discharged, self.host = maker, crystal, discharged, host
        self.n_ions = count_ions(host, maker.ions_per_formula)
        self.host_formula = host.composition.reduced_formula
        full = host.composition + {parse_ion(maker.ion).symbol: self.n_ions}
        self.formula = full.reduced_formula
        self.stages: list[Flow | Job] = []

    def flow(self) -> Flow:
        """Return the flow; its output is a `StudyDoc`."""
        maker = self.maker
        quench = self._add(maker.melt_quench.make(self.host))
        branches = _branch_structures(quench, maker.melt_quench.temperatures_k)
        inserted = {t: self._insert(branches[t], t) for t in maker.insertion_temperatures_k}
        sampled = {t: self._sample(job, t) for t, job in inserted.items()}
        quench_labels = [job.output for job in quench.jobs[:-1]]
        fit = self._add(maker.fit.make([*quench_labels, *(j.output for j in sampled.values())]))
        starts = self._starts(branches, sampled)
        learned = self._add(
            maker.active_learning.make(fit.output["potential"], fit.output["dataset"], starts)
        )
        potential = learned.output.potential
        small = {t: self._small(potential, starts, t) for t in sampled}
        production = [self._produce(potential, sampled, t) for t in maker.production_temperatures_k]
        voltage = self._voltage(sampled, small)
        structure = self._structure(quench, sampled, small)
        transport = self._add(collect_transport([job.output for job in production], maker.ion))
        transport.name = "transport"
        _tolerate_missing(transport)
        report = write_report(
            title=f"{self.formula} from amorphous {self.host_formula}",
            preset=maker.preset,
            ion=maker.ion,
            quench=quench.output,
            insertions=[job.output for job in inserted.values()],
            learned=learned.output,
            production=[job.output for job in production],
            structure=structure.output,
            transport=transport.output,
            voltage=voltage.output,
            shortenings=maker.shortenings(),
            settings=maker,
        )
        report.name = "report"
        _tolerate_missing(report)
        self._add(report)
        name = f"{maker.name} {self.formula}"
        return Flow(self.stages, output=report.output, name=name)

    def _add(self, stage: Any) -> Any:
        self.stages.append(stage)
        return stage

    def _insert(self, host: Structure, temperature_k: float) -> Job:
        maker = self.maker
        return self._add(maker.insertion.make(host, maker.ion, self.n_ions, temperature_k))

    def _sample(self, inserted: Job, temperature_k: float) -> Job:
        return self._add(
            self.maker.sampling.make(inserted.output.structure, temperature_k, self.formula)
        )

    def _starts(
        self, branches: dict[float, Structure], sampled: dict[float, Job]
    ) -> list[tuple[str, float, Structure]]:
        """Return where explorations start: both compositions at each temperature."""
        hosts = [(self.host_formula, t, branches[t]) for t in sampled]
        return [*hosts, *((self.formula, t, job.output.structure) for t, job in sampled.items())]

    def _small(
        self, potential: Any, starts: list[tuple[str, float, Structure]], temperature_k: float
    ) -> dict[str, Job]:
        """Return MD with the potential in the cell of engine MD, by formula."""
        jobs = {}
        for formula, temperature, structure in starts:
            if temperature == temperature_k:
                jobs[formula] = self._add(
                    self.maker.mtp_sampling.make(
                        potential, structure, temperature, formula, "end of engine MD"
                    )
                )
        return jobs

    def _produce(self, potential: Any, sampled: dict[float, Job], temperature_k: float) -> Job:
        source = max((t for t in sampled if t <= temperature_k), default=min(sampled))
        start = f"end of engine MD at {source:g} K"
        if source != temperature_k:
            start += f" (an assumption: no engine MD was run at {temperature_k:g} K)"
        structure = sampled[source].output.structure
        return self._add(
            self.maker.production.make(potential, structure, temperature_k, self.formula, start)
        )

    def _voltage(self, sampled: dict[float, Job], small: dict[float, dict[str, Job]]) -> Any:
        engine_runs = [(t, job.output) for t, job in sampled.items()]
        mtp_runs = [(t, jobs[self.formula].output) for t, jobs in small.items()]
        maker = self.maker
        return self._add(
            maker.voltage.make(
                self.crystal,
                maker.ion,
                count_ions(self.crystal, maker.ions_per_formula),
                [*engine_runs, *mtp_runs],
                discharged_structure=self.discharged,
            )
        )

    def _structure(
        self, quench: Flow, sampled: dict[float, Job], small: dict[float, dict[str, Job]]
    ) -> Job:
        n_branches = len(self.maker.melt_quench.temperatures_k)
        melt, branches = quench.jobs[0], quench.jobs[-1 - n_branches : -1]
        labels = [melt, *branches, *sampled.values()]
        runs = [job for jobs in small.values() for job in jobs.values()]
        job = compare_structures(
            self.host, [label.output for label in labels], [run.output for run in runs]
        )
        job.name = "structure"
        _tolerate_missing(job)
        return self._add(job)


def _tolerate_missing(job: Job) -> None:
    """Let a job run although another one failed; it gets None in its place."""
    job.update_config({"on_missing_references": OnMissing.NONE})


def _branch_structures(quench: Flow, temperatures_k: tuple[float, ...]) -> dict[float, Structure]:
    branches = quench.jobs[-1 - len(temperatures_k) : -1]
    return {t: job.output.structure for t, job in zip(temperatures_k, branches, strict=True)}
