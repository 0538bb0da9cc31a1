"""The document of a glass transition."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.schemas.base import StageDocument
from amorph_flows.schemas.result import ResultDocument


class GlassTransitionDoc(ResultDocument, StageDocument):
    """Glass transition of one cooling or heating run."""

    temperature_k: float = Field(description="where the two lines meet, K")
    interval_k: tuple[float, float] = Field(description="95 % interval, K")
    glass_slope: float = Field(description="of the property below, per K")
    liquid_slope: float = Field(description="of the property above, per K")
    transition: Verdict = Field(description="whether it was found")
    temperatures_k: list[float] = Field(default_factory=list, description="of the curve, K")
    energies_ev_atom: list[float] = Field(
        default_factory=list,
        description="mean potential energy at each, or with the volume free enthalpy, eV/atom",
    )
    ensemble: Literal["nvt", "npt"] = Field(
        default="nvt",
        description="of the holds; the energy bends under nvt, the enthalpy under npt",
    )
    volumes_a3_atom: list[float] = Field(
        default_factory=list, description="mean volume at each under npt, Å³/atom"
    )
    volume_temperature_k: float | None = Field(
        default=None, description="where the lines of the volume meet, K"
    )
    volume_interval_k: tuple[float, float] | None = Field(
        default=None, description="its 95 % interval, K"
    )
    volume_transition: Verdict | None = Field(
        default=None, description="whether the volume has a glass transition"
    )
    glass_expansion_per_k: float | None = Field(
        default=None,
        description="slope of the volume below its transition over the volume there, 1/K",
    )
    liquid_expansion_per_k: float | None = Field(default=None, description="the same above, 1/K")
    rate_k_per_ps: float | None = Field(
        default=None, description="mean cooling rate, holds included, K/ps"
    )
    max_grade: float | None = Field(default=None, description="largest extrapolation grade")
    fraction_above_select: float | None = Field(
        default=None, description="of the graded steps; None where the grade was not watched"
    )
    inside: Verdict | None = Field(
        default=None,
        description="whether a fitted potential stayed inside its training set; None: an engine or "
        "a classical potential cooled",
    )
