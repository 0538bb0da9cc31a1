"""Settings of fits of NequIP and Allegro."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from amorph_flows.schemas.fits.base import doubled
from amorph_flows.schemas.fits.networks import NetworkSettings


class NequIPSettings(NetworkSettings):
    """How a NequIP or an Allegro network is trained; the defaults are those of nequip's tutorial.

    NequIP: S. Batzner et al., Nature Communications 13, 2453 (2022). Allegro: A. Musaelian et al.,
    Nature Communications 14, 579 (2023).
    """

    method: ClassVar[str] = "NequIP"
    architecture: ClassVar[tuple[str, ...]] = (
        *NetworkSettings.architecture,
        *("network", "layers", "l_max", "features", "tensor_features"),
        *("parity", "radial_width", "bessels"),
    )

    backend: Literal["nequip"] = "nequip"
    network: Literal["nequip", "allegro"] = Field(
        default="nequip",
        description="allegro is strictly local: it passes no messages, so that LAMMPS can divide "
        "a cell among GPUs",
    )
    layers: int = Field(default=4, ge=1, description="interaction blocks")
    l_max: int = Field(default=1, ge=0, description="largest angular momentum of the features")
    features: int = Field(default=32, ge=1, description="scalar features of an atom or a pair")
    tensor_features: int = Field(
        default=0, ge=0, description="tensor features; 0: as many as scalar ones"
    )
    parity: bool = Field(default=True, description="whether features may be odd under inversion")
    radial_width: int = Field(
        default=64, ge=1, description="nodes of the layer of the radial network"
    )
    bessels: int = Field(default=8, ge=1, description="radial Bessel functions")

    @override
    def larger(self) -> tuple[str, Any] | None:
        return doubled("features", self.features, 128)

    @property
    def model(self) -> str:
        """The model for people."""
        name = "Allegro" if self.network == "allegro" else self.method
        return f"{name} of {self.layers} layers, {self.features} features, l up to {self.l_max}"
