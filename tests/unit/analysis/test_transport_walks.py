"""Diffusivities of walks whose diffusivity is known: coverage, belief, refusal, correlation."""

import numpy as np
import pytest

from amorph_flows.analysis import Trajectory, TransportVerdict, analyse_transport

STEP_A, SPACING_FS = 0.3, 500.0
TRUE_CM2_S = STEP_A**2 / (2 * SPACING_FS) * 0.1
CELL_A = 18.0


def trajectory(ions, host=None, spacing_fs=SPACING_FS):
    """Wrap ions, and a host that rattles, into a cubic cell."""
    positions = ions if host is None else np.concatenate([ions, host], axis=1)
    numbers = [12] * ions.shape[1] + [8] * (positions.shape[1] - ions.shape[1])
    times = np.arange(len(ions)) * spacing_fs
    return Trajectory(positions % CELL_A, np.eye(3) * CELL_A, numbers, times)


def random_walk(rng, n_frames=1000, n_ions=16, n_host=24, rattle=0.1):
    ions = np.cumsum(rng.normal(0, STEP_A, (n_frames, n_ions, 3)), axis=0)
    ions += rng.random((n_ions, 3)) * CELL_A + rng.normal(0, rattle, ions.shape)
    host = rng.random((n_host, 3)) * CELL_A + rng.normal(0, rattle, (n_frames, n_host, 3))
    return trajectory(ions, host)


def only(transport):
    (temperature,) = transport.temperatures
    return temperature


@pytest.fixture(scope="module")
def walks():
    rng = np.random.default_rng(20)
    return [only(analyse_transport({700: random_walk(rng)}, "Mg")) for _ in range(300)]


@pytest.mark.parametrize("kind", ["tracer", "jump"])
def test_intervals_cover_the_truth_and_are_no_wider_than_needed(walks, kind):
    values = np.array([getattr(w, f"{kind}_diffusivity_cm2_s") for w in walks])
    intervals = np.array([getattr(w, f"{kind}_diffusivity_interval_cm2_s") for w in walks])
    covered = np.mean((intervals[:, 0] <= TRUE_CM2_S) & (intervals[:, 1] >= TRUE_CM2_S))
    width = np.mean(intervals[:, 1] - intervals[:, 0]) / (3.92 * values.std())
    assert 0.91 <= covered <= 0.98
    assert 0.7 <= width <= 1.5
    assert values.mean() == pytest.approx(TRUE_CM2_S, rel=0.02)


def test_intervals_along_the_axes_cover_the_truth_too(walks):
    values = np.array([w.tracer_diffusivity_axes_cm2_s for w in walks])
    intervals = np.array([w.tracer_diffusivity_axes_interval_cm2_s for w in walks])
    covered = (intervals[..., 0] <= TRUE_CM2_S) & (intervals[..., 1] >= TRUE_CM2_S)
    width = np.mean(intervals[..., 1] - intervals[..., 0]) / (3.92 * values.std())
    assert 0.92 <= covered.mean() <= 0.98
    assert 0.7 <= width <= 1.5


def test_haven_ratio_of_independent_ions_is_one(walks):
    intervals = np.array([w.haven_ratio_interval for w in walks])
    assert 0.91 <= np.mean((intervals[:, 0] <= 1) & (intervals[:, 1] >= 1)) <= 0.98


def test_long_walks_are_believed(walks):
    assert np.mean([w.believable for w in walks]) >= 0.95


def test_what_a_believed_walk_says(walks):
    believed = next(w for w in walks if w.believable)
    answers = {verdict.answer for verdict in believed.verdicts}
    assert {TransportVerdict.DIFFUSIVE, TransportVerdict.HOST_SOLID} <= answers
    assert believed.doubts == []
    assert believed.implied_frame_spacing_fs is None
    assert believed.discontinuities == []
    assert believed.tracer_diffusivity_single_time_cm2_s == pytest.approx(TRUE_CM2_S, rel=0.3)
    assert believed.tracer_diffusivity_axes_cm2_s == pytest.approx([TRUE_CM2_S] * 3, rel=0.15)
    assert sum(believed.tracer_diffusivity_axes_cm2_s) / 3 == pytest.approx(
        believed.tracer_diffusivity_cm2_s, rel=1e-6
    )


@pytest.mark.parametrize("seed", range(5))
def test_perfectly_correlated_ions_have_haven_ratio_one_over_n(seed):
    rng = np.random.default_rng(seed)
    centre = np.cumsum(rng.normal(0, STEP_A, (2000, 1, 3)), axis=0)
    ions = centre + rng.random((12, 3)) * CELL_A
    host = np.broadcast_to(rng.random((20, 3)) * CELL_A, (2000, 20, 3))
    found = only(analyse_transport({700: trajectory(ions, host)}, "Mg"))
    assert found.haven_ratio == pytest.approx(1 / 12, rel=1e-9)
    low, high = found.tracer_diffusivity_interval_cm2_s
    assert (high - low) / found.tracer_diffusivity_cm2_s > 0.06  # one walk, not twelve


def test_free_flight_is_refused():
    rng = np.random.default_rng(1)
    velocity = rng.normal(0, 1e-4, (16, 3))
    ions = rng.random((16, 3)) * CELL_A + np.arange(1000)[:, None, None] * SPACING_FS * velocity
    found = only(analyse_transport({700: trajectory(ions)}, "Mg", drift="none"))
    assert not found.believable
    assert TransportVerdict.BALLISTIC in {v.answer for v in found.verdicts if not v.passed}


