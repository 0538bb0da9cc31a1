"""Walks have the diffusivities, memories and waiting times that they say."""

import numpy as np
import pytest

from amorph_flows.analysis import unwrap
from amorph_flows.errors import InputError
from amorph_flows.testing import walks
from amorph_flows.testing.walks import CLASSES, DIFFUSING, REFUSED, Hopping, n_frames_of

COARSE = Hopping(frame_spacing_fs=2_000.0)
STILL = Hopping(vibration_a=0.0)


def slope_cm2_s(paths, spacing_fs, first=40):
    """Slope of the MSD of many ions between two lags, from the first frame on."""
    squared = ((paths[..., [first, -1]] - paths[..., :1]) ** 2).sum(0).mean(0)
    return (squared[1] - squared[0]) / (6 * (paths.shape[2] - 1 - first) * spacing_fs) * 0.1


def jump_frames(walk):
    """Ion and frame of each step of a walk without vibration."""
    return np.nonzero(np.any(np.abs(np.diff(walk.ion_paths_a)) > 1e-6, axis=0))


@pytest.mark.parametrize(
    ("make", "settings"),
    [
        (walks.brownian, {}),
        (walks.jumps, {}),
        (walks.spread_rates, {}),
        (walks.two_kinds, {}),
        (walks.remembering_jumps, {}),
        (walks.remembering_jumps, {"correlation_factor": 0.1}),
        (walks.random_barriers, {}),
        (walks.random_traps, {}),
    ],
)
def test_msd_grows_with_the_true_diffusivity(make, settings):
    walk = make(6000, 241, 3, COARSE, **settings)
    found = slope_cm2_s(walk.ion_paths_a, COARSE.frame_spacing_fs)
    assert found == pytest.approx(walk.tracer_diffusivity_cm2_s, rel=0.05)
    assert walk.jump_diffusivity_cm2_s == walk.tracer_diffusivity_cm2_s


@pytest.mark.parametrize("length", [3, 5])
def test_summed_displacement_of_chains_grows_with_the_true_jump_diffusivity(length):
    time_fs = 200 * COARSE.frame_spacing_fs
    runs = [walks.chains(8, 201, seed, COARSE, length) for seed in range(1500)]
    moved = np.array([w.ion_paths_a[..., -1] - w.ion_paths_a[..., 0] for w in runs])
    tracer = (moved**2).sum(1).mean() / (6 * time_fs) * 0.1
    jump = (moved.sum(2) ** 2).sum(1).mean() / 8 / (6 * time_fs) * 0.1
    assert tracer == pytest.approx(runs[0].tracer_diffusivity_cm2_s, rel=0.06)
    assert jump == pytest.approx(runs[0].jump_diffusivity_cm2_s, rel=0.08)


def test_jump_diffusivity_of_whole_chains_is_their_length_times_the_tracer_diffusivity():
    walk = walks.chains(24, 2, 0, length=3)
    assert walk.jump_diffusivity_cm2_s == pytest.approx(3 * walk.tracer_diffusivity_cm2_s)


@pytest.mark.parametrize(
    "make",
    [
        walks.jumps,
        walks.spread_rates,
        walks.two_kinds,
        walks.remembering_jumps,
        walks.random_barriers,
        walks.random_traps,
        walks.ageing,
    ],
)
def test_ions_jump_once_in_a_residence_time(make):
    fine = Hopping(frame_spacing_fs=10.0, vibration_a=0.0, residence_time_fs=1_000.0)
    walk = make(3000, 301, 1, fine)
    per_ion = len(jump_frames(walk)[0]) / 3000
    assert per_ion * walk.residence_time_fs == pytest.approx(300 * 10.0, rel=0.05)


@pytest.mark.parametrize("factor", [1 / 3, 1 / 10])
def test_successive_jumps_have_the_mean_cosine_of_the_correlation_factor_from_the_start(factor):
    fine = Hopping(frame_spacing_fs=1.0, vibration_a=0.0, residence_time_fs=1_000.0)
    walk = walks.remembering_jumps(200, 15_001, 5, fine, factor)
    steps = np.diff(walk.ion_paths_a)
    ion, frame = jump_frames(walk)
    step = steps[:, ion, frame] / 2.5
    cosine = (step[:, 1:] * step[:, :-1]).sum(0)
    same = ion[1:] == ion[:-1]
    for part in (frame[1:] < 5_000, frame[1:] > 10_000):
        expected = (factor - 1) / (factor + 1)
        assert cosine[same & part].mean() == pytest.approx(expected, abs=0.06)


