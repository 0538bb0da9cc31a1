"""Settings of fits of moment tensor potentials."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from amorph_flows.schemas.fits.base import FitSettings

_PUBLISHED_LEVEL = 16


class MTPSettings(FitSettings):
    """How a moment tensor potential is fitted; the defaults are those of Choyal et al. (2025)."""

    method: ClassVar[str] = "MTP"

    backend: Literal["mtp", "motep"] = Field(
        default="mtp", description="'mtp' is the compiled kernel; 'motep' needs no compiler"
    )
    level: int = Field(
        default=_PUBLISHED_LEVEL, ge=2, le=28, description="level of the potential, even"
    )
    cutoff: float = Field(default=7.0, gt=0, description="cutoff radius, Å")
    min_distance: float | None = Field(
        default=None, gt=0, description="start of the radial basis, Å; None: from the frames"
    )
    radial_size: int = Field(default=8, ge=2, description="Chebyshev terms of a radial function")

    @property
    def weighs_frames(self) -> bool:
        """Whether the method can give some frames less weight than others; motep cannot."""
        return self.backend == "mtp"

    @override
    def larger(self) -> tuple[str, Any] | None:
        return (
            ("level", min(self.level + 4, _PUBLISHED_LEVEL))
            if self.level < _PUBLISHED_LEVEL
            else None
        )

    @property
    def model(self) -> str:
        """The model for people."""
        return f"{self.method} of level {self.level}"