@pytest.mark.parametrize("relaxation_frames", [0.5, 10, 60])
def test_caged_ions_are_refused(relaxation_frames):
    rng = np.random.default_rng(2)
    keep = np.exp(-1 / relaxation_frames)
    kicks = rng.normal(0, 0.6 * np.sqrt(1 - keep**2), (2000, 16, 3))
    moved = np.zeros_like(kicks)
    for i in range(1, len(kicks)):
        moved[i] = keep * moved[i - 1] + kicks[i]
    found = only(analyse_transport({700: trajectory(moved + rng.random((16, 3)) * CELL_A)}, "Mg"))
    assert not found.believable
    assert TransportVerdict.CAGED in {v.answer for v in found.verdicts if not v.passed}


def test_liquid_host_is_flagged():
    rng = np.random.default_rng(3)
    ions = np.cumsum(rng.normal(0, STEP_A, (1500, 16, 3)), axis=0)
    host = np.cumsum(rng.normal(0, 0.6 * STEP_A, (1500, 30, 3)), axis=0)
    found = only(analyse_transport({2000: trajectory(ions, host)}, "Mg"))
    assert TransportVerdict.HOST_MOBILE in {v.answer for v in found.verdicts if not v.passed}


def test_added_drift_changes_nothing_and_is_stored():
    rng = np.random.default_rng(4)
    plain = random_walk(rng)
    push = np.arange(1000)[:, None, None] * np.array([0.3, 0.0, -0.1])
    pushed = Trajectory(
        (plain.positions + push) % CELL_A, plain.cells[0], plain.numbers, plain.times_fs
    )
    before, after = (only(analyse_transport({700: t}, "Mg")) for t in (plain, pushed))
    assert after.tracer_diffusivity_cm2_s == pytest.approx(before.tracer_diffusivity_cm2_s)
    assert after.jump_diffusivity_cm2_s == pytest.approx(before.jump_diffusivity_cm2_s)
    assert after.tracer_diffusivity_with_drift_cm2_s > before.tracer_diffusivity_with_drift_cm2_s
    assert TransportVerdict.DRIFT_LARGE in {v.answer for v in after.verdicts}


def test_seeds_of_one_temperature_count_together():
    rng = np.random.default_rng(5)
    runs = [random_walk(rng) for _ in range(4)]
    one = only(analyse_transport({700: runs[0]}, "Mg"))
    four = only(analyse_transport({700: runs}, "Mg"))
    assert four.n_trajectories == 4
    assert four.relative_error < 0.75 * one.relative_error
    assert four.believable


def test_believed_on_both_sides_of_a_glued_joint():
    rng = np.random.default_rng(6)
    a, b = random_walk(rng), random_walk(rng)
    joined = Trajectory(
        np.concatenate([a.positions, b.positions]), a.cells[0], a.numbers,
        np.arange(2000) * SPACING_FS,
    )  # fmt: skip
    found = only(analyse_transport({700: joined}, "Mg"))
    assert found.discontinuities == [1000]
    apart = only(analyse_transport({700: [a, b]}, "Mg"))
    assert found.tracer_diffusivity_cm2_s == pytest.approx(apart.tracer_diffusivity_cm2_s)
    assert len(found.lags_fs) == 1000


def test_nernst_einstein_conductivity():
    rng = np.random.default_rng(7)
    found = only(analyse_transport({700: random_walk(rng)}, "Mg"))
    # n q² D/(kT) in SI units, here by hand
    density = 16 / (CELL_A * 1e-10) ** 3
    per_diffusivity = density * (2 * 1.602176634e-19) ** 2 / (1.380649e-23 * 700)
    expected = per_diffusivity * found.jump_diffusivity_cm2_s * 1e-4 / 100
    assert found.conductivity_s_cm == pytest.approx(expected, rel=1e-4)


def test_wrong_time_step_is_found_from_speeds():
    from ase import units
    from ase.data import atomic_masses

    rng = np.random.default_rng(8)
    masses = atomic_masses[[12] * 16 + [8] * 24]
    speed = np.sqrt(units.kB * 700 / masses) * units.fs
    velocity = rng.normal(size=(40, 3)) * speed[:, None]
    velocity *= np.sqrt(3 * speed**2 / (velocity**2).sum(1))[:, None]
    positions = rng.random((40, 3)) * CELL_A + 5.0 * np.arange(500)[:, None, None] * velocity
    run = Trajectory(
        positions % CELL_A, np.eye(3) * CELL_A, [12] * 16 + [8] * 24, np.arange(500) * 1000.0
    )
    found = only(analyse_transport({700: run}, "Mg"))
    assert found.implied_frame_spacing_fs == pytest.approx(5.0, rel=0.1)
    assert TransportVerdict.TIME_STEP_WRONG in {v.answer for v in found.verdicts if not v.passed}


@pytest.mark.parametrize("order", ["random", "text"])
def test_frames_out_of_order_are_told(order):
    rng = np.random.default_rng(9)
    run = random_walk(rng)
    frames = rng.permutation(1000) if order == "random" else sorted(range(1000), key=str)
    mixed = Trajectory(run.positions[frames], run.cells[0], run.numbers, run.times_fs)
    found = only(analyse_transport({700: mixed}, "Mg"))
    assert TransportVerdict.SHUFFLED in {v.answer for v in found.verdicts if not v.passed}
