"""A number of a study, how sure it is, and what stands between it and belief."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field
from typing_extensions import override

from amorph_flows.analysis.verdict import Remedy, ResultWord, Verdict
from amorph_flows.schemas.base import Document, Judged

MOST_LETTERS = 200
"""Letters of a reason in the results, at most."""


class Cause(Document):
    """One verdict that stands between a result and belief."""

    question: str
    answer: str
    reason: str = Field(max_length=MOST_LETTERS)
    remedy: Remedy | None = Field(description="what would turn it; null where nothing is known to")


class JudgedNumber(Judged):
    """One number with its word, one of four, and the causes of it."""

    of_uncertainty: ClassVar[str] = "standard error"
    """What an uncertainty that is no interval is."""

    quantity: str
    temperature_k: float | None = None
    value: float | None = Field(description="None where the number is refused")
    unit: str
    uncertainty: float | list[float] | None
    verdict: ResultWord = Field(default="not converged", description="one of the four words")
    reason: str = Field(default="", max_length=MOST_LETTERS)
    causes: list[Cause] = Field(
        default_factory=list, description="the verdicts that were not passed, its own first"
    )
    note: str = Field(default="", description="which scatter the uncertainty holds or lacks")

    @property
    def is_sound(self) -> bool:
        """Whether it is believed, or converged within its engine."""
        return self.verdict in ("believed", "converged")

    @property
    def origin(self) -> str:
        """Which structures it is of, in words; empty where there is one kind."""
        return ""

    @classmethod
    @override
    def verdict_of(cls, fields: Mapping[str, Any]) -> Verdict:
        """Return the verdict on a number."""
        return Verdict(
            question=fields["quantity"],
            answer=fields["verdict"],
            passed=fields["verdict"] == "believed",
            scope="model" if fields["verdict"] == "converged" else "numerical",
            reason=fields["reason"],
        )
