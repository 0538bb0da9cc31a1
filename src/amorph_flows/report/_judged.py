"""A number with its word and its causes, from the verdicts that it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from amorph_flows.analysis.verdict import Verdict, word_for
from amorph_flows.report._text import brief, cut, sentence
from amorph_flows.schemas.judged_number import MOST_LETTERS, Cause, JudgedNumber

_N = TypeVar("_N", bound=JudgedNumber)


def judged(number: _N, rests_on: Sequence[Verdict], missing: Sequence[Cause] = ()) -> _N:
    """Return a number with its word, reason and causes.

    Parameters
    ----------
    number
        A number that is not judged yet.
    rests_on
        The verdicts that decide, its own first, those that failed with their remedies.
    missing
        Why there is no number, where no verdict says so.
    """
    failed = [verdict for verdict in rests_on if not verdict.passed]
    causes = [*missing, *map(_cause, failed)]
    reason = sentence([f"all {len(rests_on)} checks that it rests on were passed"])
    if causes:
        reason = brief([cause.reason for cause in causes], MOST_LETTERS)
    word = word_for({verdict.scope for verdict in failed}, has_value=number.value is not None)
    return number.model_copy(update={"verdict": word, "reason": reason, "causes": causes})


def _cause(verdict: Verdict) -> Cause:
    return Cause(
        question=verdict.question,
        answer=verdict.answer,
        reason=cut(verdict.reason, MOST_LETTERS),
        remedy=verdict.remedy,
    )
