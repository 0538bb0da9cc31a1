"""A verdict: the answer to one question about a result, with its numbers and thresholds."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

Scope = Literal["numerical", "model"]

ResultWord = Literal["believed", "converged", "not converged", "refused"]
"""The four words for a result: see `word_for`."""


class Answer(StrEnum):
    """The base of the enums of answers, one enum for each stage.

    The value of a member is its name, which is also what documents store and queries compare.
    """

    # A member is thus equal to the plain string that any store gives back for it, so that nothing
    # has to know, on reading, which enum it came from.
    @staticmethod
    def _generate_next_value_(name: str, *_: object) -> str:
        return name


@dataclass(frozen=True)
class Remedy:
    """A change of the study file that would turn a failed verdict into a passed one.

    Parameters
    ----------
    key
        Key of the study file to change.
    value
        Its new value.
    core_hours
        What the jobs cost that run again; None where that is not known.
    """

    key: str
    value: bool | int | float | str | tuple[int | float, ...]
    core_hours: float | None = None


@dataclass(frozen=True)
class Verdict:
    """The answer to one question about a result.

    Parameters
    ----------
    question
        What was asked, such as ``"melted?"``.
    answer
        A member of the stage's enum, or the equal string where it was read from a store: compare
        with ``==``, not with ``is``.
    passed
        Whether it leaves a result that rests on it converged, and believed.
    scope
        ``"numerical"``: is the result converged? ``"model"``: do its labels come from a method
        that counts as the truth?
    reason
        One sentence with the numbers, for a person.
    numbers
        What was measured; what is not finite is left out, because JSON has no word for it.
    thresholds
        What it was held to.
    remedy
        What would turn it; None where that is not known.
    """

    question: str
    answer: Answer | str
    passed: bool
    scope: Scope
    reason: str
    numbers: dict[str, float] = field(default_factory=dict)
    thresholds: dict[str, float] = field(default_factory=dict)
    remedy: Remedy | None = None

    def __post_init__(self) -> None:
        if isinstance(self.remedy, dict):  # as JSON gives it back where pydantic does not read it
            object.__setattr__(self, "remedy", Remedy(**self.remedy))
        finite = {k: float(v) for k, v in self.numbers.items() if math.isfinite(v)}
        object.__setattr__(self, "numbers", finite)
        held_to = {k: float(v) for k, v in self.thresholds.items()}
        object.__setattr__(self, "thresholds", held_to)

    def __str__(self) -> str:
        return f"{self.question} {in_words(self.answer)}: {self.reason}"

    @property
    def verdict(self) -> Answer | str:
        """The answer, under the name that scripts ask `judge_melt` for."""
        return self.answer


def in_words(answer: str) -> str:
    """Return an answer as a person reads it, such as ``"not melted"``."""
    return answer.lower().replace("_", " ")


def word_for(failed: Collection[str], *, has_value: bool = True) -> ResultWord:
    """Return the word for a result.

    ``"believed"``: converged, and its labels come from a method that counts as the truth.
    ``"converged"``: believed within the engine that made its labels, which is no such method.
    ``"not converged"``: a numerical verdict was not passed. ``"refused"``: there is no number.

    Parameters
    ----------
    failed
        Scopes of the verdicts that were not passed.
    has_value
        Whether there is a number.
    """
    if not has_value:
        return "refused"
    if "numerical" in failed:
        return "not converged"
    return "converged" if failed else "believed"


def believable(verdicts: Iterable[Verdict]) -> bool:
    """Return whether every numerical verdict passed."""
    return all(verdict.passed for verdict in verdicts if verdict.scope == "numerical")


def doubts(verdicts: Iterable[Verdict]) -> list[str]:
    """Return the reasons of the verdicts that did not pass, each once and in order."""
    return list(dict.fromkeys(verdict.reason for verdict in verdicts if not verdict.passed))


def first_failed(verdicts: Iterable[Verdict | None]) -> list[Verdict]:
    """Return of each question the first verdict that did not pass, or the first.

    Parameters
    ----------
    verdicts
        On several things alike, such as the runs of several glasses; None stands for one that was
        not asked.
    """
    found: dict[str, Verdict] = {}
    for verdict in verdicts:
        if verdict is None:
            continue
        before = found.setdefault(verdict.question, verdict)
        if before.passed and not verdict.passed:
            found[verdict.question] = verdict
    return list(found.values())


def known_numbers(numbers: Mapping[str, float | None]) -> dict[str, float]:
    """Return those of some numbers that are known, as a verdict holds them.

    Parameters
    ----------
    numbers
        By name; None where one is not known.
    """
    return {name: number for name, number in numbers.items() if number is not None}
