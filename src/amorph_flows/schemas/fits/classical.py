"""Settings of classical potentials, whose parameters are given."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from amorph_flows.schemas.base import Document


class ClassicalSettings(Document):
    """Cutoffs and the Coulomb sum of a classical potential."""

    method: ClassVar[str] = "classical"

    backend: Literal["classical"] = "classical"
    pair_cutoff: float = Field(default=5.5, gt=0, description="of the pair terms, Å")
    coulomb: Literal["damped-shifted", "pppm"] = Field(
        default="damped-shifted",
        description="damped, shifted force (Fennell and Gezelter 2006), or PPPM's Ewald sum",
    )
    coulomb_cutoff: float = Field(
        default=8.0, gt=0, description="of the damped Coulomb force; of PPPM's sum in space, Å"
    )
    damping: float = Field(
        default=0.25, gt=0, description="damping of the damped, shifted force, 1/Å"
    )
    accuracy: float = Field(
        default=1e-5,
        gt=0,
        lt=1,
        description="of PPPM's forces, relative to that between two unit charges 1 Å apart",
    )

    @property
    def cutoff(self) -> float:
        """The largest cutoff, Å."""
        return max(self.pair_cutoff, self.coulomb_cutoff)
