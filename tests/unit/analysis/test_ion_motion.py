"""How the ions of one run move, on walks whose motion is known."""

from __future__ import annotations

import numpy as np
import pytest

from amorph_flows.analysis import Trajectory, find_hops, ion_motion, van_hove
from amorph_flows.analysis.transport._ranked_ions import rank_ions
from amorph_flows.schemas.ion_motion import IonMotionDoc

CELL_A = 40.0


def walk(steps_a: np.ndarray, n_frames: int = 801, seed: int = 0) -> Trajectory:
    """Return ions that walk with steps of their own beside a host that stays."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=(n_frames, len(steps_a), 3)) * steps_a[:, None]
    ions = np.cumsum(steps, axis=0) + rng.random((len(steps_a), 3)) * CELL_A
    host = np.broadcast_to(rng.random((30, 3)) * CELL_A, (n_frames, 30, 3))
    numbers = np.array([11] * len(steps_a) + [8] * 30)
    positions = np.concatenate([ions, host], axis=1)
    return Trajectory(positions, np.eye(3) * CELL_A, numbers, np.arange(n_frames) * 100.0, 500.0)


def test_displacement_from_one_origin_is_that_of_the_first_frame() -> None:
    run = walk(np.full(20, 0.1))
    found = ion_motion(run, "Na", 500.0)
    lags = (found.origin_lags_fs / 100).round().astype(int)
    moved = run.positions[lags, :20] - run.positions[0, :20]
    assert (lags[0], lags[-1]) == (1, 800)
    assert np.allclose(found.origin_msd_a2, (moved**2).sum(axis=2).mean(axis=1))


def test_fast_ions_are_those_with_long_steps() -> None:
    found = ion_motion(walk(np.repeat([0.05, 0.25], 10)), "Na", 500.0)
    assert found.rank_lag_fs == 20_000.0
    ratio = found.fast_msd_a2[-20:] / found.slow_msd_a2[-20:]
    assert (ratio > 5).all()
    assert (found.rank_correlation > 0.4).all()
    assert found.fast_time_fs is None  # it never ends


def test_parts_are_those_of_the_single_functions() -> None:
    run = walk(np.full(12, 0.2))
    found = ion_motion(run, "Na", 500.0)
    assert list(found.van_hove_lags_fs) == [1200.0, 5000.0, 20_000.0]
    reach_a = found.distances_a[-1] + found.distances_a[0]
    moved = run.positions[200, :12] - run.positions[0, :12]
    assert reach_a == pytest.approx(np.ceil(4 * (moved**2).sum(axis=1).mean() ** 0.5))
    assert 10 < reach_a < 30
    alone = van_hove(run, "Na", 5000.0, largest_a=reach_a, n_bins=100)
    assert np.array_equal(found.self_density[1], alone.self_density)
    assert np.array_equal(found.distinct[1], alone.distinct)
    hops = find_hops(run, "Na", 300.0)
    assert found.hop_rate_per_ion_ns == pytest.approx(1e3 * hops.rate_per_ion_ps)
    widths = np.diff(found.hop_lengths_a)
    assert found.hops_per_ion_ns_a.sum() * widths[0] == pytest.approx(found.hop_rate_per_ion_ns)
    assert (np.diff(found.stay_shares) < 0).all()
    ranked = rank_ions(run, "Na", 20_000.0)
    assert np.array_equal(found.rank_correlation, ranked.persistence.rank_correlation)


@pytest.mark.parametrize(
    ("spacing_fs", "lags_ps"), [(1000.0, (12, 100, 200)), (5000.0, (100, 250, 1000))]
)
def test_the_usual_lag_takes_the_place_of_the_nearest(spacing_fs, lags_ps) -> None:
    run = walk(np.full(4, 0.1))
    times_fs = np.arange(run.n_frames) * spacing_fs
    slower = Trajectory(run.positions, run.cells, run.numbers, times_fs, 500.0)
    found = ion_motion(slower, "Na", 500.0)
    assert tuple(found.van_hove_lags_fs / 1e3) == lags_ps


def test_a_short_run_of_few_ions_has_what_can_be_told() -> None:
    found = ion_motion(walk(np.full(3, 0.1), n_frames=20), "Na", 500.0)
    assert len(found.origin_msd_a2) > 5
    assert not found.distances_a.size
    assert found.hop_rate_per_ion_ns is None
    few = ion_motion(walk(np.full(3, 0.1)), "Na", 500.0)
    assert few.distances_a.size
    assert few.rank_lag_fs is None


def test_it_can_be_stored() -> None:
    found = ion_motion(walk(np.full(8, 0.1)), "Na", 500.0)
    stored = IonMotionDoc.from_result(found).model_dump(mode="json")
    again = IonMotionDoc.model_validate(stored)
    assert np.array_equal(again.self_density, found.self_density)
    assert again.fast_time_fs == found.fast_time_fs