def test_memory_of_jumps_decays_in_the_memory_time():
    fine = Hopping(frame_spacing_fs=100.0, vibration_a=0.0, residence_time_fs=1_000.0)
    walk = walks.remembering_jumps(500, 4001, 5, fine)
    steps = np.diff(walk.ion_paths_a)
    lags = np.array([1, 11])
    correlation = [(steps[..., lag:] * steps[..., :-lag]).mean() for lag in lags]
    decay_fs = 1000.0 / np.log(correlation[0] / correlation[1])
    assert decay_fs == pytest.approx(walk.memory_time_fs, rel=0.1)


@pytest.mark.parametrize("make", [walks.random_barriers, walks.random_traps])
def test_lattices_are_in_equilibrium_from_the_start(make):
    walk = make(20_000, 33, 2, COARSE)
    paths = walk.ion_paths_a
    early, late = (((paths[..., t + 4] - paths[..., t]) ** 2).sum(0).mean() for t in (0, 28))
    assert early == pytest.approx(late, rel=0.05)


def test_diffusion_along_one_axis_is_the_harmonic_mean_of_the_rates():
    rates = np.array([1.0, 0.3, 0.02, 0.7, 0.1])
    bonds = np.ones((5, 3, 3, 3))
    bonds[..., 0] = rates[:, None, None]
    found = walks.barrier_diffusion(bonds)
    assert found.diffusivity == pytest.approx((1 / np.mean(1 / rates) + 2) / 3, rel=1e-9)


def test_uniform_barriers_leave_no_memory():
    found = walks.barrier_diffusion(np.full((3, 4, 5, 3), 0.2))
    assert found.diffusivity == pytest.approx(0.2, rel=1e-12)
    assert found.memory_time == 0


def test_two_barriers_in_turn_have_one_memory_time():
    bonds = np.ones((4, 3, 3, 3))
    bonds[..., 0] = np.array([0.9, 0.2, 0.9, 0.2])[:, None, None]
    assert walks.barrier_diffusion(bonds).memory_time == pytest.approx(1 / (2 * (0.9 + 0.2)))


def test_memory_of_random_barriers_is_counted_in_residence_times():
    walk = walks.random_barriers(4, 2, 0)
    assert walk.memory_time_fs is None
    assert walk.relaxation_time_fs > walk.residence_time_fs
    assert 0.2 < walk.correlation_factor < 0.8


def test_cages_have_the_msd_of_their_processes():
    walk = walks.caged(4000, 81, 0, (0.3, 0.6), (1_000.0, 20_000.0))
    paths = walk.ion_paths_a
    for lag in (10, 80):
        true = sum(
            6 * a**2 * (1 - np.exp(-lag * 100.0 / tau)) for a, tau in ((0.3, 1e3), (0.6, 2e4))
        )
        for start in (0, 80 - lag):
            moved = paths[..., start + lag] - paths[..., start]
            assert (moved**2).sum(0).mean() == pytest.approx(true, rel=0.05)


def test_endless_waits_spread_ions_as_the_root_of_time():
    walk = walks.endless_waits(4000, 8001, 0, Hopping(residence_time_fs=1_000.0, vibration_a=0.0))
    squared = ((walk.ion_paths_a[..., [500, 2000, 8000]] - walk.ion_paths_a[..., :1]) ** 2).sum(0)
    growth = squared.mean(0)[1:] / squared.mean(0)[:-1]
    assert growth == pytest.approx([2, 2], rel=0.12)


def test_ageing_ions_jump_less_by_what_was_asked():
    _, frame = jump_frames(walks.ageing(2000, 3001, 0, STILL, fall=0.4))
    assert np.sum(frame >= 2000) / np.sum(frame < 1000) == pytest.approx(0.6, rel=0.05)


