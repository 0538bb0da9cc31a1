"""Settings of pretrained potentials, which are used as they are."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from amorph_flows.schemas.base import Document
from amorph_flows.schemas.fits.base import FitSettings


class NamedCalculator(Document):
    """An ASE calculator and its arguments."""

    calculator: str = Field(description="'CHGNet', or 'package.module:ClassOrFactory'")
    calculator_kwargs: dict[str, Any] = Field(
        default_factory=dict, description="arguments of the class or factory"
    )


class PretrainedSettings(FitSettings):
    """Which foundation model is used, and which others judge it; nothing is trained."""

    method: ClassVar[str] = "pretrained"

    backend: Literal["pretrained"] = "pretrained"
    calculator: str = Field(
        default="CHGNet", description="'CHGNet', or 'package.module:ClassOrFactory'"
    )
    calculator_kwargs: dict[str, Any] = Field(
        default_factory=dict, description="arguments of the class or factory"
    )
    committee: tuple[NamedCalculator, ...] = Field(
        default=(),
        description="other models; where forces of all disagree, the model extrapolates. Empty: "
        "there are no grades",
    )
    force_error_ev_a: float = Field(
        default=0.3,
        gt=0,
        description="error of a force that a grade of 1 stands for where there are no labels, eV/Å",
    )

    @property
    def passes(self) -> int:
        """How often a fit goes through its training frames, at most."""
        return 0

    @property
    def model(self) -> str:
        """The model for people."""
        return f"pretrained {self.calculator}"

    @field_validator("committee", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return [{"calculator": v} if isinstance(v, str) else v for v in value]
