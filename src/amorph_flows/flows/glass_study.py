"""A study of glasses: made from a composition, described, cooled, strained and heated."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from jobflow import Flow, Job, Maker, OutputReference
from monty.json import jsanitize
from pymatgen.core import Composition

from amorph_flows.engines import Engine
from amorph_flows.errors import unknown_name
from amorph_flows.flows.batch_active_learning import BatchActiveLearningMaker
from amorph_flows.flows.checks import atoms_of, check_stage
from amorph_flows.flows.elastic import ElasticMaker
from amorph_flows.flows.glass import GlassStructureMaker
from amorph_flows.flows.glass_making import GlassMaker
from amorph_flows.flows.glass_presets import PRESETS, christensen2025, short_learning
from amorph_flows.flows.glass_transition import GlassTransitionMaker
from amorph_flows.flows.ion_dynamics import IonDynamicsMaker
from amorph_flows.jobs.glass_study import write_glass_report
from amorph_flows.references import references_for
from amorph_flows.schemas.base import StageDocument
from amorph_flows.schemas.ion_mobility import IonMobilityDoc
from amorph_flows.schemas.reference import Reference
from amorph_flows.schemas.transport import TransportDoc
from amorph_flows.structures import CompositionLike, read_mixture
from amorph_flows.structures.ions import network_of, parse_ion
from amorph_flows.upstream.jobflow import without_what_failed


@dataclass
class GlassStudyMaker(Maker):
    """Make glasses of a composition with a potential and find out what they are like.

    `GlassMaker` makes them; of them all, `GlassStructureMaker` describes the structure and
    `IonDynamicsMaker` how ions move when they are heated; each is cooled for its glass transition
    and strained for its elastic constants. What fails is left out of the report. The potential is
    that of `glasses`, or the one that `learning` ends with.

    Parameters
    ----------
    name
        Name of the flow.
    preset
        The protocol, for the record.
    ion
        Mobile ion, such as ``"Na+"``; None: the cation of least charge.
    learning
        How a potential is fitted first, which is then that of all stages; None: it is given.
    glasses
        How glasses are made; its engine is that of all stages.
    structure
        How they are described.
    transition, elastic, ions
        The other stages; None leaves one out.
    references
        Values from elsewhere that the report shows beside the results, as `read_references` returns
        them; None: those of the same glass that ship.
    transition_ensembles
        Under which each glass is cooled for its transition, in the place of
        ``transition.production.ensemble``: ``"nvt"``, at the volume of the glass, or ``"npt"``.

    Examples
    --------
    >>> flow = GlassStudyMaker.from_preset("christensen2025").make("NaFePO4")
    """

    name: str = "glass study"
    preset: str = "christensen2025"
    ion: str | None = None
    learning: BatchActiveLearningMaker | None = None
    glasses: GlassMaker = field(default_factory=GlassMaker)
    structure: GlassStructureMaker = field(default_factory=GlassStructureMaker)
    transition: GlassTransitionMaker | None = field(
        default_factory=lambda: christensen2025()["transition"]
    )
    transition_ensembles: tuple[Literal["nvt", "npt"], ...] = ("nvt", "npt")
    elastic: ElasticMaker | None = field(default_factory=lambda: christensen2025()["elastic"])
    ions: IonDynamicsMaker | None = field(default_factory=IonDynamicsMaker)
    references: tuple[Reference, ...] | None = None

    @classmethod
    def from_preset(cls, name: str, **changes: Any) -> Self:
        """Return the Maker of a preset.

        Parameters
        ----------
        name
            ``"christensen2025"`` or ``"glass-demo"``.
        **changes
            Fields that are to be others.

        Raises
        ------
        InputError
            If there is no such preset.
        """
        if name not in PRESETS:
            raise unknown_name("preset", name, sorted(PRESETS))
        return cls(**{**PRESETS[name](), **changes})

    def learning_first(self, engine: Engine) -> Self:
        """Return the study with a potential that is fitted first, as its preset does it.

        A potential of minutes holds no melt together at zero pressure, so that a demonstration
        keeps the volume of its packings.

        Parameters
        ----------
        engine
            Of the labels.
        """
        if self.preset != "glass-demo":
            return replace(self, learning=BatchActiveLearningMaker(engine=engine))
        ions, glasses = self.ions, self.glasses
        schedule = glasses.schedule.model_copy(
            update={"start_npt_fs": 0.0, "melt_npt_fs": 0.0, "ensemble": "nvt"}
        )
        return replace(
            self,
            learning=replace(short_learning(), engine=engine),
            glasses=replace(glasses, schedule=schedule),
            transition_ensembles=("nvt",),
            ions=None if ions is None else replace(ions, heatings=("nvt",)),
        )

    def check(self, source: CompositionLike) -> None:
        """Refuse a study that could not run to its end, before anything is run.

        Parameters
        ----------
        source
            Formula, mixture or structure.

        Raises
        ------
        InputError, MissingDependencyError
            What a stage says.
        """
        if self.learning is not None:
            self.learning.check(source)
        self._filled(source)

    def make(self, source: CompositionLike) -> Flow:
        """Return the flow; its output is a `GlassStudyDoc`, with ``report.html``.

        Parameters
        ----------
        source
            Formula, mixture of formulas, or a structure to melt.

        Raises
        ------
        InputError, MissingDependencyError
            As `check`.
        """
        self.check(source)
        learn = None if self.learning is None else self.learning.make(source)
        study = self._filled(source) if learn is None else self._learned(learn, source)
        potential = study.glasses.potential(source)
        made = study.glasses.make(source)
        runs: list[OutputReference] = made.output["glasses"]
        cells = [run.structure for run in runs]
        described = study.structure.make(runs)
        parts = [made, described]
        transitions, strained, moved = [], [], None
        for number, cell in enumerate(cells, start=1):
            transitions += [maker.make(cell, potential) for maker in study._transitions(number)]
            if study.elastic is not None:
                strain = replace(study.elastic, name=f"{study.elastic.name} {number}")
                strained.append(strain.make(cell))
        if study.ions is not None:
            moved = study.ions.make(cells)
        if learn is not None:
            parts = [learn, *parts]
        parts += [*transitions, *strained, *([moved] if moved else [])]
        report = write_glass_report(
            study.preset,
            self.settings,
            study._references(source),
            potential,
            made.output["summary"],
            runs,
            described.output,
            [flow.output for flow in transitions],
            [flow.output for flow in strained],
            moved.output if moved else None,
            learn.output.loop if learn else None,
            *(_outputs(moved, kind) for kind in (TransportDoc, IonMobilityDoc)),
        )
        report.name = "report"
        without_what_failed(report)
        return Flow([*parts, report], output=report.output, name=self.name)

    @property
    def settings(self) -> dict[str, Any]:
        """Fields of the stages as plain data, without their engines, by which remedies go."""
        stages = {
            name: {key: value for key, value in vars(stage).items() if key != "engine"}
            for name in ("glasses", "structure", "transition", "elastic", "ions", "learning")
            if (stage := getattr(self, name)) is not None
        }
        settings: dict[str, Any] = jsanitize(stages, strict=True, enum_values=True)
        return settings

    def _references(self, source: CompositionLike) -> list[Reference]:
        """Return what the report shows beside the results."""
        glass = read_mixture(source, self.glasses.packing.oxidation_states).formula_unit
        ion = self.structure.ion or ""
        return references_for(glass.reduced_formula, ion, self.references)

    def _learned(self, learn: Flow, source: CompositionLike) -> GlassStudyMaker:
        """Return the study with the potential that a loop ends with."""
        engine = replace(self.glasses.engine, potential=learn.output.potential, elements=None)
        return replace(self, glasses=replace(self.glasses, engine=engine))._filled(source)

    def _filled(self, source: CompositionLike) -> GlassStudyMaker:
        """Return the study with one potential and one ion in all stages, checked."""
        self.glasses.check(source)
        potential = self.glasses.potential(source)
        mixture = read_mixture(source, self.glasses.packing.oxidation_states)
        charges = {el.symbol: q for el, q in mixture.charges.items() if q > 0}
        least = min(charges, key=lambda symbol: charges[symbol], default=None)
        ion = self.ion
        if ion is None and least is not None:
            ion = f"{least}{charges[least]:g}+".replace("1+", "+")
        engine = replace(self.glasses.engine, potential=potential, elements=None)
        structure, ions, elastic = self.structure, self.ions, self.elastic
        if structure.ion is None:
            structure = replace(structure, ion=ion)
        if ions is not None:
            moved = (ion,) if ion else ions.ions
            backbone = ions.ring_backbone or _backbone(mixture.formula_unit, moved[0])
            ions = replace(ions, engine=engine, ions=moved, ring_backbone=backbone)
        if elastic is not None:
            fmax = getattr(elastic.engine, "relax_fmax_ev_a", engine.relax_fmax_ev_a)
            elastic = replace(elastic, engine=replace(engine, relax_fmax_ev_a=fmax))
        study = replace(self, structure=structure, ions=ions, elastic=elastic)
        some = atoms_of([element.symbol for element in mixture.formula_unit])
        for name in ("structure", "elastic", "ions"):
            if (stage := getattr(study, name)) is not None:
                check_stage(name, stage, some)
        for cooled in study._transitions(1):
            check_stage("transition", cooled, some, True)
        return study

    def _transitions(self, number: int) -> list[GlassTransitionMaker]:
        """Return what cools a glass, one for each ensemble."""
        if self.transition is None:
            return []
        made = []
        for ensemble in self.transition_ensembles:
            holds = replace(self.transition.production, ensemble=ensemble)
            if ensemble == "nvt":
                holds = replace(holds, pressure_gpa=0.0)
            name = f"{self.transition.name} {number} {ensemble.upper()}"
            made.append(replace(self.transition, name=name, production=holds))
        return made


def _backbone(formula: Composition, ion: str) -> list[str]:
    """Return the cations of the network of a glass, without the ion that moves in it."""
    former, others, _ = network_of(element.symbol for element in formula)
    return [symbol for symbol in (former, *others) if symbol != parse_ion(ion).symbol]


def _outputs(flow: Flow | None, kind: type[StageDocument]) -> list[OutputReference]:
    """Return the outputs of the jobs of a flow that make one kind of document."""
    jobs = [] if flow is None else [job for job in flow.jobs if isinstance(job, Job)]
    return [job.output for job in jobs if job.output_schema is kind]
