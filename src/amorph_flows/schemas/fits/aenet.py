"""Settings of fits of atomic energy networks."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator
from typing_extensions import override

from amorph_flows.schemas.fits.base import FitSettings


class AENETSettings(FitSettings):
    """How atomic energy networks are trained by AENET: energies alone, by L-BFGS.

    Epochs are those of paper 004; what it gives no numbers for are those of AENET's own example.
    """

    method: ClassVar[str] = "AENET"

    backend: Literal["aenet"] = "aenet"
    cutoff: float = Field(default=8.0, gt=0, description="cutoff of the radial functions, Å")
    energy_weight: float = Field(default=1.0, ge=1, le=1, description="AENET has no weights")
    force_weight: float = Field(default=0.0, ge=0, le=0, description="AENET fits no forces")
    stress_weight: float = Field(default=0.0, ge=0, le=0, description="AENET fits no stress")
    radial_order: int = Field(default=16, ge=1, description="largest radial Chebyshev polynomial")
    angular_cutoff: float = Field(
        default=6.5, gt=0, description="cutoff of the angular functions, Å; not above the cutoff"
    )
    angular_order: int = Field(default=4, ge=0, description="largest angular polynomial")
    min_distance: float = Field(
        default=0.75, gt=0, description="closest that two atoms may come, Å (RMIN)"
    )
    hidden: tuple[int, ...] = Field(
        default=(15, 15), min_length=1, description="nodes of each hidden layer"
    )
    activation: Literal["tanh", "sigmoid", "twist", "linear"] = "tanh"
    max_steps: int = Field(default=3300, ge=1, description="epochs at most")
    test_percent: float = Field(
        default=10.0,
        gt=0,
        lt=100,
        description="share of the training frames that train.x sets aside at random, %",
    )
    members: int = Field(
        default=4,
        ge=1,
        description="networks trained side by side; where their forces disagree, they "
        "extrapolate; 1: no grades",
    )

    @model_validator(mode="after")
    def _angular_inside(self) -> Self:
        if self.angular_cutoff > self.cutoff:
            raise ValueError(
                f"angular_cutoff is {self.angular_cutoff} Å, above the cutoff of {self.cutoff} Å; "
                "make it smaller"
            )
        return self

    @override
    def larger(self) -> tuple[str, Any] | None:
        if max(self.hidden) >= 30:
            return None
        return "hidden", tuple(2 * nodes for nodes in self.hidden)

    @property
    def model(self) -> str:
        """The model for people."""
        return f"{self.method} with layers of {', '.join(map(str, self.hidden))} nodes"
