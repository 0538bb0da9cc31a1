"""Activation energies: exact lines, honest intervals, curvature, glass transition; the document."""

import numpy as np
import pytest
from ase import units

from amorph_flows.analysis import (
    Trajectory,
    TransportVerdict,
    analyse_transport,
    fit_arrhenius,
)
from amorph_flows.errors import InputError
from amorph_flows.schemas.transport import TransportDoc

KELVIN = [600.0, 800.0, 1000.0, 1200.0]


def law(kelvin, energy=0.4, d0=1e-3):
    return d0 * np.exp(-energy / (units.kB * np.asarray(kelvin)))


def walk_at(kelvin, seed, n_frames=1500):
    rng = np.random.default_rng(seed)
    step = np.sqrt(law(kelvin) * 10 * 2 * 1000.0)
    ions = np.cumsum(rng.normal(0, step, (n_frames, 12, 3)), axis=0)
    host = np.zeros((n_frames, 10, 3)) + rng.random((10, 3)) * 30
    positions = np.concatenate([ions, host], axis=1)
    return Trajectory(
        positions % 30, np.eye(3) * 30, [11] * 12 + [8] * 10, np.arange(n_frames) * 1000.0, kelvin
    )


def test_exact_line_is_found_exactly():
    fit = fit_arrhenius(KELVIN, law(KELVIN), [0.05] * 4)
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
        fit = fit_arrhenius(KELVIN, noisy, errors)
        energy, room = fit.activation_energy_interval_ev, fit.d_300k_interval_cm2_s
        covered.append((energy[0] <= 0.4 <= energy[1], room[0] <= law(300) <= room[1]))
    assert (np.mean(covered, axis=0) > 0.92).all()
    assert (np.mean(covered, axis=0) < 0.995).all()


def test_precise_points_weigh_more():
    values = law(KELVIN)
    values[0] *= 3
    careless = fit_arrhenius(KELVIN, values, [0.05] * 4)
    weighted = fit_arrhenius(KELVIN, values, [1.0, 0.05, 0.05, 0.05])
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
        fit_arrhenius(kelvin, values, errors)


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
