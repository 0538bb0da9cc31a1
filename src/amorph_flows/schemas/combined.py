"""The document of a quantity from several glasses, and the goal that glasses are added for."""

from __future__ import annotations

from enum import auto

from pydantic import Field

from amorph_flows.analysis._more_samples import Needed
from amorph_flows.analysis.verdict import Answer
from amorph_flows.schemas.base import Document
from amorph_flows.schemas.result import ResultDocument


class CombinedDoc(ResultDocument):
    """A quantity of a population of glasses, from runs of some of them."""

    value: float = Field(description="mean of the glasses; with `log` their geometric mean")
    interval: tuple[float, float] | None = Field(
        description="95 %; None for one run without an error"
    )
    complete: bool = Field(description="whether the interval contains the scatter between glasses")
    between: float | None = Field(description="variance between glasses; None with one")
    between_occupations: float | None = Field(
        description="variance between occupations of one glass; None where none has several"
    )
    within: float | None = Field(description="variance of one run; None where not known")
    shares: dict[str, float] = Field(
        description="of glasses, occupations and runs in the variance of the value"
    )
    dominant: str | None = Field(description="where most of the variance is from")
    needed: Needed = Field(description="what would halve the interval, each alone")
    n_glasses: int
    n_occupations: int = Field(description="of all glasses together")
    n_runs: int
    error_factor: float = Field(
        description="by how much errors were enlarged, because repeated runs scatter more"
    )
    log: bool = Field(description="whether logarithms were combined; variances are then theirs")
    reason: str = Field(description="one sentence: how many, what dominates, what would halve")


class GlassesVerdict(Answer):
    """Answers to the question whether there are enough glasses."""

    ENOUGH = auto()
    NO_NUMBER = auto()
    GLASSES_FAIL = auto()
    GLASSES_USED_UP = auto()
    CORE_HOURS_USED_UP = auto()


class GlassesUntil(Document):
    """What glasses are added for, and how many at most.

    Examples
    --------
    >>> GlassesUntil(quantity="tracer_diffusivity", relative_error=0.3, most_glasses=6)
    """

    quantity: str | None = Field(
        default=None, description="a quantity of the results, such as 'tracer_diffusivity'"
    )
    temperature_k: float | None = Field(
        default=None, description="the temperature that counts, K; without it all of them"
    )
    relative_error: float | None = Field(
        default=None, description="half-width of its 95 % interval over its value, at most"
    )
    most_glasses: int | None = Field(default=None, description="glasses in all at most")
    budget_core_hours: float | None = Field(
        default=None, description="CPU time of the whole study at most, h"
    )

    @property
    def is_set(self) -> bool:
        """Whether anything is asked for."""
        return any(value is not None for value in self.model_dump().values())


class GlassExtension(Document):
    """Glasses that were added because a goal was not reached, and why."""

    reason: str = Field(description="what was missing")
    value: float | None = Field(description="relative error before")
    goal: float = Field(description="relative error that was asked for")
    from_glasses: int
    to_glasses: int
    core_hours: float | None = Field(description="that the study had taken; None: not known, h")
