"""The least squares of SNAP against plain dense ones."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from amorph_flows.potentials.snap._least_squares import RidgeProblem, Triangle, squared_error


@pytest.fixture
def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(500, 12)), rng.normal(size=500)


def triangle_of(matrix: np.ndarray, labels: np.ndarray, pieces: int) -> np.ndarray:
    triangle = Triangle(matrix.shape[1])
    for part, label in zip(
        np.array_split(matrix, pieces), np.array_split(labels, pieces), strict=True
    ):
        triangle.add(part, label)
    return triangle.matrix()


@pytest.mark.parametrize("pieces", [1, 7, 500])
def test_blocks_give_the_solution_of_the_whole_matrix(rows, pieces: int) -> None:
    matrix, labels = rows
    triangle = triangle_of(matrix, labels, pieces)
    assert triangle.shape == (13, 13)
    expected, residual = np.linalg.lstsq(matrix, labels, rcond=None)[:2]
    found = RidgeProblem({"energy": triangle}, {"energy": 3.0}).solve(0.0)
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    assert squared_error(triangle, found) == pytest.approx(residual[0], rel=1e-10)


def test_nearly_collinear_columns_keep_their_digits() -> None:
    # normal equations of this condition number, 1e10, have no digits at all
    rng = np.random.default_rng(1)
    left, right = (np.linalg.qr(rng.normal(size=(n, 6)))[0] for n in (300, 6))
    matrix = left * np.logspace(0, -10, 6) @ right.T
    wanted = rng.normal(size=6)
    triangle = triangle_of(matrix, matrix @ wanted, 9)
    found = RidgeProblem({"energy": triangle}, {"energy": 1.0}).solve(0.0)
    np.testing.assert_allclose(found, wanted, rtol=1e-4)


def test_ridge_is_on_columns_of_unit_length(rows) -> None:
    matrix, labels = rows
    matrix = matrix * np.logspace(-3, 3, 12)
    lengths = np.linalg.norm(matrix, axis=0)
    extended = np.vstack([matrix, np.sqrt(0.1) * np.diag(lengths)])
    expected = np.linalg.lstsq(extended, np.concatenate([labels, np.zeros(12)]), rcond=None)[0]
    found = RidgeProblem({"a": triangle_of(matrix, labels, 3)}, {"a": 1.0}).solve(0.1)
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_groups_have_weights_and_one_may_have_few_rows(rows) -> None:
    matrix, labels = rows
    groups = {"few": (matrix[:5], labels[:5]), "many": (matrix[5:], labels[5:])}
    held = {name: triangle_of(*group, 2) for name, group in groups.items()}
    assert held["few"].shape == (5, 13)
    weights = {"few": 100.0, "many": 0.5}
    scale = np.sqrt(np.where(np.arange(500) < 5, 100.0, 0.5))
    expected = np.linalg.lstsq(matrix * scale[:, None], labels * scale, rcond=None)[0]
    np.testing.assert_allclose(RidgeProblem(held, weights).solve(0.0), expected, rtol=1e-9)


def test_a_column_without_entries_has_no_coefficient(rows) -> None:
    matrix, labels = rows
    matrix = matrix.copy()
    matrix[:, 4] = 0.0
    found = RidgeProblem({"a": triangle_of(matrix, labels, 4)}, {"a": 1.0}).solve(1e-9)
    assert found[4] == 0.0
    assert np.all(np.isfinite(found))


def test_memory_does_not_grow_with_the_rows() -> None:
    rng = np.random.default_rng(2)

    def peak(n_rows: int) -> int:
        tracemalloc.start()
        triangle = Triangle(60)
        for _ in range(n_rows // 100):
            triangle.add(rng.normal(size=(100, 60)), rng.normal(size=100))
        triangle.matrix()
        held = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return held

    assert peak(20_000) < 1.1 * peak(2_000)
