"""Viscosities of stresses whose correlation is known."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.constants import k as boltzmann
from scipy.signal import lfilter

from amorph_flows.analysis import ViscosityVerdict, green_kubo_viscosity
from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError

STEP_FS, VOLUME_A3, TEMPERATURE_K = 5.0, 20_000.0, 2000.0
SIZE_GPA, MEMORY_FS = 0.5, 100.0
Component = Callable[[np.random.Generator], FloatArray]


def remembering(
    rng: np.random.Generator, n: int, memory_fs: float = MEMORY_FS, size_gpa: float = SIZE_GPA
) -> FloatArray:
    """Return a stationary Ornstein-Uhlenbeck process."""
    kept = np.exp(-STEP_FS / memory_fs)
    steps = rng.normal(size=n) * size_gpa * np.sqrt(1 - kept**2)
    steps[0] = rng.normal() * size_gpa
    return np.asarray(lfilter([1.0], [1.0, -kept], steps))


def tensors(component: Component, seed: int) -> FloatArray:
    """Return isotropic traceless stresses, all five components independent and alike."""
    rng = np.random.default_rng(seed)
    found = [component(rng) for _ in range(5)]
    stresses = np.zeros((len(found[0]), 3, 3))
    for values, (a, b) in zip(found, ((0, 1), (0, 2), (1, 2)), strict=False):
        stresses[:, a, b] = stresses[:, b, a] = values
    stresses[:, range(3), range(3)] = np.outer(found[3], [1, -1, 0]) + np.outer(
        found[4], np.array([1, 1, -2]) / np.sqrt(3)
    )
    return stresses


def expected(memory_fs: float = MEMORY_FS, size_gpa: float = SIZE_GPA) -> float:
    """Return the viscosity of a process in Pa s, its integral by trapezoids as it is sampled."""
    kept = np.exp(-STEP_FS / memory_fs)
    memory_s = STEP_FS * (0.5 + kept / (1 - kept)) * 1e-15
    volume_m3 = VOLUME_A3 * 1e-30
    return float(volume_m3 / boltzmann / TEMPERATURE_K * (size_gpa * 1e9) ** 2 * memory_s)


def test_intervals_hold_the_known_viscosity() -> None:
    found = [
        green_kubo_viscosity(
            tensors(lambda rng: remembering(rng, 20_000), seed), STEP_FS, VOLUME_A3, TEMPERATURE_K
        )
        for seed in range(20)
    ]
    truth = expected()
    held = [one.interval_pa_s[0] <= truth <= one.interval_pa_s[1] for one in found]
    assert np.mean(held) >= 0.8
    assert np.mean([one.viscosity_pa_s for one in found]) == pytest.approx(truth, rel=0.05)
    assert sum(one.plateau.passed for one in found) >= 17
    assert np.median([one.plateau_fs for one in found]) < 20 * MEMORY_FS
    assert np.mean([one.correlation_gpa2[0] for one in found]) == pytest.approx(
        SIZE_GPA**2, rel=0.02
    )


def test_pressure_does_not_matter_and_a_turned_cell_gives_the_same() -> None:
    stresses = tensors(lambda rng: remembering(rng, 4000), 1)
    plain = green_kubo_viscosity(stresses, STEP_FS, VOLUME_A3, TEMPERATURE_K)
    pressed = stresses + np.random.default_rng(2).normal(size=(4000, 1, 1)) * np.eye(3)
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    for other in (pressed, turn @ stresses @ turn.T):
        found = green_kubo_viscosity(other, STEP_FS, VOLUME_A3, TEMPERATURE_K)
        assert found.viscosity_pa_s == pytest.approx(plain.viscosity_pa_s, rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_a_stress_that_has_not_decayed_is_refused(seed: int) -> None:
    for component in (
        lambda rng: remembering(rng, 20_000, memory_fs=10_000.0),
        lambda rng: remembering(rng, 20_000) + 0.2 * rng.normal(),  # frozen in
    ):
        found = green_kubo_viscosity(tensors(component, seed), STEP_FS, VOLUME_A3, TEMPERATURE_K)
        assert found.plateau.answer == ViscosityVerdict.NO_PLATEAU
        assert not found.plateau.passed


def test_a_slow_part_below_the_noise_of_the_correlation_is_looked_for_in_the_means() -> None:
    answers = [
        green_kubo_viscosity(
            tensors(
                lambda rng: remembering(rng, 40_000) + remembering(rng, 40_000, 20_000.0, 0.12),
                seed,
            ),
            STEP_FS,
            VOLUME_A3,
            TEMPERATURE_K,
        ).plateau
        for seed in range(6)
    ]
    assert sum(one.passed for one in answers) <= 1


def test_stresses_that_forget_between_samples_are_refused() -> None:
    stresses = tensors(lambda rng: rng.normal(size=4000), 0)
    found = green_kubo_viscosity(stresses, STEP_FS, VOLUME_A3, TEMPERATURE_K)
    assert found.plateau.answer == ViscosityVerdict.SAMPLED_TOO_RARELY


def test_a_short_run_is_uncertain() -> None:
    stresses = tensors(lambda rng: remembering(rng, 400, memory_fs=30.0), 4)
    found = green_kubo_viscosity(stresses, STEP_FS, VOLUME_A3, TEMPERATURE_K)
    assert not found.plateau.passed


@pytest.mark.parametrize(
    ("stresses", "step_fs", "message"),
    [
        (np.zeros((500, 6)), 5.0, "shape"),
        (np.full((500, 3, 3), np.nan), 5.0, "finite"),
        (np.ones((500, 3, 3)), 5.0, "the same"),
        (np.ones((100, 3, 3)), 5.0, "at least 200"),
        (np.ones((500, 3, 3)), 0.0, "step_fs is 0"),
    ],
)
def test_bad_input_is_told(stresses: FloatArray, step_fs: float, message: str) -> None:
    with pytest.raises(InputError, match=message):
        green_kubo_viscosity(stresses, step_fs, VOLUME_A3, TEMPERATURE_K)
