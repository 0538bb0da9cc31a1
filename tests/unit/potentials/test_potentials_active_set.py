"""Active sets against their definition, with redundant and unseen directions."""

from __future__ import annotations

import numpy as np
import pytest

from amorph_flows.datasets import Frame, FrameSet
from amorph_flows.errors import InputError
from amorph_flows.potentials.d_optimality import ActiveSet, choose_candidates, find_active_set

PARAMETERS = np.arange(4.0)


def gradients_of(frame: Frame) -> np.ndarray:
    """Four numbers an atom: the last is a redundant combination of the others."""
    x, y, z = frame.positions.T
    return np.stack([1e3 * x, y, np.ones_like(z), 1e3 * x - 2 * y], axis=1)


def frame(seed: int, spread: float = 1.0) -> Frame:
    rng = np.random.default_rng(seed)
    return Frame(np.full(6, 8), rng.normal(0, spread, (6, 3)), np.eye(3) * 9)


TRAINING = FrameSet(frame(i) for i in range(20))


def active() -> ActiveSet:
    return find_active_set(PARAMETERS, [gradients_of(f) for f in TRAINING])


def test_rank_and_grades_of_training_atoms() -> None:
    found = active()
    assert np.all(found.selected[:3] >= 0)
    assert np.all(found.selected[3] == -1)
    grades = np.concatenate([found.grade(gradients_of(f)) for f in TRAINING])
    assert grades.max() <= 1.02
    assert np.sum(np.isclose(grades, 1.0)) >= 3


def test_grades_equal_the_definition_where_nothing_is_redundant() -> None:
    matrix = np.vstack([gradients_of(f)[:, :3] for f in TRAINING])
    found = find_active_set(PARAMETERS[:3], [matrix])
    rows = np.array(
        [
            gradients_of(TRAINING[f])[a, :3]
            for f, a in (divmod(int(row), 6) for _, row in found.selected)
        ]
    )
    new = gradients_of(frame(77, 3.0))[:, :3]
    reference = np.abs(new @ np.linalg.inv(rows)).max(axis=1)
    np.testing.assert_allclose(found.grade(new), reference, rtol=1e-8)


def test_many_chunks_find_a_set_that_bounds_all_atoms() -> None:
    frames = [
        np.random.default_rng(i).normal(size=(7, 12)) * np.logspace(0, 4, 12) for i in range(90)
    ]
    found = find_active_set(np.zeros(12), frames)
    grades = np.concatenate([found.grade(rows) for rows in frames])
    assert grades.max() <= 1.0101
    own = np.array([frames[f][a] for f, a in found.selected])
    np.testing.assert_allclose(own @ found.projection.T, np.eye(12), atol=1e-9)


def test_grades_do_not_depend_on_the_units_of_the_parameters() -> None:
    scale = np.array([1e-4, 1e3, 7.0, 1e2])
    other = find_active_set(PARAMETERS, [gradients_of(f) * scale for f in TRAINING])
    new = gradients_of(frame(5, 2.0))
    np.testing.assert_allclose(other.grade(new * scale), active().grade(new), rtol=0.05)


def test_a_redundant_direction_stays_silent_and_an_unseen_one_shouts() -> None:
    far = gradients_of(frame(3, 10.0))
    assert 2 < active().grade(far).max() < 100
    unseen = far.copy()
    unseen[0, 3] += 1.0
    assert active().grade(unseen)[0] > 1e4
    np.testing.assert_allclose(active().grade(unseen)[1:], active().grade(far)[1:])


def test_a_column_of_zeros_and_fewer_atoms_than_parameters() -> None:
    matrix = np.array([[1.0, 0.0, 0.0, 2.0], [0.0, 0.0, 1.0, 1.0]])
    found = find_active_set(PARAMETERS, [matrix])
    assert np.sum(found.selected[:, 0] >= 0) == 2
    np.testing.assert_allclose(found.grade(matrix), 1.0)
    assert found.grade(np.array([[1.0, 1e-3, 0.0, 2.0]]))[0] > 1e3


def test_selection_is_in_order_of_need() -> None:
    odd, odder = frame(50, 6.0), frame(51, 60.0)
    offered = FrameSet([TRAINING[0], odd, frame(60, 0.5), odder])
    chosen = choose_candidates(active(), gradients_of, TRAINING, offered, limit=3)
    assert chosen[0] == 3
    assert not {0, 2} & set(chosen)


def test_text_round_trip_is_exact() -> None:
    found = active()
    back = ActiveSet.parse(found.text())
    np.testing.assert_array_equal(back.projection, found.projection)
    np.testing.assert_array_equal(back.parameters, PARAMETERS)
    np.testing.assert_array_equal(back.selected, found.selected)


def test_no_frames() -> None:
    with pytest.raises(InputError, match="needs training frames"):
        find_active_set(PARAMETERS, [])
