"""Pressures against the ideal gas and known stresses; volumes against them."""

from __future__ import annotations

import numpy as np
import pytest

from amorph_flows.analysis.pressure import (
    MeanPressure,
    VolumeVerdict,
    judge_volume,
    mean_pressure,
    pressures_gpa,
)

_GAS_CONSTANT_J_MOL_K = 8.314462618
_EV_J = 1.602176634e-19


def test_pressure_of_an_ideal_gas() -> None:
    """One mole in the volume of one mole: p = R T / V."""
    per_molecule_a3 = 22.413969e-3 / 6.02214076e23 * 1e30
    found = pressures_gpa(np.zeros((2, 3, 3)), [per_molecule_a3 * 5] * 2, 5, [273.15, 546.3])
    np.testing.assert_allclose(found, [101_325e-9, 202_650e-9], rtol=1e-6)
    assert pytest.approx(101_325, rel=1e-6) == _GAS_CONSTANT_J_MOL_K * 273.15 / 22.413969e-3


def test_pressure_of_a_stress() -> None:
    """Only the trace counts, and tension is a negative pressure."""
    stress = np.diag([0.03, 0.02, 0.01])
    stress[0, 1] = stress[1, 0] = 0.5
    found = pressures_gpa([stress, -stress], [100.0, 100.0], 8, [0.0, 0.0])
    expected = 0.02 * _EV_J / 1e-30 * 1e-9
    np.testing.assert_allclose(found, [-expected, expected], rtol=1e-6)


def test_standard_error_is_that_of_correlated_values() -> None:
    """An AR(1) series with memory f has (1 + f) / (1 - f) times the variance of its mean."""
    rng, memory, n = np.random.default_rng(3), 0.8, 4000
    errors, means = [], []
    for _ in range(200):
        noise = rng.normal(size=n)
        values = np.empty(n)
        values[0] = noise[0] / (1 - memory**2) ** 0.5
        for i in range(1, n):
            values[i] = memory * values[i - 1] + noise[i]
        found = mean_pressure(values)
        assert found.gpa is not None
        assert found.standard_error_gpa is not None
        means.append(found.gpa)
        errors.append(found.standard_error_gpa)
    expected = 1 / (1 - memory) / n**0.5
    assert np.std(means) == pytest.approx(expected, rel=0.15)
    assert np.mean(np.square(errors)) == pytest.approx(expected**2, rel=0.15)


def test_a_mean_without_values() -> None:
    assert mean_pressure([]) == MeanPressure(None, None)
    assert mean_pressure([1.0, np.nan]) == MeanPressure(None, None)
    assert mean_pressure([1.0, 2.0, 3.0]) == MeanPressure(2.0, None)


@pytest.mark.parametrize(
    ("mean", "error", "asked", "answer"),
    [
        (0.6, 0.1, 0.0, VolumeVerdict.RIGHT),
        (5.0, 0.1, 0.0, VolumeVerdict.TOO_SMALL),
        (-0.8, 0.1, 0.0, VolumeVerdict.TOO_LARGE),
        (5.0, 0.1, 5.0, VolumeVerdict.RIGHT),
        (0.0, 0.1, 5.0, VolumeVerdict.TOO_LARGE),
        (0.8, 0.6, 0.0, VolumeVerdict.NOT_KNOWN),
        (8.0, 0.6, 0.0, VolumeVerdict.TOO_SMALL),
        (0.0, None, 0.0, VolumeVerdict.NOT_KNOWN),
        (None, None, 0.0, VolumeVerdict.NOT_KNOWN),
    ],
)
def test_volume(
    mean: float | None, error: float | None, asked: float, answer: VolumeVerdict
) -> None:
    verdict = judge_volume(MeanPressure(mean, error), 300.0, asked_gpa=asked, mend="mend it")
    assert verdict.answer == answer
    assert verdict.passed == (answer is VolumeVerdict.RIGHT)
    assert verdict.scope == "numerical"
    wrong = answer in {VolumeVerdict.TOO_SMALL, VolumeVerdict.TOO_LARGE}
    assert ("mend it" in verdict.reason) == wrong
    assert "300 K" in verdict.reason
    if mean is not None:
        assert f"{mean:.2f}" in verdict.reason
