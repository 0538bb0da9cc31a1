"""The goal that glasses are added for, on samples whose scatter is known."""

from __future__ import annotations

import numpy as np
import pytest

from amorph_flows.analysis import combine_samples
from amorph_flows.jobs.glass_goal import (
    GlassesStanding,
    Spent,
    glasses_standing,
    glasses_to_add,
    judge_glasses,
)
from amorph_flows.schemas.combined import CombinedDoc, GlassesUntil, GlassesVerdict
from amorph_flows.schemas.study import ResultRow

GOAL = GlassesUntil(quantity="tracer_diffusivity", relative_error=0.3, most_glasses=12)
SPENT = Spent(n_glasses=3, n_made=3, core_hours=10.0, of_a_glass=2.0)


def row(values, errors, temperature_k=900.0, quantity="tracer_diffusivity"):
    found = combine_samples(values, errors, range(len(values)), log=True)
    return ResultRow(
        quantity=quantity,
        temperature_k=temperature_k,
        structure_source="MTP MD",
        value=found.value,
        unit="cm²/s",
        uncertainty=None,
        verdict="converged",
        reason="",
        documents=[],
        combined=CombinedDoc.from_result(found),
    )


def test_the_result_that_is_furthest_counts():
    near, far = row([1.0, 1.01, 0.99], [0.01] * 3), row([1.0, 2.0, 0.5], [0.1] * 3, 600.0)
    assert glasses_standing(GOAL, [near]).passed
    now = glasses_standing(GOAL, [near, far])
    assert not now.passed
    assert "at 600 K of 3 glasses" in now.reason
    only = GOAL.model_copy(update={"temperature_k": 900.0})
    assert glasses_standing(only, [near, far]).passed
    assert glasses_standing(GOAL, [near, row([1.0, 9.0], None, quantity="haven_ratio")]).passed


def test_one_glass_is_never_enough():
    now = glasses_standing(GOAL, [row([1.0], [1e-6])])
    assert (now.passed, now.more) == (False, 2)


def test_glasses_that_agree_by_chance_are_not_enough():
    """Runs that are known to 50 % each cannot give a mean known to a few percent."""
    lucky = row([1.0, 1.0001, 0.9999], [0.5, 0.5, 0.5])
    assert not glasses_standing(GOAL, [lucky]).passed


def test_no_number():
    refused = row([1.0, 1.1], None).model_copy(update={"combined": None, "value": None})
    now = glasses_standing(GOAL, [refused])
    assert glasses_to_add(GOAL, now, SPENT) == 0
    assert judge_glasses(GOAL, now, SPENT).answer == GlassesVerdict.NO_NUMBER


@pytest.mark.parametrize(
    ("goal", "spent", "more", "added", "answer"),
    [
        ({}, {}, 2, 2, None),
        ({}, {}, 40, 3, None),  # not more than doubled at once
        ({"most_glasses": 4}, {}, 2, 1, None),
        ({"most_glasses": 3}, {}, 2, 0, GlassesVerdict.GLASSES_USED_UP),
        ({"budget_core_hours": 12.5}, {}, 2, 1, None),
        ({"budget_core_hours": 11.9}, {}, 2, 0, GlassesVerdict.CORE_HOURS_USED_UP),
        ({}, {"n_made": 1}, 2, 0, GlassesVerdict.GLASSES_FAIL),
    ],
)
def test_how_many_are_added(goal, spent, more, added, answer):
    until = GOAL.model_copy(update=goal)
    taken = Spent(**{**vars(SPENT), **spent})
    now = GlassesStanding(passed=False, reason="wide", value=1.0, more=more)
    assert glasses_to_add(until, now, taken) == added
    if answer is not None:
        verdict = judge_glasses(until, now, taken)
        assert (verdict.answer, verdict.passed) == (answer, False)
        assert verdict.numbers["n_glasses"] == 3


def test_what_a_glass_takes_is_of_the_stages_that_each_has():
    took = {"melt_quench": 3600.0, "sampling": 7200.0, "fit": 36000.0, "production": 1800.0}
    spent = Spent.of(took, 3, 2)
    assert spent.core_hours == pytest.approx(13.5)
    assert spent.of_a_glass == pytest.approx(3.5 / 2)
    assert Spent.of({**took, "fit": None}, 3, 2).core_hours is None


@pytest.mark.parametrize(("between", "within"), [(0.3, 0.1), (0.1, 0.3), (0.3, 0.0), (0.02, 0.2)])
def test_intervals_at_which_it_stops_cover_the_truth(between, within):
    """Stopping as soon as an interval is short would choose those that are so by chance."""
    rng, n_studies, covered, ended = np.random.default_rng(7), 120, 0, 0
    for _ in range(n_studies):
        glasses = rng.normal(0.0, between, GOAL.most_glasses)
        values = np.exp(glasses + rng.normal(0.0, within, len(glasses)))
        errors, n = (within * values if within else np.full(len(values), np.nan)), 3
        while True:
            found = row(values[:n], errors[:n])
            now = glasses_standing(GOAL, [found])
            spent = Spent(n_glasses=n, n_made=n, core_hours=1.0, of_a_glass=1.0)
            more = glasses_to_add(GOAL, now, spent)
            if not more:
                break
            n += more
        ended += now.passed
        low, high = found.combined.interval
        covered += low <= 1.0 <= high
    assert ended > 0.5 * n_studies
    assert covered / n_studies >= 0.9
