"""The documents of a whole study: the parts of its report and its results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator
from typing_extensions import override

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.schemas.active_learning import ActiveLearningDoc
from amorph_flows.schemas.base import Document, StageDocument
from amorph_flows.schemas.combined import CombinedDoc, GlassExtension
from amorph_flows.schemas.comparison import StudyBasis
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.figure import FigureDoc
from amorph_flows.schemas.glass_transition import GlassTransitionDoc
from amorph_flows.schemas.insertion import SiteSetDoc
from amorph_flows.schemas.judged_number import JudgedNumber
from amorph_flows.schemas.melt_quench import QuenchDoc
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.schemas.reference import Reference
from amorph_flows.schemas.structure import StructureDoc
from amorph_flows.schemas.transport import TransportDoc
from amorph_flows.schemas.voltage import VoltageDoc, VoltagePoint
from amorph_flows.schemas.voltage_profile import VoltageProfileDoc

Quantity = Literal[
    "average_voltage",
    "voltage_crystal",
    "tracer_diffusivity",
    "jump_diffusivity",
    "haven_ratio",
    "conductivity",
    "residence_time",
    "memory_time",
    "correlation_factor",
    "activation_energy",
    "diffusivity_300k",
    "conductivity_300k",
]


class ResultRow(JudgedNumber):
    """One line of the report's first table."""

    quantity: Quantity
    structure_source: str = Field(
        description="crystal, crystal by MTP, crystal relaxed by MTP, engine MD or MTP MD"
    )
    uncertainty: float | list[float] | None = Field(
        description="standard error, or the 95 % interval [low, high]"
    )
    documents: list[str] = Field(description="uuids of the documents behind the number")
    combined: CombinedDoc | None = Field(
        default=None, description="how the value came from several glasses or occupations"
    )
    note: str = Field(
        default="", description="which scatter the uncertainty holds, and what would halve it"
    )

    @property
    @override
    def origin(self) -> str:
        return self.structure_source


class Difference(Document):
    """One way in which a study differs from the published protocol."""

    what: str
    paper: Any = Field(description="plain data; 'not stated' where the paper does not say")
    here: Any = Field(description="plain data")
    unit: str = ""
    where: str = Field(default="", description="place in the paper")
    field: str = Field(default="", description="dotted name of the setting; empty: there is none")
    stated: bool = Field(default=True, description="whether the paper says it")
    factor: float | None = Field(
        default=None,
        description="how many times shorter, smaller or coarser this study is, where it is",
    )


class SampleParts(Document):
    """What a report needs of one glass with one occupation by ions, where there are several."""

    glass: int = Field(description="its number, from 1")
    occupation: int = Field(description="its number, from 1, the one of lowest Ewald energy")
    runs: list[str] = Field(
        description="uuids of the runs with ions in the cell of engine MD, which voltages are from"
    )
    quench: QuenchDoc
    insertions: list[SiteSetDoc]
    production: list[TrajectoryDoc]
    structure: StructureDoc | None
    transport: TransportDoc | None = Field(
        description="None for occupations in whose glass no production was run"
    )
    large_quench: QuenchDoc | None = None
    large_insertions: list[SiteSetDoc] = Field(default_factory=list)


class StudyParts(Document):
    """Everything that a report is made from; of several samples, the first is the one shown."""

    title: str
    preset: str
    ion: str
    quench: QuenchDoc
    insertions: list[SiteSetDoc]
    dataset: DatasetDoc
    potential: PotentialDoc
    active_learning: ActiveLearningDoc
    production: list[TrajectoryDoc]
    structure: StructureDoc
    transport: TransportDoc
    voltage: VoltageDoc
    differences_from_paper: list[Difference] = Field(
        default_factory=list, description="what differs from the published protocol"
    )
    settings: dict[str, object] = Field(default_factory=dict, description="the Maker, as stored")
    host_production: list[TrajectoryDoc] = Field(default_factory=list, description="without ions")
    large_quench: QuenchDoc | None = Field(
        default=None, description="of the glass of production, where the potential made one"
    )
    large_insertions: list[SiteSetDoc] = Field(default_factory=list, description="into that glass")
    cpu_seconds: dict[str, list[float | None]] = Field(
        default_factory=dict,
        description="CPU time of the jobs of stages whose documents are not here, s",
    )
    glass_transition: GlassTransitionDoc | None = None
    engine_transport: TransportDoc | None = Field(
        default=None, description="from engine MD of the first sample, beside the potential's"
    )
    small_transport: TransportDoc | None = Field(
        default=None, description="from production in the cell of engine MD, of the first sample"
    )
    voltage_profile: VoltageProfileDoc | None = Field(
        default=None, description="voltage against content, where the study has several contents"
    )
    failed: dict[str, int] = Field(
        default_factory=dict, description="jobs of stages that failed and left no document"
    )
    samples: list[SampleParts] = Field(
        default_factory=list, description="all of them, the first too; empty where there is one"
    )
    references: list[Reference] = Field(
        default_factory=list, description="values from elsewhere, shown beside the results"
    )
    extensions: list[GlassExtension] = Field(
        default_factory=list, description="glasses that were added, and why"
    )
    enough_glasses: Verdict | None = Field(
        default=None, description="None where no goal says how many glasses are enough"
    )

    @property
    def n_glasses(self) -> int:
        """Glasses that the results are of."""
        return max(1, len({sample.glass for sample in self.samples}))

    def of_sample(self, sample: SampleParts) -> StudyParts:
        """Return the parts with the glass, occupation and voltages of one sample.

        Parameters
        ----------
        sample
            One of `samples`.
        """
        own: dict[str, Any] = {"quench": sample.quench, "insertions": sample.insertions}
        own |= {"large_quench": sample.large_quench, "large_insertions": sample.large_insertions}
        if sample.structure is not None:
            own["structure"] = sample.structure
        if sample.transport is not None:
            own |= {"transport": sample.transport, "production": sample.production}
        points = [p for p in self.voltage.points if self._holds(sample, p)]
        own["voltage"] = self.voltage.model_copy(update={"points": points})
        return self.model_copy(update=own)

    def _holds(self, sample: SampleParts, point: VoltagePoint) -> bool:
        """Return whether a voltage is one of a sample's, or of the crystal."""
        if point.temperature_k is None:
            return True
        return bool({*sample.runs} & {*point.documents})


class StudyDoc(StageDocument):
    """The end of a study: its results and where its report is."""

    title: str
    preset: str
    ion: str
    results: list[ResultRow]
    differences_from_paper: list[Difference] = Field(
        default_factory=list, description="what differs from the published protocol"
    )
    references: list[Reference] = Field(
        default_factory=list, description="values from elsewhere, shown beside the results"
    )
    extensions: list[GlassExtension] = Field(
        default_factory=list, description="glasses that were added, and why"
    )
    enough_glasses: Verdict | None = Field(
        default=None, description="None where no goal says how many glasses are enough"
    )
    basis: StudyBasis | None = Field(
        default=None, description="what decides with which other studies it may be compared"
    )
    report_html: str
    report_json: str
    files: dict[str, str] = Field(default_factory=dict, description="the report itself")
    figures: dict[str, FigureDoc] = Field(
        default_factory=dict, description="what each figure of the report shows, by its name"
    )

    @model_validator(mode="before")
    @classmethod
    def _without_shortenings(cls, stored: Any) -> Any:
        """Leave out a field that studies had before `differences_from_paper`."""
        if isinstance(stored, Mapping):
            return {key: value for key, value in stored.items() if key != "shortenings"}
        return stored
