"""What a figure shows: the one description that page, table and paper are drawn from."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from amorph_flows.arrays import FloatArray
from amorph_flows.schemas.array import Array
from amorph_flows.schemas.base import Document

Symbol = Literal[
    "circle", "square", "square-open", "diamond", "diamond-open", "cross-open", "x", "star"
]
LEAST_DECADES = 0.5
"""On a logarithmic axis; below, it is drawn with even steps."""


class Axis(Document):
    """An axis: what is on it, in which unit, and how it is drawn."""

    title: str
    unit: str = ""
    log: bool = False
    zero: bool = Field(default=False, description="whether it begins at zero")
    ends: tuple[float, float] | None = None
    step: float | None = Field(default=None, description="between its ticks")
    places: list[str] = Field(
        default_factory=list, description="texts along it, in order, where it has no numbers"
    )

    @property
    def label(self) -> str:
        """Return title and unit, such as ``"lag / ps"``."""
        return f"{self.title} / {self.unit}" if self.unit else self.title


class Series(Document):
    """One curve, cloud of points, set of bars or of halves of distributions."""

    name: str
    short: str = Field(default="", description="its name in the legend, if that is another")
    kind: Literal["line", "points", "bars", "halves"] = "line"
    x: Array | None = Field(default=None, description="None where `places` stand for it")
    y: Array | None = Field(default=None, description="None where `places` stand for it")
    places: list[str] = Field(
        default_factory=list, description="of each point, on the axis that has places"
    )
    low: Array | None = Field(default=None, description="lower ends of error bars")
    high: Array | None = Field(default=None, description="upper ends of error bars")
    labels: list[str] = Field(default_factory=list, description="of each point")
    write_labels: bool = Field(default=False, description="beside the points, too")
    colour: str = "#3a78c2"
    colours: list[str] = Field(default_factory=list, description="of each point, if they differ")
    dash: Literal["solid", "dash", "dot"] = "solid"
    width: float = Field(default=1.6, description="of a line, in points of the screen")
    symbol: Symbol = "circle"
    size: float = Field(default=9.0, description="of points, in points of the screen")
    opacity: float = 1.0
    group: str = Field(default="", description="series of one group are hidden and shown together")
    in_legend: bool = True
    slot: str = Field(default="", description="bars of one slot stand behind each other")
    side: Literal["left", "right"] = Field(default="left", description="of halves")


class PlotDoc(Document):
    """A plot with two axes."""

    kind: Literal["plot"] = "plot"
    x: Axis
    y: Axis
    series: list[Series] = Field(default_factory=list)
    levels: list[float] = Field(default_factory=list, description="dotted lines across, in y")
    marks: list[float] = Field(default_factory=list, description="dotted lines upright, in x")
    stacked: bool = Field(default=False, description="whether bars stand on each other")
    equal: bool = Field(default=False, description="whether both axes have one scale")

    def decades(self, axis: Axis) -> float:
        """Return the powers of ten between the ends of what is on a logarithmic axis.

        Below half a decade such an axis is drawn with even steps.

        Parameters
        ----------
        axis
            `x` or `y`.
        """
        found = [np.array(self.marks if axis is self.x else self.levels, dtype=float)]
        for series in self.series:
            shown = (series.x,) if axis is self.x else (series.y, series.low, series.high)
            found += [np.asarray(values, float) for values in shown if values is not None]
        numbers = np.concatenate(found)
        numbers = numbers[np.isfinite(numbers) & (numbers > 0)]
        return float(np.log10(numbers.max() / numbers.min())) if numbers.size else 0.0


class SphereDoc(Document):
    """Values along directions, drawn on a sphere."""

    kind: Literal["sphere"] = "sphere"
    directions: Array = Field(description="unit vectors along a, b, c, shape (n, 3)")
    values: Array = Field(description="shape (n,)")
    title: str = Field(description="of the values")
    unit: str = ""
    largest: float = Field(description="upper end of the colours")


class AtomsOfElement(Document):
    """The atoms of one element."""

    symbol: str
    positions_a: Array = Field(description="shape (n, 3)")
    colour: str
    size: float


class AtomsDoc(Document):
    """Atoms, in their cell where it is shown."""

    kind: Literal["atoms"] = "atoms"
    elements: list[AtomsOfElement] = Field(description="in the order of drawing")
    cell_a: Array | None = Field(default=None, description="row vectors, shape (3, 3)")
    bonds_a: Array = Field(description="two ends of each, shape (n, 2, 3)")

    @property
    def edges_a(self) -> FloatArray:
        """Return the two ends of the edges of the cell, Å, shape ``(12, 2, 3)`` or none."""
        if self.cell_a is None:
            return np.zeros((0, 2, 3))
        corners = np.array(list(itertools.product((0, 1), repeat=3)))
        ends = [
            (corner @ self.cell_a, (corner + step) @ self.cell_a)
            for corner in corners
            for step in np.eye(3, dtype=int)
            if corner @ step == 0
        ]
        return np.array(ends)


class StageBox(Document):
    """One stage of a study, and what ran."""

    name: str
    what: str = Field(default="", description="what it made")
    n_done: int = Field(description="runs of MD, fits, insertions or analyses that ended well")
    n_failed: int = 0
    cpu_seconds: float | None = Field(default=None, description="None where it is not known")


class WorkflowDoc(Document):
    """Stages of a study in rows; each row needs those above it."""

    kind: Literal["workflow"] = "workflow"
    rows: list[list[StageBox]]


FigureDoc = Annotated[PlotDoc | SphereDoc | AtomsDoc | WorkflowDoc, Field(discriminator="kind")]
