"""A number of several glasses: its mean and how they differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from pydantic import Field

from amorph_flows.schemas.array import Array
from amorph_flows.schemas.base import Document


class SpreadDoc(Document):
    """A number of each glass, their mean, and their standard deviation."""

    mean: float
    standard_deviation: float | None = Field(
        description="between the glasses (n - 1); None with one glass"
    )
    values: list[float] = Field(description="of each glass that has one, in order")

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        """Return the mean and the spread of some numbers.

        Parameters
        ----------
        values
            Of each glass, at least one.
        """
        numbers = [float(value) for value in values]
        scatter = float(np.std(numbers, ddof=1)) if len(numbers) > 1 else None
        return cls(mean=float(np.mean(numbers)), standard_deviation=scatter, values=numbers)


class SpreadCurve(Document):
    """A curve of each glass on the same points, their mean, and their standard deviation."""

    mean: Array
    standard_deviation: Array | None = Field(description="None with one glass")

    @classmethod
    def of(cls, curves: Sequence[Array]) -> Self:
        """Return the mean and the spread of curves of one length.

        Parameters
        ----------
        curves
            Of each glass, at least one.
        """
        rows = np.array(curves, dtype=float)
        scatter = rows.std(axis=0, ddof=1) if len(rows) > 1 else None
        return cls(mean=rows.mean(axis=0), standard_deviation=scatter)
