"""The document of a value from elsewhere that a study's results are held against."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import Field

from amorph_flows.analysis.verdict import ResultWord
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


class PaperRow(Document):
    """A number of the published study beside that of this one."""

    quantity: str = Field(description="as in the results, `ErrorStatistics`, or the order's field")
    part: str = Field(default="", description="frames of an error of the fit")
    temperature_k: float | None = None
    structure_source: str = Field(default="", description="as in the results")
    paper: float
    paper_error: float = Field(
        description="by rounding to the digits that are printed; the paper gives no other"
    )
    here: float | None
    uncertainty: float | list[float] | None = Field(
        default=None, description="of the number here: standard error or 95 % interval"
    )
    by_its_formula: float | None = Field(
        default=None, description="the number here by the paper's formula, where it is by another"
    )
    unit: str
    difference: float | None = Field(default=None, description="here minus paper")
    factor: float | None = Field(
        default=None, description="here over paper, of what is compared as logarithms"
    )
    combined_error: float | None = Field(default=None, description="with `factor`, of logarithms")
    n_errors: float | None = Field(
        default=None, description="size of the difference over its combined error"
    )
    verdict: ResultWord | None = Field(default=None, description="of the number here")
    reason: str = Field(default="", description="why something is not known")
    where: str = Field(description="place in the paper")
    remark: str = Field(default="", description="what is to be known of the paper's number")
