"""The document of a study of glasses: its results and its report."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from typing_extensions import override

from amorph_flows.schemas.base import StageDocument
from amorph_flows.schemas.figure import FigureDoc
from amorph_flows.schemas.judged_number import JudgedNumber


class GlassResult(JudgedNumber):
    """One number of the study."""

    of_uncertainty: ClassVar[str] = "standard deviation between glasses"

    quantity: str = Field(
        description="density, coordination_P_O, glass_transition, youngs_modulus, "
        "tracer_diffusivity and so on"
    )
    species: str = Field(default="", description="that diffuses")
    heating: str = Field(
        default="", description="nvt or npt, under which a glass was heated or cooled"
    )
    uncertainty: float | list[float] | None = Field(
        description="standard deviation between glasses, or the 95 % interval [low, high]"
    )
    n_glasses: int

    @property
    @override
    def origin(self) -> str:
        return self.heating.upper()


class GlassStudyDoc(StageDocument):
    """What came out of a study of glasses."""

    formula: str
    preset: str
    results: list[GlassResult]
    documents: dict[str, list[str]] = Field(description="uuids of the documents behind, by stage")
    files: dict[str, str] = Field(default_factory=dict, description="report.html and report.json")
    figures: dict[str, FigureDoc] = Field(
        default_factory=dict, description="what each figure of the report shows, by its name"
    )
