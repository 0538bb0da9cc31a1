"""Activation energies: exact lines, honest intervals, curvature, glass transition; the document."""

import numpy as np
import pytest
from ase import units
from scipy import stats

from amorph_flows.analysis import (
    Trajectory,
    TransportVerdict,
    analyse_transport,
    fit_arrhenius,
)
from amorph_flows.analysis.transport._arrhenius import fit_bend
from amorph_flows.errors import InputError
from amorph_flows.schemas.transport import TransportDoc

KELVIN = [600.0, 800.0, 1000.0, 1200.0]


def law(kelvin, energy=0.4, d0=1e-3):
    return d0 * np.exp(-energy / (units.kB * np.asarray(kelvin)))


def around(values, errors, freedom=np.inf):
    """Return the 95 % intervals of values with standard errors of some degrees of freedom."""
    half = stats.t.ppf(0.975, freedom) * np.asarray(errors)
    return list(zip(values * np.exp(-half), values * np.exp(half), strict=True))


def walk_at(kelvin, seed, n_frames=1500, diffusivity=None):
    rng = np.random.default_rng(seed)
    step = np.sqrt((diffusivity or law(kelvin)) * 10 * 2 * 1000.0)
    ions = np.cumsum(rng.normal(0, step, (n_frames, 12, 3)), axis=0)
    host = np.zeros((n_frames, 10, 3)) + rng.random((10, 3)) * 30
    positions = np.concatenate([ions, host], axis=1)
    return Trajectory(
        positions % 30, np.eye(3) * 30, [11] * 12 + [8] * 10, np.arange(n_frames) * 1000.0, kelvin
    )


def test_exact_line_is_found_exactly():
    fit = fit_arrhenius(KELVIN, law(KELVIN), around(law(KELVIN), [0.05] * 4))
    assert fit.activation_energy_ev == pytest.approx(0.4)
    assert fit.d0_cm2_s == pytest.approx(1e-3)
    assert fit.d_300k_cm2_s == pytest.approx(law(300))
    assert fit.curvature_p == pytest.approx(1.0)


def test_intervals_cover_the_truth():
    rng = np.random.default_rng(0)
    errors = np.array([0.3, 0.1, 0.05, 0.05])
    covered = []
    for _ in range(400):
        noisy = law(KELVIN) * np.exp(rng.normal(0, errors))
        fit = fit_arrhenius(KELVIN, noisy, around(noisy, errors))
        energy, room = fit.activation_energy_interval_ev, fit.d_300k_interval_cm2_s
        covered.append((energy[0] <= 0.4 <= energy[1], room[0] <= law(300) <= room[1]))
    assert (np.mean(covered, axis=0) > 0.92).all()
    assert (np.mean(covered, axis=0) < 0.995).all()


@pytest.mark.parametrize("freedom", [5, 10, 30])
@pytest.mark.parametrize(
    ("kelvin", "errors"),
    [
        ([600.0, 900.0, 1200.0], [0.3, 0.1, 0.05]),
        ([300.0, 600.0, 900.0, 1000.0, 1200.0], [0.4, 0.2, 0.1, 0.1, 0.05]),
    ],
)
def test_intervals_of_few_degrees_of_freedom_cover_the_truth(kelvin, errors, freedom):
    rng = np.random.default_rng(freedom)
    covered = []
    for _ in range(600):
        noisy = law(kelvin) * np.exp(rng.normal(0, errors))
        measured = errors * np.sqrt(rng.chisquare(freedom, len(errors)) / freedom)
        fit = fit_arrhenius(kelvin, noisy, around(noisy, measured, freedom))
        energy, room = fit.activation_energy_interval_ev, fit.d_300k_interval_cm2_s
        covered.append((energy[0] <= 0.4 <= energy[1], room[0] <= law(300) <= room[1]))
    assert (np.mean(covered, axis=0) > 0.90).all()
    assert (np.mean(covered, axis=0) < 0.99).all()


