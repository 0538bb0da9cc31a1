"""The average voltage follows Eq. 1 of the published study; a profile is that along the hull."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from amorph_flows.analysis.voltage import average_voltage, voltage_profile
from amorph_flows.errors import InputError


def test_one_magnesium_ion_follows_equation_1() -> None:
    assert average_voltage(-110.0, -103.0, -1.5, 1, 2.0) == pytest.approx((110 - 103 - 1.5) / 2)


def test_voltage_is_intensive() -> None:
    one = average_voltage(-110.0, -103.0, -1.5, 1, 2.0)
    assert average_voltage(-880.0, -824.0, -1.5, 8, 2.0) == pytest.approx(one)


def test_no_gain_is_zero_volt() -> None:
    assert average_voltage(-104.5, -103.0, -1.5, 1, 2.0) == pytest.approx(0.0)


@pytest.mark.parametrize(("n_ions", "charge"), [(0, 2.0), (1, 0.0), (1, -2.0)])
def test_nonsense_is_refused(n_ions: int, charge: float) -> None:
    with pytest.raises(InputError, match="positive charge"):
        average_voltage(-1.0, -1.0, -1.0, n_ions, charge)


X = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
METAL_EV, CHARGE = -1.5, 2.0


def energies_of(volts: np.ndarray) -> np.ndarray:
    """Return energies per formula whose steps have these voltages."""
    return np.concatenate([[-60.0], -60.0 + np.cumsum(np.diff(X) * (METAL_EV - CHARGE * volts))])


def profile_of(energies: np.ndarray, x: np.ndarray = X, width: float = 0.0):
    return voltage_profile(x, energies, np.full(len(x), width), METAL_EV, CHARGE)


def test_a_convex_energy_gives_back_its_voltages() -> None:
    volts = np.array([3.0, 2.5, 2.4, 1.0])
    found = profile_of(energies_of(volts))
    assert [step.voltage_v for step in found.steps] == pytest.approx(volts)
    assert [(step.from_ions, step.to_ions) for step in found.steps] == [
        (float(a), float(b)) for a, b in pairwise(X)
    ]
    assert found.above_hull_ev == (0.0,) * 5


def test_two_contents_are_equation_1() -> None:
    energies = np.array([-60.0, -67.0])
    (step,) = profile_of(energies, np.array([0.0, 1.0])).steps
    assert step.voltage_v == pytest.approx(average_voltage(-67.0, -60.0, METAL_EV, 1, CHARGE))


def test_a_content_above_the_hull_separates_into_its_neighbours() -> None:
    energies = energies_of(np.array([3.0, 2.0, 2.5, 1.0]))
    found = profile_of(energies)
    assert [round(step.voltage_v, 9) for step in found.steps] == [3.0, 2.25, 1.0]
    assert found.above_hull_ev == pytest.approx((0, 0, 0.125, 0, 0))  # a quarter ion, 0.25 V, 2 e


def test_a_profile_keeps_the_average_and_does_not_know_the_order() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        energies = -60.0 + rng.normal(size=5)
        found = profile_of(energies)
        width = [step.to_ions - step.from_ions for step in found.steps]
        volts = [step.voltage_v for step in found.steps]
        assert np.dot(width, volts) == pytest.approx(
            average_voltage(energies[-1], energies[0], METAL_EV, 1, CHARGE)
        )
        assert all(np.diff(volts) < 0)
        order = rng.permutation(5)
        mixed = profile_of(energies[order], X[order])
        assert [s.voltage_v for s in mixed.steps] == pytest.approx(volts)
        assert mixed.above_hull_ev == pytest.approx(np.array(found.above_hull_ev)[order])


@pytest.mark.parametrize(
    "volts",
    [(3.0, 2.5, 2.4, 1.0), (2.0, 2.0, 2.0, 2.0), (2.0, 3.0, 1.0, 2.0), (1.0, 2.0, 3.0, 4.0)],
)
def test_intervals_cover_the_voltages_between_the_neighbours_that_were_found(
    volts: tuple[float, ...],
) -> None:
    rng, truth, error = np.random.default_rng(1), energies_of(np.array(volts)), 0.02
    hull = profile_of(truth)
    ends = np.array([0.0, *(step.to_ions for step in hull.steps)])
    on_hull = np.interp(X, ends, np.interp(ends, X, truth))
    covered = []
    for _ in range(200):
        found = profile_of(truth + error * rng.normal(size=5), width=1.96 * error)
        for step in found.steps:
            low, high = np.interp((step.from_ions, step.to_ions), X, on_hull)
            width = step.to_ions - step.from_ions
            exact = -((high - low) / width - METAL_EV) / CHARGE
            assert step.interval_v is not None
            covered.append(step.interval_v[0] <= exact <= step.interval_v[1])
    assert 0.9 <= np.mean(covered) <= 0.995


def test_an_energy_without_error_has_no_interval() -> None:
    widths = np.array([0.01, 0.01, np.nan, 0.01, 0.01])
    found = voltage_profile(X, energies_of(np.array([3.0, 2.5, 2.4, 1.0])), widths, -1.5, 2.0)
    assert [step.interval_v is None for step in found.steps] == [False, True, True, False]


@pytest.mark.parametrize(
    ("x", "energies", "charge", "message"),
    [
        ([0.5], [-1.0], 2.0, "two or more"),
        ([0.5, 0.5], [-1.0, -2.0], 2.0, "two or more that differ"),
        ([0.0, 1.0], [-1.0, np.nan], 2.0, "finite"),
        ([0.0, 1.0], [-1.0, -2.0], -1.0, "charge is -1"),
    ],
)
def test_a_profile_of_nonsense_is_refused(
    x: list[float], energies: list[float], charge: float, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        voltage_profile(x, energies, np.zeros(len(x)), -1.5, charge)
