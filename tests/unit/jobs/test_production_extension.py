"""Lengths of a run that goes on until it suffices."""

from __future__ import annotations

from math import inf, log
from pathlib import Path

import numpy as np
import pytest

from amorph_flows.analysis import analyse_transport
from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.errors import InputError
from amorph_flows.jobs.goal import LEAST_FACTOR, next_length_fs
from amorph_flows.jobs.production_extension import SpentInFolder
from amorph_flows.jobs.production_goal import OF_IONS, check_ion, check_until, question_of
from amorph_flows.schemas.production_md import ProductionUntil
from amorph_flows.schemas.until import Extension


@pytest.mark.parametrize(
    ("factor", "most_fs", "expected"),
    [
        (1.5, inf, 1500.0),
        (1.01, inf, 1250.0),
        (9.0, inf, 2000.0),
        (None, inf, 2000.0),
        (1.404, inf, 1410.0),  # whole frames
        (2.0, 1800.0, 1800.0),
        (2.0, 1806.0, 1800.0),
        (2.0, 1006.0, None),
        (2.0, 1000.0, None),
    ],
)
def test_next_length(factor: float | None, most_fs: float, expected: float | None) -> None:
    assert next_length_fs(1000.0, factor, most_fs, 10.0) == expected


@pytest.mark.parametrize("factor", [1.0, 1.3, 7.0, None])
def test_the_number_of_pieces_is_bounded(factor: float | None) -> None:
    length, budget, n = 1000.0, 4_000_000.0, 1
    while (longer := next_length_fs(length, factor, budget, 10.0)) is not None:
        length, n = longer, n + 1
    assert length == budget
    assert n <= 2 + log(budget / 1000.0) / log(LEAST_FACTOR)


def test_what_was_spent_is_found_again(tmp_path: Path) -> None:
    assert SpentInFolder.read(tmp_path).length_fs(400.0) == 400.0
    longer = Extension(reason="why", question="precise?", from_fs=400, to_fs=600, core_hours=0.1)
    with SpentInFolder().extended(longer).counted(tmp_path, ProductionUntil(verdict="precise?")):
        sum(range(2_000_000))
    found = SpentInFolder.read(tmp_path)
    assert found.length_fs(400.0) == 600.0
    assert found.extensions == [longer]
    assert found.core_hours > 0
    assert (
        found.towards(ProductionUntil(relative_error=0.2)) == "goal: relative error of D 0.2 (why)"
    )


def test_questions_that_may_be_a_goal_are_those_of_the_analysis() -> None:
    steps = np.random.default_rng(1).normal(size=(400, 9, 3)) * 0.3
    walk = Trajectory(
        positions=np.cumsum(steps, axis=0),
        cells=np.tile(np.eye(3) * 20.0, (400, 1, 1)),
        numbers=np.array([3] * 8 + [8]),
        times_fs=np.arange(400) * 10.0,
    )
    [found] = analyse_transport({1000.0: [walk]}, "Li").temperatures
    asked = {v.question for v in found.verdicts}
    assert set(OF_IONS) == asked - {"drift?", "supercell large enough?"}
    assert question_of("Precise") == question_of("precise?") == "precise?"
    assert question_of("diffusivity") == "diffusivity"


def test_the_ion_is_named_and_there() -> None:
    goal = ProductionUntil(relative_error=0.2, budget_ps=10)
    with pytest.raises(InputError, match=r"until\.ion is not given"):
        check_until(goal, 1000.0)
    check_until(goal.model_copy(update={"ion": "Li+"}), 1000.0)
    check_until(ProductionUntil(), 1000.0)
    with pytest.raises(InputError, match=r"until\.ion is Na\+, but the cell holds Li, O"):
        check_ion(goal.model_copy(update={"ion": "Na+"}), {"Li", "O"})
    with pytest.raises(InputError, match="give an ion with its charge"):
        check_until(goal.model_copy(update={"ion": "?"}), 1000.0)
