"""Shapes of memories in the spectrum of steps, bins, fits of amplitudes and their gradients."""

import numpy as np
import pytest
from scipy import optimize

from amorph_flows.analysis.transport._spectrum import BinnedSpectrum, Memory, StepSpectrum
from amorph_flows.analysis.transport._spectrum_models import (
    SpectrumModel,
    fit_models,
    gradient,
    solve_amplitudes,
)

UNBINNED = [16, 25, 26]
"""Numbers of steps of which each frequency has a bin of its own."""


def piece(n_steps, n_ions=4, seed=0):
    return StepSpectrum(np.random.default_rng(seed).normal(size=(3, n_ions, n_steps)))


def expected_power(correlation, n_steps):
    """Σ_m (1 - |m|/T) C(m) cos ωm at the frequencies of a run, summed term by term."""
    lags = np.arange(1 - n_steps, n_steps)
    smeared = (1 - np.abs(lags) / n_steps) * correlation(np.abs(lags))
    angles = 2 * np.pi * np.arange(n_steps // 2 + 1) / n_steps
    return np.array([np.sum(smeared * np.cos(angle * lags)) for angle in angles])


def decaying(time):
    """Correlation of steps that decays with one time, frames; it sums to 1 over all lags."""
    ratio = np.exp(-1 / time)
    return lambda m: ratio**m * (1 - ratio) / (1 + ratio)


def broad(memory):
    """Correlation of steps with all times of a memory."""
    parts = [(share, decaying(np.exp(t))) for t, share in zip(*memory.parts, strict=True)]
    return lambda m: sum(share * part(m) for share, part in parts)


@pytest.mark.parametrize("n_steps", UNBINNED)
@pytest.mark.parametrize("time", [0.8, 3.0, 40.0])
def test_exponential_is_the_smeared_sum_of_its_correlation(n_steps, time):
    found = piece(n_steps).exponential(np.log(time))
    assert found == pytest.approx(expected_power(decaying(time), n_steps), rel=1e-9)


@pytest.mark.parametrize("n_steps", UNBINNED)
def test_vibration_is_the_smeared_sum_of_its_correlation(n_steps):
    expected = expected_power(lambda m: 2.0 * (m == 0) - 1.0 * (m == 1), n_steps)
    assert piece(n_steps).vibration == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("n_steps", UNBINNED)
@pytest.mark.parametrize("memory", [Memory(2.0, 3.0), Memory(4.0, 5.0)])
def test_broad_memory_is_the_smeared_sum_of_its_correlation(n_steps, memory):
    found = BinnedSpectrum([piece(n_steps)]).shape(memory)
    assert found == pytest.approx(expected_power(broad(memory), n_steps), rel=1e-9)


def test_exponential_in_wide_bins_is_near_the_average_over_them():
    run = piece(1000, n_ions=1)
    expected = run.binned(expected_power(decaying(12.0), 1000))
    assert run.exponential(np.log(12.0)) == pytest.approx(expected, rel=0.01)


def test_expected_power_is_that_of_many_runs():
    rng = np.random.default_rng(3)
    ratio, n_steps = np.exp(-1 / 5.0), 20
    steps = np.empty((3, 20_000, n_steps))
    steps[..., 0] = rng.normal(size=(3, 20_000))
    for t in range(1, n_steps):
        kicks = np.sqrt(1 - ratio**2) * rng.normal(size=(3, 20_000))
        steps[..., t] = ratio * steps[..., t - 1] + kicks
    at_zero = (1 + ratio) / (1 - ratio)
    run = StepSpectrum(steps)
    assert run.power == pytest.approx(at_zero * run.exponential(np.log(5.0)), rel=0.03)


def test_broad_memory_spreads_its_times_evenly_in_the_logarithm():
    memory = Memory(4.0, 3.0)
    times, shares = memory.parts
    assert times[0] == pytest.approx(1.0)
    assert times[-1] == pytest.approx(4.0)
    assert shares.sum() == pytest.approx(1)
    fine = np.linspace(1.0, 4.0, 601)
    run = piece(26)
    integral = np.trapezoid([run.exponential(t) for t in fine], fine, axis=0) / 3.0
    # a sum over seven times; the shape is 1 at zero frequency in a long run
    assert BinnedSpectrum([run]).shape(memory) == pytest.approx(integral, abs=0.005)


@pytest.mark.parametrize(
    "memory", [Memory(0.0), Memory(np.log(7.0)), Memory(3.0, 3.0), Memory(4.0, 5.0)]
)
def test_offset_and_value_at_once_are_sums_over_the_correlation(memory):
    correlation, lags = broad(memory), np.arange(1, 4000)
    values = correlation(lags)
    assert correlation(0) + 2 * values.sum() == pytest.approx(1)
    assert memory.at_once == pytest.approx(correlation(0))
    assert memory.offset == pytest.approx(2 * np.sum(lags * values))


@pytest.mark.parametrize("n_steps", [7, 8, 300, 301])
def test_bins_hold_every_frequency_once_and_lose_nothing(n_steps):
    run = piece(n_steps)
    assert len(run.bin_of) == n_steps // 2 + 1
    assert np.all(np.diff(run.bin_of) >= 0)
    assert run.bin_freedom.sum() == pytest.approx(n_steps / 2)
    assert run.bin_freedom @ run.binned(run.power) == pytest.approx(run.freedom @ run.power)
    assert 2 * run.freedom @ run.power == pytest.approx((run.steps**2).sum(2).mean())


@pytest.mark.parametrize("n_steps", [31, 32])
def test_contributions_of_ions_and_steps_sum_to_the_weighted_power(n_steps):
    run = piece(n_steps, n_ions=5)
    weights = np.random.default_rng(1).normal(size=n_steps // 2 + 1)
    products = run.weighted_products(weights)
    assert products.shape == run.steps.shape
    assert products.sum(axis=(1, 2)) == pytest.approx(run.power_axes @ weights)
    for ion in range(5):
        alone = StepSpectrum(run.steps[:, ion : ion + 1])
        expected = alone.power_axes @ weights / 5
        assert products[:, ion].sum(axis=1) == pytest.approx(expected)


def test_summed_power_of_independent_and_of_equal_ions():
    run = piece(200, n_ions=50)
    assert run.summed_power.mean() == pytest.approx(run.power.mean(), rel=0.15)
    equal = StepSpectrum(np.repeat(run.steps[:, :1], 6, axis=1))
    assert equal.summed_power == pytest.approx(6 * equal.power)


def test_pieces_of_different_length_stand_one_after_the_other():
    long, short = piece(120, seed=1), piece(25, seed=2)
    both = BinnedSpectrum([long, short])
    assert (both.longest, both.n_steps) == (120, 145)
    memory = Memory(2.0, 3.0)
    alone = [BinnedSpectrum([each]) for each in (long, short)]
    assert both.design([memory]) == pytest.approx(
        np.concatenate([each.design([memory]) for each in alone])
    )
    first, second = both.split(both.power)
    assert first == pytest.approx(long.binned(long.power))
    assert second == pytest.approx(short.binned(short.power))


def known(memories, amplitudes, lengths=(900, 200)):
    """Return a spectrum that is exactly what is expected of a model, and the model."""
    spectrum = BinnedSpectrum([piece(n) for n in lengths])
    spectrum.power = spectrum.design(memories) @ np.array(amplitudes)
    deviance = float(np.sum(spectrum.freedom * (np.log(spectrum.power) + 1)))
    return spectrum, SpectrumModel(memories, np.array(amplitudes), deviance, spectrum.power)


KNOWN = [
    ((), (0.03, 0.02)),
    ((Memory(np.log(15.0)),), (0.03, 0.02, -0.02)),
    ((Memory(np.log(3.0)), Memory(np.log(40.0))), (0.05, 0.0, -0.02, -0.015)),
    ((Memory(np.log(60.0), 3.0),), (0.03, 0.02, -0.025)),
]


@pytest.mark.parametrize(("memories", "amplitudes"), KNOWN)
def test_amplitudes_are_recovered_from_the_expected_spectrum(memories, amplitudes):
    spectrum, model = known(memories, amplitudes)
    deviance, found, fitted = solve_amplitudes(
        spectrum.freedom, spectrum.power, spectrum.design(memories)
    )
    assert found == pytest.approx(amplitudes, abs=1e-6)
    assert fitted == pytest.approx(spectrum.power, rel=1e-5)
    assert deviance == pytest.approx(model.deviance)


def test_amplitudes_are_found_from_a_bad_start():
    """A spectrum over seven decades, where plain least squares would go below zero."""
    spectrum, _ = known((), (1e-7, 1.0))
    noise = np.random.default_rng(4).gamma(3.0, 1 / 3.0, len(spectrum.power))
    _, found, fitted = solve_amplitudes(
        spectrum.freedom, spectrum.power * noise, spectrum.design(())
    )
    assert np.all(fitted > 0)
    assert found[1] == pytest.approx(1.0, rel=0.3)


def test_memory_is_found_in_the_expected_spectrum():
    spectrum, truth = known(*KNOWN[1])
    _, one, *_ = fit_models(spectrum)
    assert one.memories[0].mean_time == pytest.approx(15.0, rel=0.03)
    assert one.at_zero == pytest.approx(truth.at_zero, rel=0.01)
    assert one.at_once == pytest.approx(truth.at_once, rel=0.01)
    assert one.intercept == pytest.approx(truth.intercept, rel=0.02)


def refitted(spectrum, memories, power):
    """Return amplitudes and memories of the best fit, with the times fitted to many digits."""

    def moved(changes):
        return [m.later(float(c)) for m, c in zip(memories, changes, strict=True)]

    def solved(changes):
        return solve_amplitudes(spectrum.freedom, power, spectrum.design(moved(changes)))

    changes = np.zeros(len(memories))
    if memories:
        changes = optimize.minimize(
            lambda c: solved(c)[0],
            changes,
            method="Nelder-Mead",
            options={
                "xatol": 1e-6,
                "fatol": 1e-12,
                "initial_simplex": 0.02 * np.eye(len(memories) + 1, len(memories)),
            },
        ).x
    deviance, amplitudes, fitted = solved(changes)
    return SpectrumModel(tuple(moved(changes)), amplitudes, deviance, fitted)


@pytest.mark.parametrize("number", ["at_zero", "at_once"])
@pytest.mark.parametrize(("memories", "amplitudes"), KNOWN[:2])
def test_gradient_is_what_a_change_of_one_bin_does_to_the_fit(memories, amplitudes, number):
    spectrum, model = known(memories, amplitudes)

    def value(of):
        return getattr(of, number)

    weights = gradient(spectrum, model, value)
    assert weights @ spectrum.power == pytest.approx(value(model), rel=1e-4)
    for place in (0, 1, 3, 8, len(weights) - 1):
        ends = []
        for sign in (1, -1):
            power = spectrum.power.copy()
            power[place] *= 1 + sign * 0.02
            ends.append(value(refitted(spectrum, memories, power)))
        slope = (ends[0] - ends[1]) / (2 * 0.02 * spectrum.power[place])
        largest = float(np.abs(weights * spectrum.power).max()) / spectrum.power[place]
        assert slope == pytest.approx(weights[place], rel=0.03, abs=0.01 * largest)


def test_weights_give_the_fitted_number_from_power_with_noise():
    spectrum = BinnedSpectrum([piece(400, seed=7), piece(90, seed=8)])
    none, one, *_ = fit_models(spectrum)
    for model, rel in ((none, 1e-4), (one, 0.02)):
        weights = gradient(spectrum, model, lambda m: m.at_zero)
        assert weights @ spectrum.power == pytest.approx(model.at_zero, rel=rel)
