"""The whole study: from a crystal to the voltage and transport of its amorphous form."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Self

from jobflow import Flow, Maker
from pymatgen.core import Structure

from amorph_flows.engines import AseEngine, Engine
from amorph_flows.flows import interface
from amorph_flows.flows.active_learning import ActiveLearningMaker
from amorph_flows.flows.completed import completed
from amorph_flows.flows.crystal import Crystal
from amorph_flows.flows.differences import differences, settings_of
from amorph_flows.flows.engine_transport import EngineTransportMaker
from amorph_flows.flows.glass_transition import GlassTransitionMaker
from amorph_flows.flows.large_glass import LargeGlassMaker
from amorph_flows.flows.melt_quench import MeltQuenchMaker
from amorph_flows.flows.more_glasses import add_glasses, handed_on
from amorph_flows.flows.potential import FitPotentialMaker
from amorph_flows.flows.presets import PRESETS, preset_fields
from amorph_flows.flows.sample_runs import analyse, cpu_seconds_of_runs, run_sample, run_small
from amorph_flows.flows.samples import Sample, formulas_of, make_samples
from amorph_flows.flows.side_runs import cool, run_host, run_melt, transport_beside
from amorph_flows.flows.study_check import check_study
from amorph_flows.flows.voltage import VoltageMaker
from amorph_flows.flows.voltage_profile import (
    PartlyFilled,
    fill_partly,
    profile_of,
)
from amorph_flows.jobs.insertion import IonInsertionMaker
from amorph_flows.jobs.production_md import ProductionMDMaker
from amorph_flows.jobs.sampling import SamplingMaker
from amorph_flows.jobs.study import write_report
from amorph_flows.jobs.transport import TransportSettings
from amorph_flows.references import published_protocol, references_for
from amorph_flows.schemas.combined import GlassesUntil
from amorph_flows.schemas.reference import Reference
from amorph_flows.schemas.study import Difference, StudyParts
from amorph_flows.structures.stoichiometry import count_ions, repeated_for_ions
from amorph_flows.upstream.jobflow import without_what_failed


@dataclass
class AmorphousElectrodeMaker(Maker):
    """Melt-quench, insertion, potential, active learning, production, voltage and transport.

    Every stage is a Maker in a field of its own and can be replaced by any that has what
    `amorph_flows.flows.interface` asks of it. The fields hold the published protocol (Choyal et
    al., Small 2025) by default; `from_preset` gives others.

    Parameters
    ----------
    name
        Name of the flow.
    preset
        Name of the preset that the settings came from, for the record.
    ion
        The ion that is inserted, such as ``"Mg2+"``.
    ions_per_formula
        Ions for each reduced formula of the host; the crystal of the voltage is repeated where its
        cell holds no whole number of them. Several, such as ``(0.25, 0.5, 1.0)``, give the voltage
        against content: the first glass is filled with each, the potential is fitted to all of
        them, and every other result is of the highest.
    engine
        Where energies and forces come from; given to every stage that computes some.
    cell_lengths_a
        Lengths of the cell that is molten, Å; mapped to the axes of the given crystal.
    relax_crystal
        Whether the engine relaxes atoms and cell of the crystal before it is molten.
    melt_quench, sampling, insertion, fit, active_learning, mtp_sampling, production, voltage
        The stages. ``sampling`` is engine MD with ions; ``mtp_sampling`` is MD with the potential
        in the cell that engine MD uses, ``production`` in a larger one.
    melt_sampling
        MD with the potential from the melt of a `MeltQuenchMaker`, at its temperature, whose
        radial distribution is compared with the engine's.
    large_glass
        How the cell of production is molten and quenched with the potential where
        ``production.glass`` is ``"quenched"``.
    produce_host, produce_small
        Whether production is run without ions, too, and whether in the cell of engine MD, too, for
        diffusivities that stand beside those of the larger cell.
    insertion_temperatures_k
        Branches that take up ions, K.
    production_temperatures_k
        Temperatures of production, K; one without a branch of its own starts from the structure
        of the nearest lower branch.
    find_glass_transition, glass_transition
        Whether to cool the structure with ions from above the melt with the potential to find its
        glass transition, which the Arrhenius fit is then tested against; and how.
    transport
        How diffusivities are taken from production.
    find_engine_transport, engine_transport
        Whether engine MD with ions of the first glass goes on, for diffusivities that stand beside
        those of the potential; and how.
    lattice_planes
        Planes per cell along a, b, c by element, such as ``{"Mg": (4, 6, 2)}``, that long-range
        order is measured against at every temperature; for elements without, the strongest ones
        are found in each sample, and temperatures may not compare.
    n_glasses
        Glasses, each with its own seeds of melt and quench. They share the potential, which is
        fitted to all of them; results are combined, with the scatter between glasses.
    n_occupations
        Occupations by ions of each glass, those of lowest Ewald energy. Where the potential makes
        the glass of production, that one has the best alone.
    references
        Values from elsewhere that the report shows beside the results, as `read_references` returns
        them; None takes those of the same glass that ship. They change the report and nothing else.
    until
        Relative error of a combined result that more glasses are made for, and how many at most.
        They share the potential, which is not fitted to them.

    Examples
    --------
    >>> from amorph_flows.structures import v2o5
    >>> flow = AmorphousElectrodeMaker.from_preset("demo").make(v2o5())
    """

    name: str = "amorphous electrode"
    preset: str = "choyal2025"
    ion: str = "Mg2+"
    ions_per_formula: float | tuple[float, ...] = 1.0
    engine: Engine = field(default_factory=AseEngine)
    cell_lengths_a: tuple[float, float, float] = (11.5, 8.8, 10.8)
    relax_crystal: bool = False
    melt_quench: interface.MeltQuench = field(default_factory=MeltQuenchMaker)
    insertion: interface.Insertion = field(default_factory=IonInsertionMaker)
    insertion_temperatures_k: tuple[float, ...] = (300.0, 600.0, 900.0, 1200.0)
    sampling: interface.Sampling = field(default_factory=SamplingMaker)
    fit: interface.PotentialFit = field(default_factory=FitPotentialMaker)
    active_learning: interface.ActiveLearning = field(default_factory=ActiveLearningMaker)
    mtp_sampling: interface.PotentialMD = field(
        default_factory=lambda: ProductionMDMaker(
            name="MTP sampling", supercell=(1, 1, 1), production_fs=20_000.0, frame_stride=50
        )
    )
    melt_sampling: interface.PotentialMD = field(
        default_factory=lambda: ProductionMDMaker(
            name="MTP melt", supercell=(1, 1, 1), production_fs=50_000.0, frame_stride=50
        )
    )
    production: interface.PotentialMD = field(default_factory=ProductionMDMaker)
    large_glass: interface.LargeGlass = field(default_factory=LargeGlassMaker)
    produce_host: bool = False
    produce_small: bool = False
    production_temperatures_k: tuple[float, ...] = (300.0, 600.0, 900.0, 1000.0, 1200.0)
    voltage: interface.Voltage = field(default_factory=VoltageMaker)
    find_glass_transition: bool = False
    glass_transition: interface.GlassTransition = field(default_factory=GlassTransitionMaker)
    transport: TransportSettings = field(default_factory=TransportSettings)
    find_engine_transport: bool = False
    engine_transport: EngineTransportMaker = field(default_factory=EngineTransportMaker)
    lattice_planes: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    n_glasses: int = 1
    n_occupations: int = 1
    references: tuple[Reference, ...] | None = None
    until: GlassesUntil = field(default_factory=GlassesUntil)

    @property
    def contents(self) -> tuple[float, ...]:
        """Ions per formula, from the lowest to the highest."""
        given = self.ions_per_formula
        return (float(given),) if isinstance(given, int | float) else tuple(sorted(given))

    @property
    def highest_content(self) -> float:
        """Ions per formula of the glass that all results but the voltage profile are of."""
        return self.contents[-1]

    @classmethod
    def presets(cls) -> list[str]:
        """Return the names that `from_preset` knows."""
        return sorted(PRESETS)

    @classmethod
    def from_preset(cls, name: str) -> Self:
        """Return the Maker of a preset: ``"choyal2025"``, ``"laptop"`` or ``"demo"``.

        Parameters
        ----------
        name
            Name of the preset.

        Raises
        ------
        InputError
            If there is no such preset; the message names the nearest one.
        """
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
        check_study(self, completed(self), structure, discharged_structure)

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
        study = completed(self)
        ion, temperatures = study.ion, study.insertion_temperatures_k
        engine = study.engine if study.relax_crystal else None
        host = Crystal.near(structure, study.cell_lengths_a, study.contents, engine)
        n_ions = count_ions(host.given, study.highest_content)
        empty, full = formulas_of(host.given, ion, n_ions)

        samples = make_samples(
            range(1, study.n_glasses + 1),
            study.n_occupations,
            study.melt_quench,
            study.insertion,
            study.sampling,
            host.cell,
            (ion, n_ions),
            temperatures,
            (empty, full),
        )
        filled = fill_partly(study, host.cell, samples[0])
        glasses: list[Sample | PartlyFilled] = [*samples, *filled]
        fit = study.fit.make([label for glass in glasses for label in glass.labels])
        starts = [start for glass in glasses for start in glass.starts]
        learned = study.active_learning.make(fit.output["potential"], fit.output["dataset"], starts)
        potential = learned.output.potential
        runs = [run_sample(study, potential, host, sample) for sample in samples]
        partly = [start for one in filled for start in one.starts]
        between = run_small(study, potential, partly, "end of engine MD")
        melts = run_melt(study, potential, samples[0])
        of_host = run_host(study, potential, samples[0])
        crystal = repeated_for_ions(structure, [study.highest_content])
        voltage = study.voltage.make(
            crystal,
            ion,
            count_ions(crystal, study.highest_content),
            [run for of_sample in runs for run in of_sample.with_ions],
            discharged_structure=discharged_structure,
            **({"potential": potential} if isinstance(study.voltage, VoltageMaker) else {}),
        )
        cooled = cool(study, potential, samples[0])
        beside = transport_beside(study, potential, host.cell, samples[0])
        transition = cooled[0].output if cooled else None
        given = host.cell, ion, transition, study.lattice_planes, study.transport
        labels = [label for one in filled for label in one.labels]
        first = analyse(runs[0], *given, labels, [*melts, *of_host, *between.values()])
        profile = profile_of(study, filled, between, first, voltage.output)
        others = [analyse(of_sample, *given) for of_sample in runs[1:]]
        several = [first, *others] if others or study.until.is_set else []
        report = write_report(
            title=f"{full} from amorphous {empty}",
            preset=study.preset,
            ion=ion,
            **first.documents,
            learned=learned.output,
            host_production=[job.output for job in of_host],
            voltage=voltage.output,
            voltage_profile=profile[0].output if profile else None,
            differences_from_paper=study.differences_from_paper(),
            settings=replace(study, references=None),
            cpu_seconds=cpu_seconds_of_runs(samples, runs),
            glass_transition=transition,
            **{name: flow.output for name, flow in beside.items()},
            samples=[one.as_sample for one in several],
            references=references_for(full, ion, study.references),
        )
        report.name = "report"
        without_what_failed(report)
        quenched, inserted, sampled = (
            [job for sample in samples for job in sample.jobs[n]] for n in range(3)
        )
        inserted += [job for one in filled for job in one.inserted.values()]
        sampled += [job for one in filled for job in one.sampled.values()]
        stages = [*host.jobs, *quenched, *inserted, *sampled, fit, learned, *melts]
        stages += [job for of_sample in runs for job in of_sample.jobs]
        ends = [*between.values(), *of_host, *cooled, *beside.values(), voltage]
        ends += [*(job for one in (first, *others) for job in one.jobs), *profile]
        return Flow([*stages, *ends, report], output=report.output, name=f"{study.name} {full}")

    def more_glasses(self, parts: StudyParts, n_glasses: int) -> Flow:
        """Return the flow that makes more glasses and reports on all of them.

        Parameters
        ----------
        parts
            The documents of the study so far.
        n_glasses
            Glasses to add.
        """
        return add_glasses(self, parts.quench.crystal, handed_on(parts), n_glasses)

    def differences_from_paper(self) -> list[Difference]:
        """Return what differs from the published protocol (Choyal et al., Small 2025, section 2).

        Each has ``what``, ``paper`` and ``here``, and the place in the paper. Settings that the
        paper does not state come last, with ``paper`` as "not stated". No setting that changes a
        number is missing.
        """
        return differences(published_protocol(), settings_of(completed(self)))
