"""The ways of the slowest, the median and the fastest ion, on straight lines."""

import numpy as np
import pytest

from amorph_flows.analysis import Trajectory, ranked_paths
from amorph_flows.errors import InputError

CELL = np.array([[12.0, 0.0, 0.0], [3.0, 11.0, 0.0], [0.0, 2.0, 10.0]])
SPACING_FS = 50.0
SPEEDS = np.array([0.03, 0.01, 0.05, 0.02, 0.04])
"""Å a frame, of five ions."""


def run(n_frames=200, n_ions=5, drift=(0.0, 0.0, 0.0)):
    """Return ions on straight lines through a host at rest, all drifting, wrapped."""
    rng = np.random.default_rng(3)
    start = rng.random((n_ions + 30, 3)) @ CELL
    steps = np.zeros((n_frames, n_ions + 30, 3))
    steps[:, :n_ions, 0] = SPEEDS[:n_ions] * np.arange(n_frames)[:, None]
    positions = start + steps + np.arange(n_frames)[:, None, None] * np.array(drift)
    fractional = (positions @ np.linalg.inv(CELL)) % 1.0
    numbers = [11] * n_ions + [8] * 20 + [15] * 10
    return Trajectory(fractional @ CELL, CELL, numbers, np.arange(n_frames) * SPACING_FS)


@pytest.mark.parametrize("drift", [(0.0, 0.0, 0.0), (0.01, -0.02, 0.005)])
def test_the_ways_are_those_of_least_median_and_largest_displacement(drift):
    trajectory = run(drift=drift)
    found = ranked_paths(trajectory, "Na", 100 * SPACING_FS, most_points=11)
    assert [(path.rank, path.atom) for path in found] == [
        ("slowest", 1),
        ("median", 0),
        ("fastest", 2),
    ]
    for path in found:
        assert path.displacement_a == pytest.approx(100 * SPEEDS[path.atom])
        assert path.times_fs == pytest.approx(np.arange(11) * 10 * SPACING_FS)
        moved = path.positions_a - trajectory.positions[0, path.atom]
        assert moved[:, 0] == pytest.approx(np.arange(11) * 10 * SPEEDS[path.atom])
        assert moved[:, 1:] == pytest.approx(0.0, abs=1e-9)


def test_the_way_starts_where_it_is_asked_to():
    trajectory = run()
    first = ranked_paths(trajectory, "Na", 50 * SPACING_FS, origin_fs=40 * SPACING_FS)[0]
    assert first.positions_a[0] == pytest.approx(trajectory.positions[40, first.atom])
    assert len(first.times_fs) == 51


def test_neighbours_are_the_nearest_images_of_other_elements():
    trajectory = run()
    images = [(i, j, k) for i in (-1, 0, 1) for j in (-1, 0, 1) for k in (-1, 0, 1)]
    for path in ranked_paths(trajectory, "Na", 10 * SPACING_FS, radius_a=4.0):
        centre = trajectory.positions[0, path.atom]
        for symbol, number in (("O", 8), ("P", 15)):
            atoms = trajectory.positions[0][trajectory.numbers == number]
            everywhere = np.concatenate([atoms + np.array(image) @ CELL for image in images])
            near = everywhere[np.linalg.norm(everywhere - centre, axis=1) < 4.0]
            told = path.neighbours_a.get(symbol, np.zeros((0, 3)))
            assert sorted(map(tuple, np.round(told, 6))) == sorted(map(tuple, np.round(near, 6)))
        assert "Na" not in path.neighbours_a


def test_fewer_than_three_ions_are_refused():
    with pytest.raises(InputError, match="there are 2 ions of Na"):
        ranked_paths(run(n_ions=2), "Na", 1000.0)
    with pytest.raises(InputError, match="no continuous piece"):
        ranked_paths(run(), "Na", 1e6)
