from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from pymatgen.core import Lattice, Structure

from amorph_flows.analysis.structure._angles import bond_angles
from amorph_flows.errors import InputError

ROCK_SALT = Structure.from_spacegroup(
    "Fm-3m", Lattice.cubic(4.2), ["Mg", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]]
)
CRISTOBALITE = Structure.from_spacegroup(
    "Fd-3m", Lattice.cubic(7.16), ["Si", "O"], [[0, 0, 0], [0.125, 0.125, 0.125]]
)


def test_octahedron_has_twelve_right_and_three_straight_angles():
    found = bond_angles(ROCK_SALT.get_primitive_structure(), "O", "Mg", "O", n_bins=180)
    assert found.n_angles == 15
    filled = np.flatnonzero(found.density)
    np.testing.assert_allclose(found.angles_deg[filled], [90, 180], atol=1)
    np.testing.assert_allclose(found.density[filled], [12 / 15, 3 / 15])


def test_tetrahedron_and_straight_bridge():
    cutoffs = {("Si", "O"): 2.0, ("O", "Si"): 2.0}
    inner = bond_angles(CRISTOBALITE, "O", "Si", "O", cutoffs)
    assert inner.mean_deg == pytest.approx(np.degrees(np.arccos(-1 / 3)))
    assert inner.n_angles == 8 * 6
    bridge = bond_angles(CRISTOBALITE, "Si", "O", "Si", cutoffs)
    assert (bridge.mean_deg, bridge.n_angles) == (pytest.approx(180, abs=1e-5), 16)


def test_two_kinds_of_ends():
    water = Atoms("HOF", [[1, 0, 0], [0, 0, 0], [0, 1.2, 0]], cell=[10] * 3, pbc=True)
    found = bond_angles(water, "H", "O", "F", {("O", "H"): 1.5, ("O", "F"): 1.5})
    assert (found.n_angles, found.mean_deg) == (1, pytest.approx(90))
    assert found.cutoffs_a == {("O", "H"): 1.5, ("O", "F"): 1.5}


def test_ideal_gas_gives_the_sine():
    rng = np.random.default_rng(0)
    gas = Structure(Lattice.cubic(10.0), ["O"] * 300, rng.random((300, 3)))
    found = bond_angles(gas, "O", "O", "O", {("O", "O"): 3.5}, n_bins=18)
    sine = np.pi / 360 * np.sin(np.radians(found.angles_deg))
    np.testing.assert_allclose(found.density, sine, atol=3e-4)
    assert np.sum(found.density) * 10 == pytest.approx(1)


def test_invariant_under_rotation_supercell_and_order():
    rng = np.random.default_rng(1)
    cell = Structure(Lattice.cubic(6.1), ["P"] * 6 + ["O"] * 12, rng.random((18, 3)))
    cutoffs = {("P", "O"): 2.7}
    wanted = bond_angles(cell, "O", "P", "O", cutoffs)
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    atoms = Atoms(
        [s.specie.symbol for s in cell],
        cell.cart_coords @ rotation + 1.7,
        cell=cell.lattice.matrix @ rotation,
        pbc=True,
    )
    doubled = atoms[rng.permutation(18)].repeat((1, 2, 1))
    found = bond_angles(doubled, "O", "P", "O", cutoffs)
    assert found.n_angles == 2 * wanted.n_angles
    assert found.mean_deg == pytest.approx(wanted.mean_deg)
    assert found.standard_deviation_deg == pytest.approx(wanted.standard_deviation_deg)


def test_wrong_input_is_named():
    with pytest.raises(InputError, match="no 'Fe'"):
        bond_angles(ROCK_SALT, "O", "Fe", "O")
    with pytest.raises(InputError, match="no O-Mg-O angle"):
        bond_angles(ROCK_SALT, "O", "Mg", "O", {("Mg", "O"): 1.0})
