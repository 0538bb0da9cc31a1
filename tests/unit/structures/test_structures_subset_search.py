"""Choosing n of N sites, against brute force."""

from itertools import combinations

import numpy as np
import pytest

from amorph_flows.structures import _subset_search as subset_search
from amorph_flows.structures._subset_search import QuadraticProblem, find_best_subsets


def random_problem(seed, n_sites, n_chosen, strength=1.0):
    rng = np.random.default_rng(seed)
    pair = strength * rng.normal(size=(n_sites, n_sites))
    pair = pair + pair.T
    np.fill_diagonal(pair, 0)
    return QuadraticProblem(rng.normal(size=n_sites), pair, n_chosen)


def coulomb_problem(seed, n_sites, n_chosen):
    """Repelling ions on random points of a cube with random site energies."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0, 10, size=(n_sites, 3))
    pair = 30 / (0.5 + np.linalg.norm(points[:, None] - points[None], axis=-1))
    np.fill_diagonal(pair, 0)
    return QuadraticProblem(rng.normal(-30, 5, size=n_sites), pair, n_chosen)


def brute_force(problem, n_best):
    def energy(subset):
        total = sum(problem.linear[i] for i in subset)
        return total + sum(problem.pair[i, j] for i, j in combinations(subset, 2))

    subsets = combinations(range(problem.n_sites), problem.n_chosen)
    return sorted((float(energy(subset)), subset) for subset in subsets)[:n_best]


def assert_same(found, expected):
    assert [subset for _, subset in found] == [subset for _, subset in expected]
    np.testing.assert_allclose([e for e, _ in found], [e for e, _ in expected], atol=1e-9)


@pytest.fixture
def no_enumeration(monkeypatch):
    monkeypatch.setattr(subset_search, "ENUMERATION_LIMIT", 0)


@pytest.mark.parametrize("seed", range(12))
def test_enumeration_equals_brute_force(seed):
    rng = np.random.default_rng(seed)
    n_sites = int(rng.integers(2, 12))
    problem = random_problem(seed, n_sites, int(rng.integers(1, n_sites + 1)))
    found, proven = find_best_subsets(problem, 7, seed=0, node_limit=0)
    assert proven
    assert_same(found, brute_force(problem, 7))


@pytest.mark.parametrize("seed", range(40))
def test_branch_and_bound_equals_brute_force(seed, no_enumeration):
    rng = np.random.default_rng(seed)
    n_sites = int(rng.integers(3, 13))
    n_chosen = int(rng.integers(1, n_sites))
    problem = random_problem(seed, n_sites, n_chosen, strength=rng.choice([0.01, 0.3, 1, 10]))
    found, proven = find_best_subsets(problem, 5, seed=0, node_limit=100_000)
    assert proven
    assert_same(found, brute_force(problem, 5))


def test_branch_and_bound_corrects_a_search_that_found_nothing(no_enumeration, monkeypatch):
    monkeypatch.setattr(
        subset_search,
        "_swap_search",
        lambda problem, best, seed: best.add(np.array([range(i, i + 5) for i in range(8)])),
    )
    problem = coulomb_problem(3, 14, 5)
    found, proven = find_best_subsets(problem, 4, seed=0, node_limit=100_000)
    assert proven
    assert_same(found, brute_force(problem, 4))


def test_the_swap_search_alone_finds_the_optimum_but_does_not_claim_it():
    problem = coulomb_problem(0, 60, 12)
    found, proven = find_best_subsets(problem, 10, seed=0, node_limit=0)
    best, best_proven = find_best_subsets(problem, 10, seed=0, node_limit=60_000)
    assert not proven
    assert best_proven
    assert found[0] == best[0]
    assert np.all(np.diff([energy for energy, _ in best]) >= 0)
    assert len({subset for _, subset in best}) == 10


def test_the_search_is_deterministic_and_its_optimum_blind_to_the_seed():
    problem = coulomb_problem(1, 50, 10)
    first, second = (find_best_subsets(problem, 5, seed=4, node_limit=0)[0] for _ in range(2))
    assert first == second
    other, _ = find_best_subsets(problem, 5, seed=5, node_limit=0)
    assert other[0] == first[0]


def test_reported_energies_are_those_of_the_subsets():
    problem = coulomb_problem(2, 40, 8)
    found, _ = find_best_subsets(problem, 10, seed=0, node_limit=1000)
    for energy, subset in found:
        expected = problem.linear[list(subset)].sum()
        expected += sum(problem.pair[i, j] for i, j in combinations(subset, 2))
        assert energy == pytest.approx(expected, abs=1e-9)


def test_subsets_that_count_as_the_same_come_once():
    problem = random_problem(0, 8, 3)

    def shifted(subset):
        return tuple(site % 4 for site in subset)

    found, proven = find_best_subsets(problem, 30, seed=0, node_limit=0, canonical=shifted)
    expected = {}
    for energy, subset in brute_force(problem, 56):
        expected.setdefault(shifted(subset), (energy, subset))
    assert proven
    assert_same(found, list(expected.values())[:30])


def test_fewer_than_wanted_come_back_when_there_are_fewer():
    found, proven = find_best_subsets(random_problem(0, 4, 3), 10, seed=0, node_limit=0)
    assert proven
    assert len(found) == 4
