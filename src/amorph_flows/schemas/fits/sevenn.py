"""Settings of fits of SevenNet."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from amorph_flows.schemas.fits.networks import FineTunedSettings, NetworkSettings


class SevenNetSettings(FineTunedSettings):
    """How a SevenNet is fine-tuned: from weights that its wheel carries, or from a file.

    Y. Park et al., Journal of Chemical Theory and Computation 20, 4857 (2024).
    """

    method: ClassVar[str] = "SevenNet"
    architecture: ClassVar[tuple[str, ...]] = (*NetworkSettings.architecture, "weights")

    backend: Literal["sevenn"] = "sevenn"
    cutoff: float = Field(default=5.0, ge=5.0, le=5.0, description="that of the weights, Å")
    weights: Literal["7net-0", "7net-0_22may2024", "7net-l3i5"] = Field(
        default="7net-0", description="what the fit begins with; all are in the wheel"
    )
    max_steps: int = Field(default=100, ge=1, description="epochs at most")
    learning_rate: float = Field(default=0.004, gt=0, description="of Adam, at the beginning")

    @property
    def model(self) -> str:
        """The model for people."""
        return f"{self.method} fine-tuned from {self.weights}"
