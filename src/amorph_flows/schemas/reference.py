"""The document of a value from elsewhere that a study's results are held against."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from amorph_flows.schemas.base import Document

ReferenceQuantity = Literal[
    "average_voltage",
    "voltage_crystal",
    "tracer_diffusivity",
    "jump_diffusivity",
    "haven_ratio",
    "conductivity",
    "activation_energy",
    "density",
]


class Reference(Document):
    """A measured, computed or published value, with its source."""

    quantity: ReferenceQuantity
    value: float | tuple[float, float] = Field(
        description="or the two ends of a range, where the source gives one"
    )
    unit: str = Field(description="as in the results: V, cm²/s, S/cm, eV, g/cm³ or none")
    temperature_k: float | None = None
    uncertainty: float | tuple[float, float] | None = Field(
        default=None, description="standard error, or the interval [low, high]"
    )
    source: str = Field(description="where it is found, for a person")
    label: str = Field(description="what it is called in a legend")

    @property
    def ends(self) -> tuple[float, float]:
        """Low and high end: of the range, of the interval, or of value ± standard error."""
        if isinstance(self.value, tuple):
            return self.value
        if isinstance(self.uncertainty, tuple):
            return self.uncertainty
        error = self.uncertainty or 0.0
        return self.value - error, self.value + error

    @property
    def middle(self) -> float:
        """The value; of a range the mean, of a range of positive numbers the geometric mean."""
        if not isinstance(self.value, tuple):
            return self.value
        low, high = self.value
        return math.sqrt(low * high) if low > 0 else (low + high) / 2
