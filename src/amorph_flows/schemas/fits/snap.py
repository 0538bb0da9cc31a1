"""Settings of fits of SNAP potentials."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from amorph_flows.schemas.fits.base import FitSettings

_USUAL_TWOJMAX = 8


class SnapSettings(FitSettings):
    """How a SNAP potential is fitted: its basis, the ridge, and the search of what is best."""

    method: ClassVar[str] = "SNAP"

    backend: Literal["snap", "qsnap"] = Field(
        default="snap", description="'qsnap' adds the products of two bispectrum components"
    )
    cutoff: float = Field(
        default=5.0,
        gt=0,
        description="cutoff of two atoms of the largest element, Å; the search may shorten it",
    )
    twojmax: int = Field(
        default=6,
        ge=2,
        le=14,
        multiple_of=2,
        description="twice the largest angular momentum, even; 6 gives 30 components; the search "
        "may take 2 less",
    )
    radii: dict[str, float] = Field(
        default_factory=dict,
        description="relative radius of elements, which scales the cutoff of their pairs; not "
        "named: 1",
    )
    neighbour_weights: dict[str, float] = Field(
        default_factory=dict,
        description="weight of an element as a neighbour; not named: between 1 and 0.7 in the "
        "order of the atomic numbers",
    )
    ridge: float = Field(
        default=1e-9, ge=0, description="ridge of the least squares with columns of unit length"
    )
    trials: int = Field(
        default=20,
        ge=1,
        description="sets of cutoff, twojmax, radii and neighbour weights that are compared on "
        "the validation frames; 1: as given",
    )

    @property
    def weighs_frames(self) -> bool:
        """Whether the method can give some frames less weight than others."""
        return True

    @property
    def passes(self) -> int:
        """How often a fit goes through its training frames, at most."""
        return min(self.trials, self.max_steps)

    @override
    def larger(self) -> tuple[str, Any] | None:
        return ("twojmax", self.twojmax + 2) if self.twojmax < _USUAL_TWOJMAX else None

    @property
    def model(self) -> str:
        """The model for people."""
        products = "quadratic " if self.backend == "qsnap" else ""
        return f"{products}{self.method} with twojmax {self.twojmax}"