def test_every_temperature_widens_the_interval():
    errors = np.full(4, 0.05)
    narrow = fit_arrhenius(KELVIN, law(KELVIN), around(law(KELVIN), errors))
    for place in range(4):
        wide = errors.copy()
        wide[place] = 0.2
        fit = fit_arrhenius(KELVIN, law(KELVIN), around(law(KELVIN), wide))
        assert np.ptp(fit.d_300k_interval_cm2_s) > np.ptp(narrow.d_300k_interval_cm2_s)


def test_how_far_300_k_is_extrapolated_is_a_number():
    fit = fit_arrhenius(KELVIN, law(KELVIN), around(law(KELVIN), [0.05] * 4))
    assert fit.extrapolation_300k == pytest.approx((1 / 300 - 1 / 600) / (1 / 600 - 1 / 1200))
    cold = [250.0, 300.0, 400.0]
    inside = fit_arrhenius(cold, law(cold), around(law(cold), [0.05] * 3))
    assert inside.extrapolation_300k == 0


def bent(kelvin, below, above, at):
    """Return D with two activation energies that meet at a temperature."""
    inverse = 1 / (units.kB * np.asarray(kelvin))
    return 1e-3 * np.exp(
        -above * inverse - (below - above) * np.maximum(inverse - 1 / units.kB / at, 0)
    )


def test_bend_at_a_known_temperature_is_found_exactly():
    values = bent(KELVIN, 0.3, 0.6, 900.0)
    bend = fit_bend(KELVIN, values, around(values, [0.05] * 4), 900.0)
    assert bend.energy_below_ev == pytest.approx(0.3)
    assert bend.energy_above_ev == pytest.approx(0.6)
    assert bend.change_interval_ev[0] < -0.3 < bend.change_interval_ev[1]
    assert bend.probability < 1e-4


def test_bend_is_seen_by_chance_as_often_as_it_says():
    rng = np.random.default_rng(3)
    errors = np.array([0.2, 0.1, 0.05, 0.05])
    found = []
    for _ in range(400):
        noisy = law(KELVIN) * np.exp(rng.normal(0, errors))
        found.append(fit_bend(KELVIN, noisy, around(noisy, errors), 900.0))
    assert np.mean([bend.probability < 0.05 for bend in found]) == pytest.approx(0.05, abs=0.03)
    inside = [bend.change_interval_ev[0] < 0 < bend.change_interval_ev[1] for bend in found]
    assert 0.92 < np.mean(inside) < 0.995


def test_two_temperatures_cannot_tell_a_bend():
    values = law(KELVIN[:2])
    assert fit_bend(KELVIN[:2], values, around(values, [0.05] * 2), 700.0) is None
    values = law(KELVIN)
    assert fit_bend(KELVIN, values, around(values, [0.05] * 4), 500.0) is None


def test_precise_points_weigh_more():
    values = law(KELVIN)
    values[0] *= 3
    careless = fit_arrhenius(KELVIN, values, around(values, [0.05] * 4))
    weighted = fit_arrhenius(KELVIN, values, around(values, [1.0, 0.05, 0.05, 0.05]))
    assert abs(weighted.activation_energy_ev - 0.4) < 0.1 * abs(careless.activation_energy_ev - 0.4)


@pytest.mark.parametrize(
    ("kelvin", "values", "errors"),
    [
        ([300.0], [1e-6], [0.1]),
        ([300.0, 300.0], [1e-6, 1e-6], [0.1, 0.1]),
        ([300.0, 400.0], [1e-6, -1e-6], [0.1, 0.1]),
        ([300.0, 400.0], [1e-6, 1e-6], [0.1, np.inf]),
    ],
)
def test_a_fit_that_cannot_be_is_refused(kelvin, values, errors):
    with pytest.raises(InputError):
        fit_arrhenius(kelvin, values, around(np.array(values), errors))


