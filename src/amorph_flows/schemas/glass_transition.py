"""The document of a glass transition."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from amorph_flows.analysis.glass_transition import GlassTransition, TransitionVerdict
from amorph_flows.schemas.base import StageDocument
from amorph_flows.schemas.result import judged, verdict_on
from amorph_flows.schemas.verdict import Verdict


class GlassTransitionDoc(StageDocument):
    """Glass transition of one cooling or heating run."""

    temperature_k: float = Field(description="where the two lines meet, K")
    interval_k: tuple[float, float] = Field(description="95 % interval, K")
    glass_slope: float = Field(description="of the property below, per K")
    liquid_slope: float = Field(description="of the property above, per K")
    transition: Verdict
    temperatures_k: list[float] = Field(default_factory=list, description="of the curve, K")
    energies_ev_atom: list[float] = Field(
        default_factory=list, description="mean potential energy at each, eV/atom"
    )

    @classmethod
    def from_result(cls, result: GlassTransition) -> Self:
        """Return the document of what `fit_glass_transition` returned."""
        found = result.verdict is TransitionVerdict.FOUND
        verdict = verdict_on("glass transition?", result, found, "temperature_k", "probability")
        return judged(cls, result, transition=verdict)
