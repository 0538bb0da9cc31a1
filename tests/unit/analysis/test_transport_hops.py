"""Van Hove functions, hops and mobility groups on motion that is known."""

import numpy as np
import pytest

from amorph_flows.analysis import Trajectory, find_hops, mobility_groups, van_hove
from amorph_flows.errors import InputError

CELL_A = 16.0


def trajectory(positions, n_ions, spacing_fs=50.0):
    numbers = [11] * n_ions + [8] * (positions.shape[1] - n_ions)
    times = np.arange(len(positions)) * spacing_fs
    return Trajectory(positions % CELL_A, np.eye(3) * CELL_A, numbers, times)


def walk(n_frames=4000, n_ions=20, step=0.2, seed=0):
    rng = np.random.default_rng(seed)
    return trajectory(
        np.cumsum(rng.normal(0, step, (n_frames, n_ions, 3)), axis=0)
        + rng.random((n_ions, 3)) * CELL_A,
        n_ions,
    )


def test_self_part_of_diffusion_is_gaussian():
    found = van_hove(walk(), "Na", lag_fs=500.0, drift="none")
    width = found.distances_a[1] - found.distances_a[0]
    assert found.lag_fs == 500.0
    assert found.self_density.sum() * width == pytest.approx(1.0, abs=1e-3)
    assert np.abs(found.self_density - found.self_density_of_diffusion).max() < 0.03
    variance = 10 * 0.2**2
    exact = np.sqrt(2 / np.pi) * found.distances_a**2 / variance**1.5
    exact *= np.exp(-(found.distances_a**2) / (2 * variance))
    assert np.abs(found.self_density - exact).max() < 0.03
    assert found.non_gaussian == pytest.approx(0, abs=0.05)


def test_distinct_part_of_independent_ions_is_flat():
    found = van_hove(walk(), "Na", lag_fs=500.0, drift="none")
    outer = found.distinct_distances_a > 3
    assert found.distinct[outer].mean() == pytest.approx(1.0, abs=0.05)


def test_distinct_part_sees_an_ion_take_the_place_of_another():
    sites = np.array([[2.0, 2, 2], [6.0, 2, 2], [10.0, 2, 2], [14.0, 2, 2]])
    turns = np.array([np.roll(sites, i, axis=0) for i in range(40)])
    found = van_hove(trajectory(turns, 4), "Na", lag_fs=50.0, drift="none")
    assert found.distinct[0] > 100
    assert found.distances_a[np.argmax(found.self_density)] == pytest.approx(4.0, abs=0.1)


def test_planted_hops_are_found():
    rng = np.random.default_rng(1)
    n_frames, n_ions = 3000, 12
    positions = np.zeros((n_frames, n_ions, 3)) + rng.random((n_ions, 3)) * CELL_A
    planted = [(0, 700), (0, 1500), (3, 1000), (7, 2200), (11, 400)]
    for ion, frame in planted:
        positions[frame:, ion, 0] += 2.5
    positions += rng.normal(0, 0.15, positions.shape)
    found = find_hops(trajectory(positions, n_ions), "Na", window_fs=2000.0, drift="none")
    at = list(zip(found.ions, np.round(found.times_fs / 50).astype(int), strict=True))
    assert [ion for ion, _ in at] == [0, 0, 3, 7, 11]
    for (_, frame), (_, expected) in zip(at, planted, strict=True):
        assert abs(frame - expected) <= 2
    assert found.lengths_a == pytest.approx([2.5] * 5, abs=0.15)
    assert found.residence_fs == pytest.approx([800 * 50.0], abs=150)
    assert found.back_fraction == 0.0
    watched_ps = n_ions * (n_frames - 79) * 0.05
    assert found.rate_per_ion_ps == pytest.approx(5 / watched_ps)


def test_hop_back_is_told():
    rng = np.random.default_rng(2)
    positions = rng.normal(0, 0.1, (1000, 3, 3)) + rng.random((3, 3)) * CELL_A
    positions[300:600, 1, 2] += 2.0
    found = find_hops(trajectory(positions, 3), "Na", window_fs=2000.0, drift="none")
    assert found.ions.tolist() == [1, 1]
    assert found.back_fraction == 1.0


def test_rattling_is_no_hop():
    rng = np.random.default_rng(3)
    positions = rng.normal(0, 0.3, (2000, 10, 3)) + rng.random((10, 3)) * CELL_A
    found = find_hops(trajectory(positions, 10), "Na", window_fs=2000.0, drift="none")
    assert len(found.ions) == 0
    assert found.back_fraction is None


def test_fast_ions_and_their_oxygen_are_told():
    rng = np.random.default_rng(4)
    n_frames, n_ions = 800, 8
    steps = rng.normal(0, 1, (n_frames, n_ions, 3)) * np.repeat([0.01, 0.2], 4)[:, None]
    ions = np.cumsum(steps, axis=0) + np.arange(8)[:, None] * [2.0, 0, 0]
    oxygen = ions[:, :4] + [0, 1.9, 0]  # each slow ion carries an oxygen
    found = mobility_groups(
        trajectory(np.concatenate([ions, oxygen], axis=1), n_ions), "Na", 500.0,
        share=0.5, cutoff_a=2.2, drift="none",
    )  # fmt: skip
    assert found.slow.tolist() == [0, 1, 2, 3]
    assert found.fast.tolist() == [4, 5, 6, 7]
    assert found.squared_displacement_a2[4:].min() > 20 * found.squared_displacement_a2[:4].max()
    assert found.neighbours["slow", "O"] > 0.95
    assert found.neighbours["fast", "O"] < 0.3
    peak = found.distances_a[np.argmax(found.partial["slow", "O"])]
    assert peak == pytest.approx(1.9, abs=0.1)


def test_surroundings_of_an_ideal_gas_are_flat():
    rng = np.random.default_rng(5)
    positions = rng.random((300, 60, 3)) * CELL_A
    steady = Trajectory(positions, np.eye(3) * CELL_A, [11] * 20 + [8] * 40, np.arange(300.0))
    found = mobility_groups(steady, "Na", 1.0, drift="none", window_fs=300.0)
    for key in (("fast", "O"), ("slow", "O"), ("all", "Na")):
        outer = found.distances_a > 3
        assert found.partial[key][outer].mean() == pytest.approx(1.0, abs=0.05)


def test_lags_and_windows_that_do_not_fit_are_refused():
    run = walk(n_frames=50)
    with pytest.raises(InputError, match="lag_fs"):
        van_hove(run, "Na", lag_fs=1e6)
    with pytest.raises(InputError, match="lag_fs"):
        mobility_groups(run, "Na", 1e6)
    with pytest.raises(InputError, match="window_fs"):
        mobility_groups(run, "Na", 100.0, window_fs=-1.0)
    with pytest.raises(InputError, match=r"origin_fs is 2450.*may start at 0 to 2350 fs"):
        mobility_groups(run, "Na", 100.0, origin_fs=2450.0)
    with pytest.raises(InputError, match="window_fs"):
        find_hops(run, "Na", window_fs=1e6)
    with pytest.raises(InputError, match="share"):
        mobility_groups(run, "Na", 100.0, share=0.9)
