"""MaxVol against every possible choice, and what it adds."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from amorph_flows.datasets import additions, maxvol
from amorph_flows.errors import InputError


@pytest.mark.parametrize("seed", range(8))
def test_volume_is_close_to_the_largest_of_all_choices(seed: int) -> None:
    matrix = np.random.default_rng(seed).normal(size=(14, 4))
    volumes = {c: abs(np.linalg.det(matrix[list(c)])) for c in combinations(range(14), 4)}
    rows = maxvol(matrix, 1.0 + 1e-9)
    volume = abs(np.linalg.det(matrix[rows]))
    swaps = [
        volumes[tuple(sorted({*rows.tolist()} - {old} | {new}))]
        for old in rows.tolist()
        for new in set(range(14)) - {*rows.tolist()}
    ]
    assert volume >= max(swaps) * (1 - 1e-9), "a single swap still raises the volume"
    assert volume >= 0.7 * max(volumes.values())


@pytest.mark.parametrize("tolerance", [1.001, 1.5])
def test_every_row_is_a_bounded_combination(tolerance: float) -> None:
    matrix = np.random.default_rng(1).normal(size=(500, 30)) * np.logspace(0, 6, 30)
    rows = maxvol(matrix, tolerance)
    assert len(set(rows.tolist())) == 30
    assert np.abs(matrix @ np.linalg.inv(matrix[rows])).max() <= tolerance * (1 + 1e-6)


def test_a_poor_start_is_improved() -> None:
    matrix = np.vstack([np.eye(3) * 1e-3, np.eye(3)])
    assert sorted(maxvol(matrix, start=np.arange(3)).tolist()) == [3, 4, 5]


def test_invariant_to_a_change_of_basis_of_the_columns() -> None:
    rng = np.random.default_rng(5)
    matrix, change = rng.normal(size=(60, 5)), rng.normal(size=(5, 5))
    start = maxvol(matrix)
    assert maxvol(matrix @ change, start=start).tolist() == start.tolist()


def test_bad_matrices() -> None:
    with pytest.raises(InputError, match="rank deficient"):
        maxvol(np.ones((5, 2)))
    with pytest.raises(InputError, match="at least as many rows"):
        maxvol(np.ones((1, 2)))
    with pytest.raises(InputError, match="above 1"):
        maxvol(np.eye(2), 1.0)
    with pytest.raises(InputError, match="not finite"):
        maxvol(np.full((3, 2), np.nan))


def test_additions_take_the_odd_one_first_and_never_its_twin() -> None:
    rng = np.random.default_rng(2)
    active = np.eye(4)
    tame = [rng.uniform(-0.2, 0.2, (6, 4)) for _ in range(5)]
    odd = np.array([[0.0, 9.0, 0.0, 0.0]])
    second = np.array([[0.0, 0.0, 3.0, 0.0]])
    candidates = [tame[0], second, tame[1], odd, tame[2], 0.99 * odd]
    assert additions(active, candidates, limit=10) == [3, 1]
    assert additions(active, candidates, limit=1) == [3]
    assert additions(active, tame, limit=3) == []
    assert additions(active, [], limit=3) == []
