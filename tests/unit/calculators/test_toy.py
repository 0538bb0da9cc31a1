"""The toy potential: derivatives, images, invariance."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.fd import calculate_numerical_forces, calculate_numerical_stress

from amorph_flows.calculators.toy import ToyCalculator
from amorph_flows.errors import InputError


def _cell(seed: int = 0) -> Atoms:
    """A small, skewed cell, narrower than the cutoff."""
    rng = np.random.default_rng(seed)
    cell = [[4.4, 0.3, 0.0], [-0.5, 4.1, 0.4], [0.2, 0.6, 4.6]]
    scaled = [[0, 0, 0], [0.5, 0.5, 0.1], [0.45, 0.0, 0.05], [0.05, 0.5, 0.0], [0.5, 0.1, 0.5]]
    atoms = Atoms("VMgO3", cell=cell, scaled_positions=scaled, pbc=True)
    atoms.positions += rng.normal(0, 0.05, atoms.positions.shape)
    atoms.calc = ToyCalculator()
    return atoms


def test_forces_and_stress_are_derivatives_of_the_energy() -> None:
    atoms = _cell()
    assert np.abs(atoms.get_forces()).max() > 0.1
    np.testing.assert_allclose(atoms.get_forces(), calculate_numerical_forces(atoms), atol=1e-6)
    np.testing.assert_allclose(atoms.get_stress(), calculate_numerical_stress(atoms), atol=1e-8)


def test_images_wrapping_and_translation_change_nothing() -> None:
    atoms = _cell()
    energy, forces = atoms.get_potential_energy(), atoms.get_forces()
    large = atoms.repeat((2, 1, 3))
    large.calc = ToyCalculator()
    assert large.get_potential_energy() == pytest.approx(6 * energy, abs=1e-10)
    moved = atoms.copy()
    moved.positions += [10.3, -7.7, 123.4]
    moved.positions[2] += moved.cell[0] * 4 - moved.cell[2]
    moved.calc = ToyCalculator()
    np.testing.assert_allclose(moved.get_forces(), forces, atol=1e-9)
    np.testing.assert_allclose(large.get_forces()[: len(atoms)], forces, atol=1e-9)


def test_a_list_of_pairs_that_is_reused_gives_the_same_energy_to_the_last_bit() -> None:
    atoms = _cell()
    reused = []
    for _ in range(40):
        atoms.positions[0] += [0.05, 0.01, 0.0]
        fresh = atoms.copy()
        fresh.calc = ToyCalculator()
        reused.append(atoms.get_potential_energy() - fresh.get_potential_energy())
    assert set(reused) == {0.0}


def test_magnesium_metal_is_bound_and_oxide_is_bound_more() -> None:
    def pair(symbols: str, r: float) -> float:
        atoms = Atoms(symbols, positions=[[0, 0, 0], [r, 0, 0]], cell=[20, 20, 20], pbc=True)
        atoms.calc = ToyCalculator()
        return atoms.get_potential_energy()

    distances = np.arange(1.3, 5.0, 0.01)
    oxide = [pair("VO", r) for r in distances]
    metal = [pair("Mg2", r) for r in distances]
    assert distances[np.argmin(oxide)] == pytest.approx(1.85, abs=0.15)
    assert distances[np.argmin(metal)] == pytest.approx(3.2, abs=0.3)
    assert min(oxide) < min(metal) < 0
    assert pair("VO", 5.01) == 0


def test_unknown_element_and_lost_position_are_named() -> None:
    atoms = _cell()
    atoms.symbols[0] = "Xe"
    with pytest.raises(InputError, match=r"\[54\]"):
        atoms.get_potential_energy()
    atoms = _cell()
    atoms.positions[1, 2] = np.nan
    with pytest.raises(InputError, match="not finite"):
        atoms.get_forces()
