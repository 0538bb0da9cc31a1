"""The whole study: from a crystal to the voltage and transport of its amorphous form."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Self

from jobflow import Flow, Job, Maker, OnMissing
from pymatgen.core import Structure

from amorph_flows.engines import AseEngine, Engine
from amorph_flows.flows.active_learning import ActiveLearningMaker
from amorph_flows.flows.checks import check_study
from amorph_flows.flows.insertion import IonInsertionMaker
from amorph_flows.flows.melt_quench import MeltQuenchMaker
from amorph_flows.flows.potential import FitPotentialMaker
from amorph_flows.flows.production_md import ProductionMDMaker
from amorph_flows.flows.sampling import SamplingMaker
from amorph_flows.flows.voltage import VoltageMaker
from amorph_flows.jobs.report import write_report
from amorph_flows.jobs.structure import compare_structures
from amorph_flows.jobs.transport import collect_transport
from amorph_flows.structures import parse_ion, supercell_near
from amorph_flows.structures.stoichiometry import count_ions


@dataclass
class AmorphousElectrodeMaker(Maker):
    """Melt-quench, insertion, potential, active learning, production, voltage and transport.

    Every stage is a Maker in a field of its own and can be replaced. The fields hold the
    published protocol (Choyal et al., Small 2025) by default; `from_preset` gives others.

    Parameters
    ----------
    name
        Name of the flow.
    preset
        Name of the preset that the settings came from, for the record.
    ion
        The ion that is inserted, such as ``"Mg2+"``.
    ions_per_formula
        Ions for each reduced formula of the host.
    engine
        Where energies and forces come from; given to every stage that computes some.
    cell_lengths_a
        Lengths of the cell that is molten, Å; mapped to the axes of the given crystal.
    melt_quench, sampling, insertion, fit, active_learning, mtp_sampling, production, voltage
        The stages. ``sampling`` is engine MD with ions; ``mtp_sampling`` is MD with the potential
        in the cell that engine MD uses, ``production`` in a larger one.
    insertion_temperatures_k
        Branches that take up ions, K.
    production_temperatures_k
        Temperatures of production, K; one without a branch of its own starts from the structure
        of the nearest lower branch.

    Examples
    --------
    >>> from amorph_flows.structures import v2o5
    >>> flow = AmorphousElectrodeMaker.from_preset("demo").make(v2o5())
    """

    name: str = "amorphous electrode"
    preset: str = "choyal2025"
    ion: str = "Mg2+"
    ions_per_formula: float = 1.0
    engine: Engine = field(default_factory=AseEngine)
    cell_lengths_a: tuple[float, float, float] = (11.5, 8.8, 10.8)
    melt_quench: MeltQuenchMaker = field(default_factory=MeltQuenchMaker)
    insertion: IonInsertionMaker = field(default_factory=IonInsertionMaker)
    insertion_temperatures_k: tuple[float, ...] = (300.0, 600.0, 900.0, 1200.0)
    sampling: SamplingMaker = field(default_factory=SamplingMaker)
    fit: FitPotentialMaker = field(default_factory=FitPotentialMaker)
    active_learning: ActiveLearningMaker = field(default_factory=ActiveLearningMaker)
    mtp_sampling: ProductionMDMaker = field(
        default_factory=lambda: ProductionMDMaker(
            name="MTP sampling", supercell=(1, 1, 1), production_fs=20_000.0, frame_stride=50
        )
    )
    production: ProductionMDMaker = field(default_factory=ProductionMDMaker)
    production_temperatures_k: tuple[float, ...] = (300.0, 600.0, 900.0, 1000.0, 1200.0)
    voltage: VoltageMaker = field(default_factory=VoltageMaker)

    @classmethod
    def presets(cls) -> list[str]:
        """Return the names that `from_preset` knows."""
        from amorph_flows.flows.presets import PRESETS

        return sorted(PRESETS)

    @classmethod
    def from_preset(cls, name: str) -> Self:
        """Return the Maker of a preset: ``"choyal2025"`` or ``"demo"``.

        Parameters
        ----------
        name
            Name of the preset.

        Raises
        ------
        InputError
            If there is no such preset; the message names the nearest one.
        """
        from amorph_flows.flows.presets import preset_fields

        return cls(**preset_fields(name))

    def check(self, structure: Structure, discharged_structure: Structure | None = None) -> None:
        """Refuse what cannot be right, before anything is computed.

        Parameters
        ----------
        structure
            The crystal without ions.
        discharged_structure
            The crystal with ions.

        Raises
        ------
        InputError, MissingDependencyError
            What is wrong, its value and what to do.
        """
        check_study(self, structure, discharged_structure)

    def make(self, structure: Structure, discharged_structure: Structure | None = None) -> Flow:
        """Return the flow; its output is a `StudyDoc`.

        Parameters
        ----------
        structure
            The crystal without ions.
        discharged_structure
            The crystal with ions; None takes the best Ewald occupation of the crystal's voids.
        """
        self.check(structure, discharged_structure)
        maker = self._with_engine()
        host = supercell_near(structure, self.cell_lengths_a)
        return _Study(maker, structure, discharged_structure, host).flow()

    def _with_engine(self) -> Self:
        """Return a copy whose stages all use this Maker's engine."""
        quench = replace(
            self.melt_quench,
            engine=self.engine,
            branch=replace(self.melt_quench.branch, engine=self.engine),
        )
        return replace(
            self,
            ion=str(parse_ion(self.ion)),
            melt_quench=quench,
            sampling=replace(self.sampling, engine=self.engine),
            active_learning=replace(self.active_learning, engine=self.engine, fit=self.fit),
            voltage=replace(self.voltage, engine=self.engine, insertion=self.insertion),
        )


class _Study:
    """The jobs of one study, gathered stage by stage."""

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
            shortenings=_shortenings(maker),
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


def _shortenings(maker: AmorphousElectrodeMaker) -> list[Any]:
    from amorph_flows.flows.presets import shortenings

    return shortenings(maker)
