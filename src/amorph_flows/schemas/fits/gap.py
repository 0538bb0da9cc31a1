"""Settings of fits of Gaussian approximation potentials."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from amorph_flows.schemas.fits.base import FitSettings, doubled


class GAPSettings(FitSettings):
    """How a GAP is fitted by gap_fit: a sum of pair terms and SOAP kernels of each element.

    Energies alone are fitted, as in paper 004. What it gives no numbers for are the usual values of
    gap_fit.
    """

    method: ClassVar[str] = "GAP"

    backend: Literal["gap"] = "gap"
    cutoff: float = Field(default=5.0, gt=0, description="cutoff radius, Å")
    energy_weight: float = Field(default=0.0, ge=0, le=0, description="GAP has sigmas instead")
    force_weight: float = Field(default=0.0, ge=0, le=0, description="GAP has sigmas instead")
    stress_weight: float = Field(default=0.0, ge=0, le=0, description="GAP has sigmas instead")
    labels: Literal["energies", "energies and forces", "energies, forces and stresses"] = Field(
        default="energies",
        description="what is fitted; with forces, time and memory grow by the number of atoms",
    )
    energy_sigma: float = Field(default=0.005, gt=0, description="expected error, eV/atom")
    force_sigma: float = Field(default=0.1, gt=0, description="expected error, eV/Å")
    virial_sigma: float = Field(
        default=0.05, gt=0, description="expected error of stress times volume, eV/atom"
    )
    cutoff_width: float = Field(
        default=1.0, gt=0, description="width of the shell where neighbours fade out, Å"
    )
    pair_delta: float = Field(default=0.5, ge=0, description="size of pair energies, eV; 0: none")
    pair_sparse: int = Field(default=15, ge=2, description="sparse points of each pair term")
    soap_delta: float = Field(default=0.2, gt=0, description="size of SOAP energies, eV")
    n_max: int = Field(default=8, ge=1, description="radial functions")
    l_max: int = Field(default=6, ge=0, description="largest angular momentum")
    atom_sigma: float = Field(default=0.5, gt=0, description="width of a neighbour's density, Å")
    zeta: float = Field(default=4.0, gt=0, description="power of the kernel")
    n_sparse: int = Field(
        default=500, ge=2, description="sparse points of each element; no more than it has atoms"
    )
    sparse_method: Literal["cur_points", "random"] = Field(
        default="cur_points", description="how gap_fit chooses them"
    )
    jitter: float = Field(default=1e-8, gt=0, description="added to the kernels' diagonal")
    threads: int = Field(
        default=1, ge=1, description="of one fit; with more the last digits may differ between runs"
    )

    @property
    def passes(self) -> int:
        """How often a fit goes through its training frames, at most."""
        return 1

    @override
    def larger(self) -> tuple[str, Any] | None:
        return doubled("n_sparse", self.n_sparse, 2000)

    @property
    def model(self) -> str:
        """The model for people."""
        return f"{self.method} of {self.n_sparse} sparse points per element"
