"""Which ions are fast at one time, and for how long, on walks whose rates are known."""

import numpy as np
import pytest

from amorph_flows.analysis import Trajectory, mobility_groups

CELL_A = 40.0
SPACING_FS = 100.0


def walk(rates, seed, oxygen=None):
    """Return a walk with the given step of each ion at each time, shape (n_frames, n_ions)."""
    rng = np.random.default_rng(seed)
    n_frames, n_ions = rates.shape
    ions = np.cumsum(rng.normal(0, 1, (n_frames, n_ions, 3)) * rates[..., None], axis=0)
    ions += rng.random((n_ions, 3)) * CELL_A
    atoms = ions if oxygen is None else np.concatenate([ions, oxygen(ions)], axis=1)
    numbers = [11] * n_ions + [8] * (atoms.shape[1] - n_ions)
    times = np.arange(n_frames) * SPACING_FS
    return Trajectory(atoms % CELL_A, np.eye(3) * CELL_A, numbers, times)


def redrawn(n_frames, n_ions, memory_frames, seed, slow=0.03, fast=0.12):
    """Return steps that are slow or fast, drawn anew after exponential times."""
    rng = np.random.default_rng(seed)
    draws = rng.choice([slow, fast], (n_frames, n_ions))
    anew = rng.random((n_frames, n_ions)) < 1 / memory_frames
    anew[0] = True
    last = np.maximum.accumulate(np.where(anew, np.arange(n_frames)[:, None], 0), axis=0)
    return np.take_along_axis(draws, last, axis=0)


def test_two_kinds_of_ions_stay_what_they_are():
    steps = np.repeat([0.02, 0.2], 12)[None].repeat(4000, axis=0)
    found = mobility_groups(walk(steps, 0), "Na", 1000.0, share=0.5, drift="none")
    assert found.slow.tolist() == list(range(12))
    persistence = found.persistence
    assert persistence.fast_time_fs is None
    late = persistence.rank_correlation[-100:]
    assert persistence.next_rank_correlation == pytest.approx(late.mean(), abs=0.02)
    ranks = np.repeat([6.5, 18.5], 12)  # mean rank of each kind where kinds never mix
    explained = np.var(ranks) / np.var(np.arange(1, 25))
    assert late.mean() == pytest.approx(explained, abs=0.02)


@pytest.mark.parametrize("memory_frames", [50, 200])
def test_correlation_of_ranks_decays_with_the_time_after_which_rates_are_redrawn(memory_frames):
    times = []
    for seed in range(6):
        steps = redrawn(20_000, 48, memory_frames, seed)
        found = mobility_groups(walk(steps, 10 + seed), "Na", 2000.0, drift="none")
        times.append(found.persistence.fast_time_fs)
        curve = found.persistence
        far = curve.distances_fs > 8 * memory_frames * SPACING_FS
        assert abs(curve.rank_correlation[far].mean()) < 0.01
    assert np.mean(times) == pytest.approx(memory_frames * SPACING_FS, rel=0.15)


def test_ions_alike_are_fast_for_no_time():
    times = [
        mobility_groups(walk(np.full((4000, 24), 0.1), seed), "Na", 1000.0, drift="none")
        .persistence.fast_time_fs
        for seed in range(40)
    ]  # fmt: skip
    assert times.count(0.0) >= 36


def test_standard_errors_are_those_of_ions_without_memory():
    first = []
    for seed in range(120):
        run = walk(np.full((1000, 12), 0.1), seed)
        found = mobility_groups(run, "Na", 1000.0, drift="none").persistence
        first.append(found.rank_correlation[0] / found.standard_errors[0])
    assert np.mean(first) == pytest.approx(0.0, abs=0.2)
    assert np.std(first) == pytest.approx(1.0, abs=0.2)


def test_the_difference_is_seen_at_the_origin_where_a_mean_over_a_long_run_sees_none():
    """Slow ions carry an oxygen while they are slow; each is slow half of the time."""
    steps = redrawn(8000, 40, 400, 5, slow=0.02, fast=0.3)

    def oxygen(ions):
        away = np.where(steps > 0.1, 9.0, 1.9)
        return ions + np.stack([np.zeros_like(away), away, np.zeros_like(away)], axis=2)

    run = walk(steps, 6, oxygen)
    for origin_fs in (0.0, 300_000.0):
        found = mobility_groups(
            run, "Na", 2000.0, cutoff_a=2.2, drift="none", origin_fs=origin_fs, window_fs=500.0
        )
        assert found.origin_fs == origin_fs
        assert found.neighbours["slow", "O"] > found.neighbours["fast", "O"] + 0.7
    whole = mobility_groups(run, "Na", 2000.0, cutoff_a=2.2, drift="none", window_fs=800_000.0)
    assert abs(whole.neighbours["slow", "O"] - whole.neighbours["fast", "O"]) < 0.3


def test_squared_displacements_are_those_from_the_origin_to_the_lag():
    run = walk(np.full((300, 8), 0.05), 3)
    found = mobility_groups(run, "Na", 2000.0, drift="none", origin_fs=5000.0)
    moved = run.positions[70] - run.positions[50]
    moved -= np.rint(moved / CELL_A) * CELL_A
    assert found.squared_displacement_a2 == pytest.approx((moved**2).sum(axis=1))
    assert found.n_frames == 5  # two on each side: a tenth of the lag
    assert found.lag_fs == 2000.0


def test_nothing_is_said_of_a_run_that_is_shorter_than_two_displacements():
    found = mobility_groups(walk(np.full((30, 8), 0.05), 3), "Na", 2000.0, drift="none")
    assert found.persistence.fast_time_fs is None
    assert found.persistence.next_rank_correlation is None


def test_origin_and_surroundings_stay_within_one_continuous_piece():
    steps = np.full((200, 8), 0.05)
    first, second = walk(steps, 1), walk(steps, 2)
    glued = Trajectory(
        np.concatenate([first.positions[:15], second.positions]),
        np.eye(3) * CELL_A,
        [11] * 8,
        np.arange(215) * SPACING_FS,
    )
    found = mobility_groups(glued, "Na", 2000.0, drift="none", window_fs=2000.0)
    assert found.origin_fs == 15 * SPACING_FS
    assert found.n_frames == 21


def test_a_group_of_one_ion_has_no_others_of_its_own():
    found = mobility_groups(walk(np.full((40, 4), 0.1), 5), "Na", 500.0, drift="none")
    assert len(found.fast) == 1
    assert not found.partial["fast", "fast"].any()
    assert found.neighbours["fast", "fast"] == 0
    assert found.partial["fast", "Na"].shape == found.distances_a.shape