@pytest.fixture(scope="module")
def runs():
    return {kelvin: walk_at(kelvin, i) for i, kelvin in enumerate(KELVIN)}


@pytest.fixture(scope="module")
def result(runs):
    return analyse_transport(runs, "Na")


def test_activation_energy_of_walks(result):
    low, high = result.activation_energy_interval_ev
    assert low < 0.4 < high
    assert high - low < 0.05
    assert result.believable
    assert [t.temperature_k for t in result.temperatures] == KELVIN
    low, high = result.d_300k_interval_cm2_s
    assert low < law(300) < high
    assert TransportVerdict.EXTRAPOLATED in {v.answer for v in result.verdicts}
    assert result.charge == 1


def test_curved_is_said(runs):
    bent = dict(runs)
    rng = np.random.default_rng(9)
    step = 3 * np.sqrt(law(600) * 10 * 2 * 1000.0)
    ions = np.cumsum(rng.normal(0, step, (1500, 12, 3)), axis=0)
    positions = runs[600.0].positions.copy()
    positions[:, :12] = ions % 30
    bent[600.0] = Trajectory(
        positions, runs[600.0].cells, runs[600.0].numbers, runs[600.0].times_fs
    )
    found = analyse_transport(bent, "Na")
    assert not found.believable
    assert TransportVerdict.CURVED in {v.answer for v in found.verdicts}


@pytest.mark.parametrize("glass_transition_k", [700.0, 500.0])
def test_a_known_glass_transition_is_not_fitted_across(runs, glass_transition_k):
    two = {k: runs[k] for k in (600.0, 1000.0)}
    found = analyse_transport(two, "Na", glass_transition_k=glass_transition_k)
    assert not found.believable
    assert TransportVerdict.GLASS_TRANSITION_BETWEEN in {v.answer for v in found.verdicts}


def test_a_glass_transition_between_the_temperatures_does_not_refuse_what_does_not_bend(runs):
    found = analyse_transport(runs, "Na", glass_transition_k=900.0)
    assert found.believable, found.doubts
    assert found.glass_transition_k == 900.0
    [verdict] = [v for v in found.verdicts if v.answer == TransportVerdict.NO_BEND]
    assert verdict.numbers["change_low_ev"] < 0 < verdict.numbers["change_high_ev"]
    assert "glass transition at 900 K" in verdict.reason


def test_a_bend_at_the_glass_transition_is_refused(runs):
    changed = dict(runs)
    for kelvin, energy in ((600.0, 0.2), (800.0, 0.2)):
        d = bent([kelvin], energy, 0.4, 900.0)[0]
        changed[kelvin] = walk_at(kelvin, int(kelvin), diffusivity=d)
    found = analyse_transport(changed, "Na", glass_transition_k=900.0)
    assert not found.believable
    verdict = next(v for v in found.verdicts if "glass transition?" in v.question)
    assert verdict.answer == TransportVerdict.GLASS_TRANSITION_BETWEEN
    assert verdict.numbers["energy_below_ev"] == pytest.approx(0.2, abs=0.06)
    assert verdict.numbers["energy_above_ev"] == pytest.approx(0.4, abs=0.15)


def test_a_bend_anywhere_in_the_interval_of_the_glass_transition_is_refused(runs):
    changed = dict(runs)
    for kelvin, energy in ((600.0, 0.2), (800.0, 0.2)):
        d = bent([kelvin], energy, 0.4, 900.0)[0]
        changed[kelvin] = walk_at(kelvin, int(kelvin), diffusivity=d)
    found = analyse_transport(
        changed, "Na", glass_transition_k=1250.0, glass_transition_interval_k=(900.0, 1400.0)
    )
    verdict = next(v for v in found.verdicts if "glass transition?" in v.question)
    assert verdict.answer == TransportVerdict.GLASS_TRANSITION_BETWEEN
    assert verdict.numbers["bend_k"] == 900.0
    assert "1250 K (95 % 900 to 1400 K) may lie between" in verdict.reason


