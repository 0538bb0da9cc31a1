from __future__ import annotations

import numpy as np
import pytest

from amorph_flows.analysis._glass_transition import TransitionVerdict, fit_glass_transition
from amorph_flows.errors import InputError

T = np.linspace(300, 1500, 25)


def _enthalpy(seed: int, t_g: float = 800.0, noise: float = 2e-3) -> np.ndarray:
    scatter = np.random.default_rng(seed).normal(0.0, noise, T.shape)
    return -5 + 3e-4 * T + 2e-4 * np.clip(T - t_g, 0, None) + scatter


def test_two_exact_lines_meet_where_they_should():
    found = fit_glass_transition(T, _enthalpy(0, 812.0, noise=0.0))
    assert found.temperature_k == pytest.approx(812.0, abs=0.5)
    assert found.glass_slope == pytest.approx(3e-4, rel=2e-3)
    assert found.liquid_slope == pytest.approx(5e-4, rel=2e-3)
    assert found.value == pytest.approx(-5 + 3e-4 * 812.0, abs=1e-4)
    assert found.verdict is TransitionVerdict.FOUND


def test_interval_covers_the_truth_as_often_as_it_says():
    fits = [fit_glass_transition(T, _enthalpy(seed)) for seed in range(80)]
    covered = [fit.interval_k[0] <= 800.0 <= fit.interval_k[1] for fit in fits]
    assert 0.87 <= np.mean(covered) <= 1.0
    assert {fit.verdict for fit in fits} == {TransitionVerdict.FOUND}


def test_straight_line_has_no_transition():
    rng = np.random.default_rng(0)
    bends = [
        fit_glass_transition(T, 4e-4 * T + rng.normal(0.0, 2e-3, T.shape)).verdict
        for _ in range(60)
    ]
    assert bends.count(TransitionVerdict.NO_BEND) >= 56
    assert fit_glass_transition(T, 4e-4 * T).verdict is TransitionVerdict.NO_BEND


def test_bend_at_the_end_of_the_range_is_not_believed():
    found = fit_glass_transition(T, _enthalpy(3, t_g=1450.0, noise=1e-4))
    assert found.verdict is TransitionVerdict.AT_THE_EDGE


def test_order_and_units_do_not_matter():
    y = _enthalpy(1)
    order = np.random.default_rng(0).permutation(len(T))
    wanted, shuffled = fit_glass_transition(T, y), fit_glass_transition(T[order], y[order])
    scaled = fit_glass_transition(T, 96.5 * y + 7)
    assert shuffled.temperature_k == wanted.temperature_k
    assert scaled.temperature_k == wanted.temperature_k
    assert scaled.liquid_slope == pytest.approx(96.5 * wanted.liquid_slope)


def test_wrong_input_is_named():
    with pytest.raises(InputError, match="at least 6"):
        fit_glass_transition([300, 400, 500, 600, 700], [1, 2, 3, 4, 5])
    with pytest.raises(InputError, match="one length"):
        fit_glass_transition(T, T[:-1])
    with pytest.raises(InputError, match="finite"):
        fit_glass_transition(T, np.where(T > 1000, np.nan, T))
