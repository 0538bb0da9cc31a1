"""The trajectory, where it does not go on, and the time that its speeds imply."""

import numpy as np
import pytest
from ase import units
from ase.data import atomic_masses

from amorph_flows.analysis import Trajectory, find_discontinuities, implied_frame_spacing
from amorph_flows.errors import InputError, TrajectoryError
from amorph_flows.testing.walks import Hopping, chains


def vibrating(n_frames=400, spacing_fs=10.0, temperature_k=600.0, seed=0, periods=(150, 80)):
    """Harmonic atoms with thermal speeds, exact in time."""
    rng = np.random.default_rng(seed)
    numbers = np.array([12] * 30 + [8] * 60)
    masses = atomic_masses[numbers]
    speed = np.sqrt(units.kB * temperature_k / masses) * units.fs  # Å/fs
    omega = 2 * np.pi / np.repeat(periods, [30, 60])
    times = np.arange(n_frames) * spacing_fs
    phase = rng.random((90, 3)) * 2 * np.pi
    energy = rng.exponential(1.0, (90, 3))
    amplitude = np.sqrt(2 * energy) * (speed / omega)[:, None]
    moved = amplitude * np.sin(omega[None, :, None] * times[:, None, None] + phase)
    positions = (rng.random((90, 3)) * 15 + moved) % 15
    return Trajectory(positions, np.eye(3) * 15, numbers, times, temperature_k)


def diffusing(n_frames=600, n_ions=20, seed=0):
    rng = np.random.default_rng(seed)
    positions = np.cumsum(rng.normal(0, 0.3, (n_frames, n_ions, 3)), axis=0)
    positions += rng.random((n_ions, 3)) * 20
    return Trajectory(positions % 20, np.eye(3) * 20, [3] * n_ions, np.arange(n_frames) * 100.0)


@pytest.mark.parametrize("spacing", [5.0, 10.0])
def test_equipartition_gives_the_spacing_of_every_species(spacing):
    said_wrongly = vibrating(spacing_fs=spacing)
    trajectory = Trajectory(
        said_wrongly.positions, said_wrongly.cells, said_wrongly.numbers,
        said_wrongly.times_fs * 200, 600.0,
    )  # fmt: skip
    implied = implied_frame_spacing(trajectory)
    assert implied.spacing_fs == pytest.approx(spacing, rel=0.12)
    assert set(implied.by_species_fs) == {"Mg", "O"}
    for value in implied.by_species_fs.values():
        assert value == pytest.approx(spacing, rel=0.2)


def test_no_spacing_is_implied_beyond_the_ballistic_regime():
    implied = implied_frame_spacing(diffusing(), 600.0)
    assert implied.spacing_fs is None
    assert implied.ratio["Li"] == pytest.approx(2.0, abs=0.1)
    assert implied_frame_spacing(vibrating(spacing_fs=130.0)).spacing_fs is None


def test_equipartition_needs_a_temperature():
    with pytest.raises(InputError, match="temperature_k is None"):
        implied_frame_spacing(diffusing())


def test_a_continuous_run_has_no_discontinuity():
    assert find_discontinuities(diffusing(n_frames=5000)) == []
    assert find_discontinuities(diffusing(n_frames=5000, n_ions=4)) == []
    assert find_discontinuities(vibrating()) == []


def test_hops_of_single_ions_are_no_discontinuity():
    rng = np.random.default_rng(7)
    hops = (rng.random((3000, 10, 1)) < 0.02) * rng.choice([-2.5, 2.5], (3000, 10, 3))
    positions = np.cumsum(hops, axis=0) + rng.normal(0, 0.1, hops.shape) + 10
    trajectory = Trajectory(positions % 20, np.eye(3) * 20, [3] * 10, np.arange(3000) * 50.0)
    assert find_discontinuities(trajectory) == []


def test_ions_that_move_as_one_are_no_discontinuity():
    rng = np.random.default_rng(8)
    centre = np.cumsum(rng.normal(0, 0.3, (3000, 1, 3)), axis=0)
    positions = centre + rng.random((8, 3)) * 20
    trajectory = Trajectory(positions % 20, np.eye(3) * 20, [3] * 8, np.arange(3000.0))
    assert find_discontinuities(trajectory) == []


@pytest.mark.parametrize(("length", "n_ions"), [(3, 12), (5, 12), (5, 20), (3, 24), (5, 24)])
def test_chains_of_ions_that_hop_together_are_no_discontinuity(length, n_ions):
    for seed in range(3):
        walk = chains(n_ions, 5000, seed, length=length)
        assert find_discontinuities(walk.trajectory) == [], seed


def glued(a, b):
    return Trajectory(
        np.concatenate([a.positions, b.positions]), a.cells[0], a.numbers,
        np.arange(a.n_frames + b.n_frames) * a.times_fs[1], a.temperature_k,
    )  # fmt: skip


def test_glued_pieces_are_found():
    both = glued(vibrating(100, seed=1), vibrating(150, seed=2))
    assert find_discontinuities(both) == [100]
    assert find_discontinuities(glued(diffusing(80, seed=3), diffusing(70, seed=4))) == [80]


def test_glued_walks_of_chains_are_found():
    short = Hopping(jump_a=2.0)  # two in one frame still fit into a cell of 20 Å
    for seed in range(3):
        a, b = (chains(24, 2000, 2 * seed + i, short, length=5).trajectory for i in range(2))
        assert (a.cells[0] == b.cells[0]).all()
        assert find_discontinuities(glued(a, b)) == [2000], seed


def test_relabelled_atoms_are_found():
    run = vibrating(300)
    positions = run.positions.copy()
    shuffled = np.arange(run.n_atoms)
    shuffled[30:60] = np.random.default_rng(0).permutation(np.arange(30, 60))
    positions[170:] = positions[170:, shuffled]
    changed = Trajectory(positions, run.cells, run.numbers, run.times_fs, 600.0)
    assert find_discontinuities(changed) == [170]


def test_frames_sorted_as_text_are_found():
    run = diffusing(400)
    as_text = sorted(range(400), key=str)
    shuffled = Trajectory(run.positions[as_text], run.cells, run.numbers, run.times_fs)
    found = find_discontinuities(shuffled)
    jumps = {i for i in range(1, 400) if abs(as_text[i] - as_text[i - 1]) > 60}
    assert jumps <= set(found)


def test_gaps_in_time_are_found():
    run = diffusing(200)
    times = run.times_fs.copy()
    times[120:] += 5000
    assert find_discontinuities(Trajectory(run.positions, run.cells, run.numbers, times)) == [120]


def test_uneven_times_are_refused():
    run = diffusing(50)
    trajectory = Trajectory(run.positions, run.cells, run.numbers, np.cumsum(np.arange(1.0, 51.0)))
    with pytest.raises(TrajectoryError, match="not evenly spaced"):
        find_discontinuities(trajectory)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"times_fs": [0.0, 2.0, 1.0]}, "increase strictly"),
        ({"times_fs": [0.0, 1.0]}, "times_fs have shape"),
        ({"numbers": [3, 3]}, "numbers have shape"),
        ({"positions": np.zeros((3, 4))}, "positions have shape"),
        ({"positions": np.full((3, 4, 3), np.nan)}, "not finite"),
        ({"cells": np.zeros((3, 3))}, "no volume"),
    ],
)
def test_bad_input_is_named(change, message):
    good = {
        "positions": np.zeros((3, 4, 3)),
        "cells": np.eye(3),
        "numbers": [3] * 4,
        "times_fs": [0.0, 1.0, 2.0],
    }
    with pytest.raises(TrajectoryError, match=message):
        Trajectory(**(good | change))
