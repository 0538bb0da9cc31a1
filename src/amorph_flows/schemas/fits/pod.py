"""Settings of fits of POD potentials."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator
from typing_extensions import override

from amorph_flows.schemas.fits.base import FitSettings


class PODSettings(FitSettings):
    """How a potential of proper orthogonal descriptors is fitted by LAMMPS's ``fitpod``.

    The radial functions are those that best span Bessel functions and inverse powers of the
    distance; pairs and triplets of neighbours are the terms.
    """

    method: ClassVar[str] = "POD"

    backend: Literal["pod"] = "pod"
    cutoff: float = Field(default=5.0, gt=0, description="cutoff radius, Å")
    inner_cutoff: float = Field(
        default=0.5, gt=0, description="distance that no two atoms come closer than, Å"
    )
    bessel_degree: int = Field(default=4, ge=1, description="Bessel functions to choose from")
    inverse_degree: int = Field(default=8, ge=1, description="inverse powers to choose from")
    pair_functions: int = Field(default=6, ge=1, description="radial functions of pairs")
    triplet_functions: int = Field(
        default=4, ge=0, description="radial functions of triplets, no more than of pairs; 0: none"
    )
    triplet_degree: int = Field(
        default=3, ge=0, le=8, description="largest angular degree of triplets"
    )
    stress_weight: float = Field(default=0.0, ge=0, le=0, description="fitpod fits no stresses")
    ridge: float = Field(
        default=1e-10, gt=0, description="ridge of the normal equations, relative to the diagonal"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.triplet_functions > self.pair_functions:
            raise ValueError(
                f"triplet_functions is {self.triplet_functions}, more than the "
                f"{self.pair_functions} pair_functions; raise these or lower it"
            )
        if self.pair_functions > 3 * self.bessel_degree + self.inverse_degree:
            raise ValueError(
                f"pair_functions is {self.pair_functions}, but bessel_degree {self.bessel_degree} "
                f"and inverse_degree {self.inverse_degree} give only "
                f"{3 * self.bessel_degree + self.inverse_degree} functions to choose from"
            )
        if self.inner_cutoff >= self.cutoff:
            raise ValueError(
                f"inner_cutoff ({self.inner_cutoff} Å) has to be below cutoff ({self.cutoff} Å)"
            )
        if self.energy_weight == 0 or self.force_weight == 0:
            raise ValueError("fitpod needs an energy_weight and a force_weight above 0")
        return self

    @property
    def passes(self) -> int:
        """How often a fit goes through its training frames, at most."""
        return 1

    @override
    def larger(self) -> tuple[str, Any] | None:
        if self.triplet_functions < self.pair_functions:
            return "triplet_functions", min(2 * max(self.triplet_functions, 1), self.pair_functions)
        return ("triplet_degree", self.triplet_degree + 1) if self.triplet_degree < 8 else None

    @property
    def model(self) -> str:
        """The model for people."""
        numbers = f"{self.pair_functions} pair and {self.triplet_functions} triplet"
        return f"{self.method} of {numbers} functions"