def test_a_glass_transition_that_may_be_between_needs_no_bend_to_be_believed_away(runs):
    found = analyse_transport(
        runs, "Na", glass_transition_k=1250.0, glass_transition_interval_k=(1100.0, 1400.0)
    )
    assert found.believable, found.doubts
    assert TransportVerdict.NO_BEND in {v.answer for v in found.verdicts}
    assert found.glass_transition_interval_k == (1100.0, 1400.0)


@pytest.mark.parametrize(("kelvin", "interval"), [(650.0, (580.0, 720.0)), (290.0, (280.0, 320.0))])
def test_300_k_is_out_of_reach_where_the_glass_transition_may_be_in_between(runs, kelvin, interval):
    found = analyse_transport(
        runs, "Na", glass_transition_k=kelvin, glass_transition_interval_k=interval
    )
    verdict = next(v for v in found.verdicts if v.question == "300 K in reach?")
    assert not verdict.passed
    assert "300 K may lie beyond" in verdict.reason


@pytest.mark.parametrize(("kelvin", "interval"), [(None, (580.0, 720.0)), (900.0, (580.0, 720.0))])
def test_an_interval_without_its_glass_transition_is_refused(runs, kelvin, interval):
    with pytest.raises(InputError, match="glass_transition"):
        analyse_transport(
            runs, "Na", glass_transition_k=kelvin, glass_transition_interval_k=interval
        )


def test_a_bend_that_the_data_cannot_exclude_is_not_believed_away(runs):
    short = {
        k: Trajectory(run.positions[:20], run.cells[:20], run.numbers, run.times_fs[:20], k)
        for k, run in runs.items()
    }
    found = analyse_transport(short, "Na", glass_transition_k=1100.0)
    verdict = next(v for v in found.verdicts if "glass transition?" in v.question)
    assert verdict.numbers["probability"] > 0.01
    assert not verdict.passed
    assert "not excluded" in verdict.reason


def test_extrapolation_is_in_the_verdict(result):
    verdict = next(v for v in result.verdicts if v.answer == TransportVerdict.EXTRAPOLATED)
    assert verdict.numbers["extrapolation_300k"] == pytest.approx(2.0)
    assert result.extrapolation_300k == pytest.approx(2.0)
    assert "2 times the span" in verdict.reason


def test_one_temperature_has_no_activation_energy(runs):
    found = analyse_transport({600.0: runs[600.0]}, "Na")
    assert found.activation_energy_ev is None
    assert found.activation_energy_interval_ev is None
    assert not found.believable


def test_contradictions_are_refused(runs):
    with pytest.raises(InputError, match=r"at 600.0 K was given as one at 900"):
        analyse_transport({900: runs[600.0]}, "Na")
    with pytest.raises(InputError, match="empty"):
        analyse_transport({}, "Na")
    with pytest.raises(InputError, match="no Mg"):
        analyse_transport(runs, "Mg")


def test_document_keeps_everything_in_little(result):
    doc = TransportDoc.from_result(result)
    text = doc.model_dump_json()
    again = TransportDoc.model_validate_json(text)
    assert len(text) < 400_000
    assert again.activation_energy_ev == result.activation_energy_ev
    one, kept = result.temperatures[1], again.temperatures[1]
    assert kept.tracer_diffusivity_interval_cm2_s == one.tracer_diffusivity_interval_cm2_s
    assert kept.haven_ratio == one.haven_ratio
    assert [v.reason for v in kept.verdicts] == [v.reason for v in one.verdicts]
    assert kept.lags_fs[0] == 0
    assert kept.lags_fs[-1] == one.lags_fs[-1]
    assert kept.msd_axes_a2.shape == (len(kept.lags_fs), 3)
    assert np.interp(kept.lags_fs[50], one.lags_fs, one.msd_a2) == pytest.approx(kept.msd_a2[50])
