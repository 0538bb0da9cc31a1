"""What a stage is to reach before it ends, and what it was made longer by."""

from __future__ import annotations

from enum import auto

from pydantic import Field

from amorph_flows.analysis.verdict import Answer
from amorph_flows.schemas.base import Document


class GoalVerdict(Answer):
    """Answers to *goal reached?*."""

    REACHED = auto()
    TIME_USED_UP = auto()
    CORE_HOURS_USED_UP = auto()
    ENDED_EARLY = auto()


class Until(Document):
    """What a run of MD is to reach before it ends, and what it may take at most.

    Examples
    --------
    >>> Until(verdict="melted?", budget_ps=20)
    """

    verdict: str | None = Field(
        default=None, description="question of a verdict that is to pass, such as 'melted?'"
    )
    budget_ps: float | None = Field(
        default=None, description="length in all at most, that at first included, ps"
    )
    budget_core_hours: float | None = Field(
        default=None, description="CPU time of all pieces of a run at most, h"
    )

    @property
    def is_set(self) -> bool:
        """Whether anything is asked for."""
        asked = (self.verdict, self.budget_ps, self.budget_core_hours)
        return any(value is not None for value in asked)

    @property
    def asked(self) -> list[str]:
        """What is to be reached, in words."""
        return [] if self.verdict is None else [self.verdict]


class Extension(Document):
    """A run made longer because it had not reached its goal, and why."""

    reason: str = Field(description="what was missing")
    question: str = Field(description="what was asked, such as 'relative error of D'")
    value: float | None = Field(default=None, description="what was measured")
    goal: float | None = Field(default=None, description="what was asked for")
    from_fs: float = Field(description="length before, fs")
    to_fs: float = Field(description="length after, fs")
    temperature_k: float | None = Field(
        default=None, description="of the piece that was added, K; None: that of the run"
    )
    core_hours: float = Field(description="CPU time until then, h")
