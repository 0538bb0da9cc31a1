"""Grades against errors whose relation is known."""

from __future__ import annotations

import numpy as np
import pytest

from amorph_flows.datasets import FrameSet
from amorph_flows.datasets.grade_check import check_grades, force_errors
from amorph_flows.testing.alloy import alloy_frames


def test_grades_that_order_the_errors_correlate_fully() -> None:
    errors = np.array([0.1, 0.4, 0.2, 0.9, 0.3])
    found = check_grades(np.exp(10 * errors), errors, wanted_ev_a=0.35, select=5.0, stop=40.0)
    assert found.rank_correlation == pytest.approx(1.0)
    assert check_grades(-errors, errors, 0.35).rank_correlation == pytest.approx(-1.0)
    assert found.n_above_stop == 2  # exp(4) and exp(9)
    assert found.wrong_above_stop == 1.0
    assert found.wrong_below_select == 0.0


def test_grades_that_mean_nothing_do_not() -> None:
    rng = np.random.default_rng(0)
    grades, errors = rng.lognormal(1.0, 1.0, 2000), rng.random(2000)
    found = check_grades(grades, errors, wanted_ev_a=0.5)
    assert abs(found.rank_correlation or 1.0) < 0.07  # 3 / sqrt(2000)
    assert found.wrong_above_stop == pytest.approx(0.5, abs=0.15)


def test_few_frames_or_equal_ones_have_no_correlation() -> None:
    assert check_grades([1.0, 2.0], np.array([0.1, 0.2]), 0.3).rank_correlation is None
    flat = check_grades([1.0] * 5, np.arange(5.0), 0.3)
    assert flat.rank_correlation is None
    assert flat.wrong_above_stop is None
    assert flat.wrong_below_select == 0.8
    assert check_grades([], np.array([]), 0.3).n_frames == 0


def test_error_of_a_frame_is_the_root_mean_square_of_components() -> None:
    frames = alloy_frames(2, seed=0)
    moved = []
    for shift, frame in zip((0.3, 0.5), frames, strict=True):
        atoms = frame.to_atoms()
        atoms.calc.results["forces"] = atoms.calc.results["forces"] + shift
        moved.append(type(frame).from_atoms(atoms))
    np.testing.assert_allclose(force_errors(frames, FrameSet(moved)), [0.3, 0.5])
