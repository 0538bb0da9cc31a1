"""The document of voltages against the content of ions."""

from __future__ import annotations

from enum import auto
from typing import Literal

from pydantic import Field

from amorph_flows.analysis.verdict import Answer, Verdict
from amorph_flows.analysis.voltage import VoltageStep
from amorph_flows.schemas.base import Document, StageDocument
from amorph_flows.schemas.labelling import EngineInfo


class VoltageProfileVerdict(Answer):
    """Answers to the questions on a profile."""

    ALL_CONTENTS = auto()
    CONTENTS_MISSING = auto()
    PRECISE = auto()
    IMPRECISE = auto()


class ContentEnergy(Document):
    """The energy of the glass at one content of ions."""

    ions_per_formula: float
    energy_ev_formula: float = Field(
        description="mean potential energy less that of harmonic vibration, eV per formula"
    )
    half_width_ev_formula: float | None = Field(
        description="of its 95 % interval, from blocks of time; None where the run is too short"
    )
    above_hull_ev_formula: float | None = Field(
        default=None, description="above the lower hull, zero on it; None where there is none"
    )
    n_frames: int = Field(description="over which the energy was averaged")
    document: str = Field(description="uuid of the document of the run")


class ProfileAtTemperature(Document):
    """Voltage against content from MD at one temperature."""

    structure_source: Literal["engine MD", "MTP MD"]
    temperature_k: float
    contents: list[ContentEnergy]
    steps: list[VoltageStep] = Field(description="from the lowest content to the highest")
    verdicts: list[Verdict] = Field(default_factory=list)


class VoltageProfileDoc(StageDocument):
    """Voltages between neighbours on the lower hull, at each temperature and from each source."""

    ion: str
    host: str = Field(description="formula that contents are told for")
    engine: EngineInfo = Field(description="of the metal")
    reference_energy_ev: float = Field(description="of one atom of the metal, eV")
    profiles: list[ProfileAtTemperature]
    inputs_cpu_seconds: float | None = Field(
        default=None, description="CPU time of MD at the contents between, s; None where not known"
    )
