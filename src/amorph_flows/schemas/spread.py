"""A number of several glasses: its mean and how they differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from pydantic import Field

from amorph_flows.schemas.base import Document


class SpreadDoc(Document):
    """A number of each glass, their mean, and their standard deviation."""

    mean: float
    standard_deviation: float | None = Field(
        description="between the glasses (n - 1); None with one glass"
    )
    values: list[float] = Field(description="of each glass that has one, in order")
    unit: str = ""

    @classmethod
    def of(cls, values: Sequence[float], unit: str = "") -> Self:
        """Return the mean and the spread of some numbers.

        Parameters
        ----------
        values
            Of each glass, at least one.
        unit
            Of all of them.
        """
        numbers = [float(value) for value in values]
        scatter = float(np.std(numbers, ddof=1)) if len(numbers) > 1 else None
        mean = float(np.mean(numbers))
        return cls(mean=mean, standard_deviation=scatter, values=numbers, unit=unit)