def test_free_flight_is_thermal():
    walk = walks.ballistic(5000, 11, 0, temperature_k=600.0)
    squared = ((walk.ion_paths_a[..., -1] - walk.ion_paths_a[..., 0]) ** 2).sum(0).mean()
    speed2_m2_s2 = squared / (10 * 100.0) ** 2 * 1e10
    assert speed2_m2_s2 == pytest.approx(3 * 1.380649e-23 * 600 / (24.305 * 1.66054e-27), rel=0.05)


@pytest.mark.parametrize("name", CLASSES)
def test_trajectory_unwraps_to_the_paths_with_their_drift(name):
    walk = CLASSES[name](5, 300, 7)
    trajectory = walk.trajectory
    assert trajectory.numbers.tolist() == [12] * 5 + [8] * 16
    assert 0 <= trajectory.positions.min() <= trajectory.positions.max() < trajectory.cells.max()
    paths = walk.ion_paths_a if walk.drift_a is None else walk.ion_paths_a + walk.drift_a[:, None]
    moved = unwrap(trajectory)[:, :5].transpose(2, 1, 0)
    np.testing.assert_allclose(moved - moved[..., :1], paths - paths[..., :1], atol=1e-8)


def test_cell_drifts_as_it_says():
    runs = [walks.drifting_cell(1, 5001, seed).drift_a for seed in range(200)]
    steps = np.diff(runs) / 100.0
    assert steps.std() == pytest.approx(5e-4, rel=0.05)
    kept = (steps[..., 500:] * steps[..., :-500]).mean() / (steps**2).mean()
    assert kept == pytest.approx(np.exp(-1), abs=0.06)


def test_host_flows_at_its_share_of_the_rate():
    walk = walks.flowing_host(2, 2001, 0, host_rate=0.5, n_host=3000)
    found = slope_cm2_s(walk.host_paths_a, 100.0)
    assert found == pytest.approx(0.5 * walk.tracer_diffusivity_cm2_s, rel=0.08)


@pytest.mark.parametrize("name", CLASSES)
def test_seed_decides_everything(name):
    one, same, other = (CLASSES[name](5, 40, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.trajectory.positions, same.trajectory.positions)
    assert np.any(one.ion_paths_a != other.ion_paths_a)
    assert one.trajectory.source["seed"] == one.seed == 3


def test_length_is_counted_in_relaxation_times():
    assert n_frames_of(CLASSES["jumps"], 50) == 5001
    assert n_frames_of(CLASSES["remembering_third"], 50) == 2501
    assert walks.walk_of_length(CLASSES["caged"], 2, 10, 0).ion_paths_a.shape == (3, 2, 201)


def test_what_is_refused_has_no_diffusivity_in_a_glass():
    assert set(DIFFUSING) | set(REFUSED) == set(CLASSES)
    assert all(make(2, 2, 0).tracer_diffusivity_cm2_s > 0 for make in DIFFUSING.values())
    without = {
        name for name, make in REFUSED.items() if not make(2, 2, 0).jump_diffusivity_cm2_s > 0
    }
    assert without == set(REFUSED) - {"flowing_host"}


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: walks.jumps(0, 10, 0), "0 ions"),
        (lambda: walks.brownian(4, 1, 0), "1 frames"),
        (lambda: Hopping(residence_time_fs=0.0), "residence_time_fs"),
        (lambda: Hopping(vibration_a=-0.1), "vibration_a"),
        (lambda: walks.remembering_jumps(4, 10, 0, correlation_factor=0.0), "correlation_factor"),
        (lambda: walks.chains(4, 10, 0, length=0), "length"),
        (lambda: walks.ageing(4, 10, 0, fall=1.0), "fall"),
        (lambda: walks.endless_waits(4, 10, 0, exponent=0.0), "exponent"),
        (lambda: walks.caged(4, 10, 0, memory_times_fs=()), "memory times"),
        (lambda: n_frames_of(walks.jumps, 0.0), "relaxation_times"),
    ],
)
def test_bad_input_is_named(call, named):
    with pytest.raises(InputError, match=named):
        call()
