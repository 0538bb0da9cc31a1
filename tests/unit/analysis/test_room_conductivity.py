"""Conductivity at 300 K from diffusivities and Haven ratios that are known."""

from dataclasses import replace

import numpy as np
import pytest
from ase import units
from scipy import stats

from amorph_flows.analysis import (
    Trajectory,
    TransportThresholds,
    TransportVerdict,
    analyse_transport,
)
from amorph_flows.analysis.transport._arrhenius import fit_arrhenius
from amorph_flows.analysis.transport._room_conductivity import (
    nernst_einstein_s_cm,
    room_conductivity,
)

KELVIN = np.array([600.0, 800.0, 1000.0, 1200.0])
TRUE_D = 1e-3 * np.exp(-0.4 / (units.kB * KELVIN))
ROOM_D = 1e-3 * np.exp(-0.4 / (units.kB * 300.0))
LIMITS = TransportThresholds()
DENSITY_A3 = 12 / 30**3
SIZE = 30.0


def run_at(kelvin, seed, together=0.0, n_frames=1500, n_ions=12):
    """Return a walk whose ions share some of the variance of each step."""
    rng = np.random.default_rng(seed)
    step = np.sqrt(1e-3 * np.exp(-0.4 / (units.kB * kelvin)) * 10 * 2 * 1000.0)
    own = rng.normal(0, step * np.sqrt(1 - together), (n_frames, n_ions, 3))
    shared = rng.normal(0, step * np.sqrt(together), (n_frames, 1, 3))
    host = np.zeros((n_frames, 10, 3)) + rng.random((10, 3)) * SIZE
    positions = np.concatenate([np.cumsum(own + shared, axis=0), host], axis=1)
    numbers = [11] * n_ions + [8] * 10
    times = np.arange(n_frames) * 1000.0
    return Trajectory(positions % SIZE, np.eye(3) * SIZE, numbers, times, kelvin)


@pytest.fixture(scope="module")
def result():
    runs = {k: run_at(k, i) for i, k in enumerate(KELVIN)}
    return analyse_transport(runs, "Na")


def test_conductivity_of_independent_ions_is_nernst_einstein(result):
    expected = DENSITY_A3 * 1e24 * units._e / (units.kB * 300) * ROOM_D
    low, high = result.conductivity_300k_interval_s_cm
    assert low < expected < high
    assert low < result.conductivity_300k_s_cm < high
    low, high = result.room_conductivity.haven_ratio_interval
    assert low < 1 < high
    assert nernst_einstein_s_cm(DENSITY_A3, 2, 300) == pytest.approx(
        4 * nernst_einstein_s_cm(DENSITY_A3, 1, 300)
    )


def test_conductivity_at_each_temperature_agrees_with_its_haven_ratio(result):
    for point in result.temperatures:
        scale = nernst_einstein_s_cm(DENSITY_A3, 1, point.temperature_k)
        expected = scale * point.tracer_diffusivity_cm2_s / point.haven_ratio
        assert point.conductivity_s_cm == pytest.approx(expected, rel=1e-6)


def test_ions_that_move_together_conduct_more():
    together = 0.3
    haven = 1 / (1 + 11 * together)
    expected = nernst_einstein_s_cm(DENSITY_A3, 1, 300) * ROOM_D / haven
    covered = []
    for seed in range(10, 50, 10):
        runs = {k: run_at(k, seed + i, together) for i, k in enumerate(KELVIN)}
        found = analyse_transport(runs, "Na")
        for number, (low, high) in (
            (haven, found.room_conductivity.haven_ratio_interval),
            (expected, found.conductivity_300k_interval_s_cm),
        ):
            covered.append(low < number < high)
            assert 0.85 * low < number < 1.15 * high
    assert sum(covered) >= 6  # of 8; 95 % each


def test_ion_of_unknown_charge_has_no_conductivity(result):
    fit = result.arrhenius
    found = room_conductivity(result.temperatures, fit, None, DENSITY_A3, LIMITS)
    assert found.s_cm is None
    assert found.interval_s_cm is None
    assert found.haven_ratio > 0
    unknown = [replace(t, haven_ratio=None, haven_ratio_interval=None) for t in result.temperatures]
    assert room_conductivity(unknown, fit, 1.0, DENSITY_A3, LIMITS) is None


def drawn(result, rng, haven, freedom=12):
    """Return temperatures with noisy D* and Haven ratios of some degrees of freedom."""
    points = []
    for point, d, ratio in zip(result.temperatures, TRUE_D, haven, strict=True):
        ends = []
        for value, error in ((d, 0.06), (ratio, 0.3)):
            noisy = value * np.exp(rng.normal(0, error))
            half = error * np.sqrt(rng.chisquare(freedom) / freedom) * stats.t.ppf(0.975, freedom)
            ends.append((noisy, (noisy * np.exp(-half), noisy * np.exp(half))))
        points.append(
            replace(
                point,
                tracer_diffusivity_cm2_s=ends[0][0],
                tracer_diffusivity_interval_cm2_s=ends[0][1],
                haven_ratio=ends[1][0],
                haven_ratio_interval=ends[1][1],
            )
        )
    return points


def conductivity_of(points):
    fit = fit_arrhenius(
        KELVIN,
        [p.tracer_diffusivity_cm2_s for p in points],
        [p.tracer_diffusivity_interval_cm2_s for p in points],
    )
    return room_conductivity(points, fit, 1.0, DENSITY_A3, LIMITS)


def test_intervals_cover_the_truth(result):
    rng = np.random.default_rng(0)
    truth = nernst_einstein_s_cm(DENSITY_A3, 1, 300) * ROOM_D / 0.4
    found = [conductivity_of(drawn(result, rng, [0.4] * 4)) for _ in range(400)]
    covered = [f.interval_s_cm[0] < truth < f.interval_s_cm[1] for f in found]
    havens = [f.haven_ratio_interval[0] < 0.4 < f.haven_ratio_interval[1] for f in found]
    assert 0.90 < np.mean(covered) < 0.99
    assert 0.90 < np.mean(havens) < 0.99
    same = [f.haven_verdict.answer == TransportVerdict.HAVEN_CONSTANT for f in found]
    assert np.mean(same) > 0.97


def test_a_haven_ratio_that_changes_is_said(result):
    rng = np.random.default_rng(1)
    found = [conductivity_of(drawn(result, rng, [0.05, 0.15, 0.4, 1.0])) for _ in range(50)]
    changes = [f.haven_verdict.answer == TransportVerdict.HAVEN_CHANGES for f in found]
    assert np.mean(changes) > 0.8
    assert "at 300 K is not known" in next(
        f.haven_verdict.reason for f in found if not f.haven_verdict.passed
    )
