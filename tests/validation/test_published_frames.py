"""Published MD frames of MgV2O5: their faults are found unasked, and nothing is believed."""

from __future__ import annotations

import numpy as np
import pytest
from published import MGV2O5

from amorph_flows.analysis import (
    TransportVerdict,
    UnwrappingWarning,
    analyse_transport,
    mean_squared_displacement,
    read_trajectory,
)

JOINTS = {300: [180, 380], 900: [180, 380]}
STATED_FS = 2000.0


@pytest.fixture(scope="module")
def frames():
    return {
        kelvin: read_trajectory(
            MGV2O5 / f"frames_{kelvin}K.extxyz.gz", frame_spacing_fs=STATED_FS, temperature_k=kelvin
        )
        for kelvin in JOINTS
    }


@pytest.fixture(scope="module")
def transport(frames):
    return {t.temperature_k: t for t in analyse_transport(frames, "Mg").temperatures}


@pytest.mark.parametrize("kelvin", JOINTS)
def test_the_spacing_is_ten_femtoseconds(transport, kelvin):
    found = transport[kelvin]
    assert found.implied_frame_spacing_fs == pytest.approx(10.0, rel=0.07)
    assert set(found.implied_frame_spacing_by_species_fs) == {"Mg", "V", "O"}
    for value in found.implied_frame_spacing_by_species_fs.values():
        assert 9.4 <= value <= 10.4
    assert TransportVerdict.TIME_STEP_WRONG in against(found)


@pytest.mark.parametrize("kelvin", JOINTS)
def test_the_joints_are_found(transport, kelvin):
    found = transport[kelvin].discontinuities
    assert len(found) == len(JOINTS[kelvin])
    assert np.abs(np.subtract(found, JOINTS[kelvin])).max() <= 1


@pytest.mark.parametrize("kelvin", JOINTS)
def test_magnesium_is_caged(transport, kelvin):
    found = transport[kelvin]
    assert not found.believable
    assert TransportVerdict.CAGED in against(found)


@pytest.mark.parametrize("kelvin", JOINTS)
def test_displacements_saturate_within_a_piece(frames, kelvin):
    found = mean_squared_displacement(frames[kelvin], "Mg")
    assert len(found.lags_fs) <= 202
    assert 0.08 < found.msd_a2[100] < 0.6


def test_the_glued_whole_would_have_looked_like_diffusion(frames):
    for run in frames.values():
        with pytest.warns(UnwrappingWarning):
            naive = mean_squared_displacement(run, "Mg", drift="none", discontinuities=[])
        lag = run.n_frames // 5
        assert naive.msd_a2[lag] / naive.lags_fs[lag] / 60 > 5e-7  # cm²/s


def test_no_activation_energy_is_believed(frames):
    result = analyse_transport(frames, "Mg")
    assert not result.believable
    assert result.doubts


def against(found):
    return {verdict.answer for verdict in found.verdicts if not verdict.passed}
