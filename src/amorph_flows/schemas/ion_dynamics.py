"""The document of ion motion in several glasses."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.schemas.base import Document, StageDocument
from amorph_flows.schemas.combined import CombinedDoc

Heating = Literal["nvt", "npt"]
"""How a glass was heated: at its volume, or as it expands."""


class HeatedDiffusivity(Document):
    """The tracer diffusivity of one species at one temperature."""

    heating: Heating
    species: str
    temperature_k: float
    cm2_s: CombinedDoc = Field(description="of all glasses, cm²/s")
    n_believed: int = Field(description="runs whose numerical verdicts passed")
    doubts: list[Verdict] = Field(
        default_factory=list, description="verdicts that a run did not pass, one of each question"
    )


class HeatedActivation(Document):
    """The activation energy of the tracer diffusivity of one species."""

    heating: Heating
    species: str
    ev: CombinedDoc = Field(description="of all glasses that have one, eV")


class IonDynamicsDoc(StageDocument):
    """How ions move in glasses that were heated to several temperatures."""

    species: list[str] = Field(description="ions, the mobile one first")
    n_glasses: int
    transport_uuids: list[str] = Field(
        description="of the TransportDoc of each heating, species and glass: Arrhenius fits with "
        "their tests for a bend, van Hove functions, hops, slow and fast ions"
    )
    transport_keys: list[tuple[Heating, str, int]] = Field(
        default_factory=list, description="heating, species and number of the glass of each"
    )
    mobility_uuids: list[str] = Field(
        default_factory=list, description="of the IonMobilityDoc of each heating and glass"
    )
    mobility_keys: list[tuple[Heating, int]] = Field(
        default_factory=list, description="heating and number of the glass of each"
    )
    inputs_cpu_seconds: float | None = Field(
        default=None, description="CPU time of the runs, s; None where it is not known"
    )
    tracer_diffusivities: list[HeatedDiffusivity]
    activation_energies: list[HeatedActivation]
