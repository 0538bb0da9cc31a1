"""The verdict on active learning says how often grades were looked at."""

from __future__ import annotations

import pytest
from turns import generation

from amorph_flows.flows import ActiveLearningMaker
from amorph_flows.schemas.active_learning import EarlierTurns


@pytest.mark.parametrize(("every", "said"), [(1, "every step"), (5, "every 5 steps")])
def test_the_verdict_says_how_often_grades_were_looked_at(every: int, said: str) -> None:
    maker = ActiveLearningMaker(grade_every=every)
    last = generation(2, broke=False)
    turns = EarlierTurns().with_turn(generation(1, broke=True)).with_turn(last)
    verdict = maker.judge(turns, last)
    assert verdict is not None
    assert verdict.reason.endswith(f"grades were looked at {said}")
    assert verdict.numbers["grade_every"] == every
    going_on = generation(1, broke=True)
    assert maker.judge(EarlierTurns().with_turn(going_on), going_on) is None
