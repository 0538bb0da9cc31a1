"""Verdicts: scientific judgements with the numbers and thresholds that they came from."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from amorph_flows.schemas.base import Document


class Verdict(Document):
    """One judgement on a result."""

    question: str = Field(description="what was asked, such as 'melted?'")
    answer: str = Field(description="the member of the enum that answers it")
    believable: bool = Field(description="whether a result that rests on this may be believed")
    reason: str = Field(description="one sentence with the numbers, for a person")
    numbers: dict[str, float] = Field(default_factory=dict, description="what was measured")
    thresholds: dict[str, float] = Field(default_factory=dict, description="what it was held to")


def doubts(verdicts: Iterable[Verdict]) -> list[str]:
    """Return the reasons of the verdicts that forbid belief, each once and in order."""
    return list(dict.fromkeys(v.reason for v in verdicts if not v.believable))
