"""The document of a study of glasses: its results and its report."""

from __future__ import annotations

from pydantic import Field

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.schemas.base import Document, StageDocument


class GlassResult(Document):
    """One number of the study."""

    quantity: str = Field(
        description="density, coordination_P_O, glass_transition, youngs_modulus, "
        "tracer_diffusivity and so on"
    )
    species: str = Field(default="", description="that diffuses")
    temperature_k: float | None = None
    heating: str = Field(
        default="", description="nvt or npt, under which a glass was heated or cooled"
    )
    value: float
    unit: str
    uncertainty: float | list[float] | None = Field(
        description="standard deviation between glasses, or the 95 % interval [low, high]"
    )
    n_glasses: int
    doubts: list[Verdict] = Field(default_factory=list, description="verdicts that did not pass")


class GlassStudyDoc(StageDocument):
    """What came out of a study of glasses."""

    formula: str
    preset: str
    results: list[GlassResult]
    documents: dict[str, list[str]] = Field(description="uuids of the documents behind, by stage")
    files: dict[str, str] = Field(default_factory=dict, description="report.html and report.json")
