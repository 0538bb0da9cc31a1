"""From the judgements of analysis to the verdicts of documents."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from amorph_flows.analysis.structure.amorphous import (
    AmorphousJudgement,
    AmorphousVerdict,
    MeltJudgement,
    MeltVerdict,
)
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.schemas.verdict import Verdict

_BELIEVABLE = {MeltVerdict.MELTED, AmorphousVerdict.AMORPHOUS}


def verdict_of(judgement: MeltJudgement | AmorphousJudgement, question: str) -> Verdict:
    """Return a judgement as the verdict of a document.

    Parameters
    ----------
    judgement
        With its verdict, reason, numbers and thresholds.
    question
        What was asked, such as ``"melted?"``.
    """
    return Verdict(
        question=question,
        answer=judgement.verdict.name,
        believable=judgement.verdict in _BELIEVABLE,
        reason=judgement.reason,
        numbers=_numbers(vars(judgement)),
        thresholds=_numbers(asdict(judgement.thresholds)),
    )


def surrogate_verdicts(engine: EngineInfo, what: str) -> list[Verdict]:
    """Return the doubt that a surrogate engine brings, none for another engine.

    Parameters
    ----------
    engine
        Where the numbers come from.
    what
        What it gave, in the plural, such as ``"labels"``.
    """
    if not engine.surrogate:
        return []
    return [
        Verdict(
            question=f"{what} from density functional theory?",
            answer="SURROGATE",
            believable=False,
            reason=f"the {what} come from {engine.name}, a surrogate that imitates "
            "density functional theory",
        )
    ]


def _numbers(fields: dict[str, Any]) -> dict[str, float]:
    return {
        name: float(value)
        for name, value in fields.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
