from __future__ import annotations

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.emt import EMT

from amorph_flows.analysis._elastic import (
    EV_A3_TO_GPA,
    ElasticVerdict,
    elastic_constants,
    strain_states,
    strained_cell,
)
from amorph_flows.errors import InputError

STRAINS = strain_states()


def _isotropic(bulk_gpa: float, shear_gpa: float) -> np.ndarray:
    c = np.zeros((6, 6))
    c[:3, :3] = bulk_gpa - 2 / 3 * shear_gpa
    c[np.arange(3), np.arange(3)] += 2 * shear_gpa
    c[np.arange(3, 6), np.arange(3, 6)] = shear_gpa
    return c


def test_isotropic_solid_returns_its_moduli():
    stress = STRAINS @ _isotropic(60.0, 30.0) / EV_A3_TO_GPA
    found = elastic_constants(STRAINS, stress)
    assert (found.bulk_gpa, found.shear_gpa) == pytest.approx((60.0, 30.0))
    assert found.young_gpa == pytest.approx(9 * 60 * 30 / (3 * 60 + 30))
    assert found.poisson == pytest.approx((3 * 60 - 2 * 30) / (2 * (3 * 60 + 30)))
    assert found.c44_gpa == pytest.approx(30.0)
    assert found.verdict is ElasticVerdict.ISOTROPIC


def test_residual_stress_and_noise_do_not_enter_the_constants():
    rng = np.random.default_rng(0)
    residual = np.array([0.01, -0.02, 0.0, 0.003, 0.0, 0.001])
    stress = residual + STRAINS @ _isotropic(60.0, 30.0) / EV_A3_TO_GPA
    stress += rng.normal(0.0, 1e-5, stress.shape)
    found = elastic_constants(STRAINS, stress)
    np.testing.assert_allclose(found.residual_stress_ev_a3, residual, atol=5e-6)
    assert found.bulk_gpa == pytest.approx(60.0, rel=0.01)
    np.testing.assert_array_equal(found.tensor_gpa, found.tensor_gpa.T)


@pytest.fixture(scope="module")
def copper():
    """EMT copper, small strains; one atom a cell, so nothing to relax."""
    atoms = bulk("Cu", cubic=True, a=3.59)
    atoms.calc = EMT()
    cell, strains = atoms.cell.array.copy(), strain_states(1e-3, 2)
    stresses = []
    for strain in strains:
        atoms.set_cell(strained_cell(cell, strain), scale_atoms=True)
        stresses.append(atoms.get_stress())
    return cell, strains, np.array(stresses)


def test_bulk_modulus_is_that_of_the_energy_curve(copper):
    cell, strains, stresses = copper
    found = elastic_constants(strains, stresses)
    atoms = bulk("Cu", cubic=True, a=3.59)
    atoms.calc = EMT()
    volumes, pressures = [], []
    for scale in (0.998, 1.002):
        atoms.set_cell(cell * scale, scale_atoms=True)
        volumes.append(atoms.get_volume())
        pressures.append(-atoms.get_stress()[:3].mean())
    slope = (pressures[1] - pressures[0]) / np.log(volumes[1] / volumes[0])
    assert found.bulk_gpa == pytest.approx(-slope * EV_A3_TO_GPA, rel=0.02)


def test_copper_crystal_is_cubic_and_not_isotropic(copper):
    _, strains, stresses = copper
    found = elastic_constants(strains, stresses)
    cubic = _isotropic(1.0, 1.0) * 0
    cubic[:3, :3] = found.c12_gpa
    cubic[np.arange(3), np.arange(3)] = found.c11_gpa
    cubic[np.arange(3, 6), np.arange(3, 6)] = found.c44_gpa
    np.testing.assert_allclose(found.tensor_gpa, cubic, atol=0.5)
    assert found.verdict is ElasticVerdict.ANISOTROPIC


def test_rotated_tensor_has_the_same_isotropic_moduli(copper):
    stress = STRAINS @ _isotropic(50.0, 20.0) / EV_A3_TO_GPA
    swapped = [2, 0, 1, 5, 3, 4]
    found = elastic_constants(STRAINS[:, swapped], stress[:, swapped])
    assert found.young_gpa == pytest.approx(elastic_constants(STRAINS, stress).young_gpa)


def test_scatter_and_instability_are_not_believed():
    stress = STRAINS @ _isotropic(60.0, 30.0) / EV_A3_TO_GPA
    noise = np.random.default_rng(0).normal(0.0, np.std(stress), stress.shape)
    assert elastic_constants(STRAINS, stress + noise).verdict is ElasticVerdict.NOT_LINEAR
    soft = STRAINS @ _isotropic(60.0, -5.0) / EV_A3_TO_GPA
    assert elastic_constants(STRAINS, soft).verdict is ElasticVerdict.UNSTABLE


def test_strain_turns_the_cell_into_what_its_definition_says():
    cell = strained_cell(np.eye(3) * 10.0, [0.01, 0, 0, 0, 0, 0.02])
    np.testing.assert_allclose(cell, [[10.1, 0.1, 0], [0.1, 10, 0], [0, 0, 10]])


def test_wrong_input_is_named():
    with pytest.raises(InputError, match="all six"):
        elastic_constants(STRAINS[:40], STRAINS[:40])
    with pytest.raises(InputError, match="must both be"):
        elastic_constants(STRAINS, STRAINS[:, :3])
    with pytest.raises(InputError, match="do not change"):
        elastic_constants(STRAINS, STRAINS * 0)
    with pytest.raises(InputError, match="n_steps 0"):
        strain_states(n_steps=0)
