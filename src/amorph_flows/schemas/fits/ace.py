"""Settings of fits of the atomic cluster expansion."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from amorph_flows.schemas.fits.base import FitSettings, doubled

_PUBLISHED_FUNCTIONS = 248


class ACESettings(FitSettings):
    """How an ACE is fitted; the defaults are those of the NaFePO4 glass of paper 003.

    pacemaker fits energies and forces by BFGS, first few functions, then more and more of them.
    """

    method: ClassVar[str] = "ACE"

    backend: Literal["ace"] = "ace"
    cutoff: float = Field(default=6.5, gt=0, description="cutoff radius, Å")
    energy_weight: float = Field(default=0.99, gt=0, description="of the energy per atom, 1/eV²")
    stress_weight: float = Field(default=0.0, ge=0, le=0, description="pacemaker fits no stress")
    functions_per_element: int = Field(
        default=_PUBLISHED_FUNCTIONS, ge=1, description="basis functions at most"
    )
    powers: tuple[float, ...] = Field(
        default=(1.0, 0.5, 0.75, 0.25, 0.125, 0.375, 0.875, 2.0),
        min_length=1,
        description="the energy of an atom is the sum of densities to these powers; 1 and 0.5 are "
        "the usual Finnis-Sinclair form, all eight the 'complex' one of Erhard et al. (2024)",
    )
    ladder_step: int = Field(
        default=160,
        ge=0,
        description="functions added at a time, to each set of elements; 0: all at once",
    )
    max_steps: int = Field(default=2000, ge=1, description="BFGS steps at most after each addition")
    patience: int = Field(
        default=150, ge=1, description="steps without enough gain after which more are added"
    )
    least_gain: float = Field(
        default=5e-4, ge=0, description="relative gain of the training loss a step that is enough"
    )
    least_validation_gain: float = Field(
        default=1e-4, ge=0, description="the same of the validation loss"
    )
    l1: float = Field(default=1e-8, ge=0, description="penalty on the size of coefficients")
    l2: float = Field(default=1e-8, ge=0, description="penalty on their squares")
    batch_size: int = Field(default=100, ge=1, description="frames computed at once")
    threads: int = Field(
        default=1, ge=1, description="of TensorFlow; with more the last digits differ between runs"
    )

    @property
    def weighs_frames(self) -> bool:
        """Whether the method can give some frames less weight than others."""
        return True

    @property
    def kappa(self) -> float:
        """The share of forces in pacemaker's loss."""
        return self.force_weight / (self.energy_weight + self.force_weight)

    @override
    def larger(self) -> tuple[str, Any] | None:
        return doubled("functions_per_element", self.functions_per_element, _PUBLISHED_FUNCTIONS)

    @property
    def model(self) -> str:
        """The model for people."""
        return f"{self.method} of {self.functions_per_element} functions per element"
