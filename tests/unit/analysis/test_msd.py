"""Mean-square displacements: analytic limits, a naive reference and invariance."""

import numpy as np
import pytest

from amorph_flows.analysis import (
    Trajectory,
    UnwrappingWarning,
    mean_squared_displacement,
    unwrap,
)
from amorph_flows.errors import InputError, TrajectoryError

TRICLINIC = np.array([[12.0, 0.0, 0.0], [3.0, 11.0, 0.0], [-2.0, 1.5, 13.0]])


def walk(n_frames=300, n_ions=6, n_host=8, step=0.3, cell=None, seed=0, wrapped=True):
    rng = np.random.default_rng(seed)
    cell = np.eye(3) * 12.0 if cell is None else cell
    moves = rng.normal(0, step, (n_frames, n_ions + n_host, 3))
    moves[:, n_ions:] *= 0.1
    moves[0] = rng.random((n_ions + n_host, 3)) @ cell
    positions = np.cumsum(moves, axis=0)
    if wrapped:
        positions = (positions @ np.linalg.inv(cell) % 1.0) @ cell
    numbers = [12] * n_ions + [8] * n_host
    return Trajectory(positions, cell, numbers, np.arange(n_frames) * 2.0), np.cumsum(moves, axis=0)


def naive(positions, lag):
    moved = positions[lag:] - positions[:-lag]
    return (moved**2).sum(2).mean(), (moved.sum(1) ** 2).sum(1).mean() / positions.shape[1]


@pytest.mark.parametrize("cell", [np.eye(3) * 12.0, TRICLINIC], ids=["cubic", "triclinic"])
def test_agrees_with_the_sum_over_pairs_of_frames(cell):
    trajectory, true = walk(cell=cell)
    found = mean_squared_displacement(trajectory, "Mg", drift="host")
    host_frame = true[:, :6] - true[:, 6:].mean(axis=1, keepdims=True)
    assert len(found.lags_fs) == 300
    for lag in (1, 2, 17, 120, 299):
        msd, mscd = naive(host_frame, lag)
        assert found.msd_a2[lag] == pytest.approx(msd, rel=1e-9)
        assert found.mscd_a2[lag] == pytest.approx(mscd, rel=1e-9)
    assert found.msd_axes_a2.sum(axis=1) == pytest.approx(found.msd_a2)


def test_free_flight_grows_with_the_square_of_time():
    times = np.arange(200) * 5.0
    velocities = np.random.default_rng(1).normal(0, 1e-3, (10, 3))
    positions = times[:, None, None] * velocities + np.arange(10)[:, None]
    found = mean_squared_displacement(
        Trajectory(positions, np.eye(3) * 50, [3] * 10, times), "Li", drift="none"
    )
    expected = (velocities**2).sum(1).mean() * times**2
    assert found.msd_a2 == pytest.approx(expected, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("drift", ["host", "cell"])
def test_added_drift_is_removed_exactly(drift):
    trajectory, _ = walk(n_frames=500)
    push = np.linspace(0, 40, 500)[:, None, None] * np.array([1.0, -0.5, 0.2])
    pushed = Trajectory(
        (trajectory.positions + push) % 12.0, np.eye(3) * 12, trajectory.numbers,
        trajectory.times_fs,
    )  # fmt: skip
    before = mean_squared_displacement(trajectory, "Mg", drift)
    after = mean_squared_displacement(pushed, "Mg", drift)
    assert after.msd_a2 == pytest.approx(before.msd_a2, rel=1e-9, abs=1e-9)
    assert after.mscd_a2 == pytest.approx(before.mscd_a2, rel=1e-9, abs=1e-9)
    left = mean_squared_displacement(pushed, "Mg", "none")
    assert left.msd_a2[-1] > 10 * before.msd_a2[-1]


def test_invariant_under_translation_rotation_and_order():
    trajectory, _ = walk()
    plain = mean_squared_displacement(trajectory, "Mg")
    rotation = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0]
    order = np.random.default_rng(3).permutation(trajectory.n_atoms)
    for changed in (
        Trajectory(
            trajectory.positions + 5.0, trajectory.cells, trajectory.numbers, trajectory.times_fs
        ),
        Trajectory(
            trajectory.positions @ rotation,
            trajectory.cells @ rotation,
            trajectory.numbers,
            trajectory.times_fs,
        ),
        Trajectory(
            trajectory.positions[:, order],
            trajectory.cells,
            trajectory.numbers[order],
            trajectory.times_fs,
        ),
    ):
        found = mean_squared_displacement(changed, "Mg")
        assert found.msd_a2 == pytest.approx(plain.msd_a2, rel=1e-8)
        assert found.mscd_a2 == pytest.approx(plain.mscd_a2, rel=1e-8)


def test_wrapped_and_unwrapped_positions_agree():
    wrapped, _ = walk(n_frames=2000, step=0.5)
    unwrapped, true = walk(n_frames=2000, step=0.5, wrapped=False)
    one = mean_squared_displacement(wrapped, "Mg")
    two = mean_squared_displacement(unwrapped, "Mg")
    assert one.msd_a2 == pytest.approx(two.msd_a2, rel=1e-9)
    moved = unwrap(wrapped)
    assert moved - moved[0] == pytest.approx(true - true[0], abs=1e-8)


def test_breathing_cell_is_no_motion():
    rng = np.random.default_rng(4)
    scale = 1 + 0.05 * rng.random(100)
    fractional = rng.random((20, 3))
    cells = scale[:, None, None] * TRICLINIC
    trajectory = Trajectory(fractional @ cells, cells, [3] * 5 + [8] * 15, np.arange(100.0))
    found = mean_squared_displacement(trajectory, "Li", drift="none")
    assert found.msd_a2.max() < 1e-12


def test_several_runs_weigh_by_their_time_origins():
    one, _ = walk(n_frames=200, seed=1)
    two, _ = walk(n_frames=100, seed=2)
    both = mean_squared_displacement([one, two], "Mg")
    parts = [mean_squared_displacement(t, "Mg") for t in (one, two)]
    for lag in (1, 50):
        weights = [200 - lag, 100 - lag]
        expected = np.average([p.msd_a2[lag] for p in parts], weights=weights)
        assert both.msd_a2[lag] == pytest.approx(expected)
    assert both.msd_a2[150] == pytest.approx(parts[0].msd_a2[150])


def test_steps_of_half_a_cell_are_warned_of():
    rng = np.random.default_rng(5)
    trajectory = Trajectory(rng.random((50, 8, 3)) * 10, np.eye(3) * 10, [3] * 8, np.arange(50.0))
    with pytest.warns(UnwrappingWarning, match="periodic image is a guess"):
        mean_squared_displacement(trajectory, "Li", drift="none")
    with pytest.warns(UnwrappingWarning):
        unwrap(trajectory)


def test_inputs_that_cannot_be_right_are_named():
    trajectory, _ = walk(n_frames=20)
    with pytest.raises(InputError, match="no Li"):
        mean_squared_displacement(trajectory, "Li")
    with pytest.raises(InputError, match="not an element symbol"):
        mean_squared_displacement(trajectory, "Mg2+")
    with pytest.raises(InputError, match="drift is 'lattice'"):
        mean_squared_displacement(trajectory, "Mg", drift="lattice")
    slower = Trajectory(
        trajectory.positions, trajectory.cells, trajectory.numbers, trajectory.times_fs * 3
    )
    with pytest.raises(TrajectoryError, match="every 2 and 6 fs"):
        mean_squared_displacement([trajectory, slower], "Mg")
