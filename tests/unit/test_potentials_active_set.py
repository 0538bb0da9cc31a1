"""Active sets against their definition, with redundant and unseen directions."""

from __future__ import annotations

import json

import numpy as np
import pytest

from amorph_flows.datasets import Frame, FrameSet
from amorph_flows.errors import InputError
from amorph_flows.potentials.active_set import ActiveSet

POTENTIAL = "MTP of nothing"


def gradients_of(frame: Frame) -> np.ndarray:
    """Four numbers an atom: the last is a redundant combination of the others."""
    x, y, z = frame.positions.T
    return np.stack([1e3 * x, y, np.ones_like(z), 1e3 * x - 2 * y], axis=1)


def frame(seed: int, spread: float = 1.0) -> Frame:
    rng = np.random.default_rng(seed)
    return Frame(np.full(6, 8), rng.normal(0, spread, (6, 3)), np.eye(3) * 9)


TRAINING = FrameSet(frame(i) for i in range(20))


def active() -> ActiveSet:
    return ActiveSet.of(POTENTIAL, [gradients_of(f) for f in TRAINING])


def test_rank_and_grades_of_training_atoms() -> None:
    found = active()
    assert found.rank == 3
    grades = np.concatenate([found.grades(gradients_of(f)) for f in TRAINING])
    assert grades.max() <= 1.02
    assert np.sum(np.isclose(grades, 1.0)) >= 3


def test_grades_equal_the_definition_where_nothing_is_redundant() -> None:
    matrix = np.vstack([gradients_of(f)[:, :3] for f in TRAINING])
    found = ActiveSet.of(POTENTIAL, [matrix])
    rows = found.rows @ np.linalg.inv(found.directions)
    new = gradients_of(frame(77, 3.0))[:, :3]
    reference = np.abs(new @ np.linalg.inv(rows)).max(axis=1)
    np.testing.assert_allclose(found.grades(new), reference, rtol=1e-8)
    for row in rows:
        assert np.abs(matrix - row).max(axis=1).min() < 1e-9, "a row of no training atom"


def test_grades_do_not_depend_on_the_units_of_the_parameters() -> None:
    scale = np.array([1e-4, 1e3, 7.0, 1e2])
    other = ActiveSet.of(POTENTIAL, [gradients_of(f) * scale for f in TRAINING])
    new = gradients_of(frame(5, 2.0))
    np.testing.assert_allclose(other.grades(new * scale), active().grades(new), rtol=0.05)


def test_a_redundant_direction_stays_silent_and_an_unseen_one_shouts() -> None:
    far = gradients_of(frame(3, 10.0))
    assert 2 < active().grades(far).max() < 100
    unseen = far.copy()
    unseen[0, 3] += 1.0
    assert active().grades(unseen)[0] > 1e4
    np.testing.assert_allclose(active().grades(unseen)[1:], active().grades(far)[1:])


def test_a_column_of_zeros_and_fewer_atoms_than_parameters() -> None:
    matrix = np.array([[1.0, 0.0, 0.0, 2.0], [0.0, 0.0, 1.0, 1.0]])
    found = ActiveSet.of(POTENTIAL, [matrix])
    assert found.rank == 2
    np.testing.assert_allclose(found.grades(matrix), 1.0)
    assert found.grades(np.array([[1.0, 1e-3, 0.0, 2.0]]))[0] > 1e3


def test_selection_is_in_order_of_need() -> None:
    odd, odder = frame(50, 6.0), frame(51, 60.0)
    offered = FrameSet([TRAINING[0], odd, frame(60, 0.5), odder])
    chosen = active().select(gradients_of, TRAINING, offered, limit=3)
    assert chosen[0] == 3
    assert not {0, 2} & set(chosen)


def test_text_round_trip_is_exact() -> None:
    found = active()
    back = ActiveSet.parse(found.text(), POTENTIAL)
    np.testing.assert_array_equal(back.rows, found.rows)
    np.testing.assert_array_equal(back.directions, found.directions)
    assert back.rank == found.rank


def test_damaged_and_foreign_texts_are_refused() -> None:
    text = active().text()
    for damaged in ("", "{}", "[1]", text[:-40], json.dumps({"format": "other"})):
        with pytest.raises(InputError, match="missing or damaged"):
            ActiveSet.parse(damaged, POTENTIAL)
    with pytest.raises(InputError, match="another potential"):
        ActiveSet.parse(text, "another text")
    with pytest.raises(InputError, match="needs training frames"):
        ActiveSet.of(POTENTIAL, [])
