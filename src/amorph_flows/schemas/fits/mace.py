"""Settings of fits of MACE."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator
from typing_extensions import override

from amorph_flows.schemas.fits.base import doubled
from amorph_flows.schemas.fits.networks import FineTunedSettings, NetworkSettings


class MACESettings(FineTunedSettings):
    """How a MACE is trained, anew or from a foundation model; sizes are those of its examples.

    I. Batatia et al., Advances in Neural Information Processing Systems 35, 11423 (2022).
    """

    method: ClassVar[str] = "MACE"
    architecture: ClassVar[tuple[str, ...]] = (
        *NetworkSettings.architecture,
        *("foundation", "head", "layers", "features", "max_l", "max_ell", "correlation"),
        *("bessels", "radial_width"),
    )

    backend: Literal["mace"] = "mace"
    foundation: str = Field(
        default="",
        description="file of a MACE model to fine-tune, whose sizes and cutoff then count; loading "
        "one runs what is in it, so take files that you trust. Empty: a new network",
    )
    head: str = Field(default="", description="which of its heads; empty: the last one")
    layers: int = Field(default=2, ge=1, description="interaction blocks")
    features: int = Field(default=64, ge=1, description="channels")
    max_l: int = Field(default=1, ge=0, description="largest angular momentum of the messages")
    max_ell: int = Field(default=3, ge=0, description="of the spherical harmonics")
    correlation: int = Field(default=3, ge=1, description="neighbours that are multiplied at once")
    bessels: int = Field(default=8, ge=1, description="radial Bessel functions")
    radial_width: int = Field(
        default=64, ge=1, description="nodes of each of the three layers of the radial network"
    )

    @model_validator(mode="after")
    def _nothing_to_forget(self) -> Self:
        if self.replay and not self.foundation:
            raise ValueError("replay is of a foundation model; name it in foundation")
        return self

    @override
    def larger(self) -> tuple[str, Any] | None:
        return None if self.foundation else doubled("features", self.features, 128)

    @property
    def model(self) -> str:
        """The model for people."""
        if self.foundation:
            return f"{self.method} fine-tuned from {self.foundation}"
        return f"{self.method} of {self.features} channels, l up to {self.max_l}"
