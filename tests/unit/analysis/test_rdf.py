from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from pymatgen.core import Lattice, Structure

from amorph_flows.analysis.structure._snapshot import as_trajectory
from amorph_flows.analysis.structure.rdf import radial_distribution
from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.errors import InputError


def _random_cell(seed: int, n_atoms: int = 30) -> Structure:
    rng = np.random.default_rng(seed)
    lattice = Lattice.from_parameters(5.03, 6.47, 7.12, 75, 82, 101)
    return Structure(
        lattice, ["V"] * (n_atoms // 3) + ["O"] * (2 * n_atoms // 3), rng.random((n_atoms, 3))
    )


def _naive(structure: Structure, first: str, second: str, edges: np.ndarray) -> np.ndarray:
    """Count by looping over explicit images of a cell, without any neighbour list."""
    matrix = structure.lattice.matrix
    a, b = (
        np.array([s.coords for s in structure if s.specie.symbol == e]) for e in (first, second)
    )
    reach = 4
    images = np.stack(np.meshgrid(*[np.arange(-reach, reach + 1)] * 3, indexing="ij"), -1)
    distances = [
        np.linalg.norm(b[None] + shift @ matrix - a[:, None], axis=-1)
        for shift in images.reshape(-1, 3)
    ]
    counted = np.histogram(np.concatenate([d[d > 1e-8] for d in distances]), edges)[0]
    shells = 4 / 3 * np.pi * np.diff(edges**3)
    return counted * structure.volume / (len(a) * len(b) * shells)


@pytest.mark.parametrize("pair", [("V", "V"), ("V", "O"), ("O", "O")])
def test_small_triclinic_cell_agrees_with_naive_count_beyond_half_the_cell(pair):
    structure = _random_cell(3)
    rdf = radial_distribution(structure, cutoff=10.0, n_bins=40)
    assert rdf.edges_a[-1] == pytest.approx(10.0)
    np.testing.assert_allclose(rdf.pair(*pair), _naive(structure, *pair, rdf.edges_a), atol=0.02)


def test_perfect_lattice_has_its_shells():
    copper = bulk("Cu", "fcc", a=3.6)
    rdf = radial_distribution(copper, cutoff=8.0, n_bins=400)
    neighbours = rdf.running_coordination("Cu", "Cu")
    nearest = 3.6 / np.sqrt(2)
    for shell, expected in [(1, 12), (2, 18), (3, 42), (4, 54), (5, 78), (6, 86)]:
        between = nearest * (np.sqrt(shell) + np.sqrt(shell + 1)) / 2
        assert np.interp(between, rdf.edges_a[1:], neighbours) == pytest.approx(expected)


def test_ideal_gas_is_one_everywhere():
    rng = np.random.default_rng(0)
    numbers = np.repeat([12, 8], [100, 200])
    gas = Trajectory(rng.random((40, 300, 3)) * 15.0, np.eye(3) * 15.0, numbers, np.arange(40.0))
    rdf = radial_distribution(gas, cutoff=12.0, n_bins=24)
    far = rdf.distances_a > 2
    np.testing.assert_allclose(rdf.pair("Mg", "O")[far], 1.0, atol=0.02)
    np.testing.assert_allclose(rdf.total[far], 1.0, atol=0.02)


def test_total_is_the_composition_weighted_sum_of_partials():
    rdf = radial_distribution(_random_cell(1), cutoff=6.0, n_bins=30)
    fraction = rdf.counts / rdf.counts.sum()
    weighted = np.einsum("i,j,ijr->r", fraction, fraction, rdf.partial)
    np.testing.assert_allclose(rdf.total, weighted, rtol=1e-12)


def test_coordination_is_the_integral_of_the_rdf_and_obeys_detailed_balance():
    rdf = radial_distribution(_random_cell(2), cutoff=6.0, n_bins=60)
    shells = 4 / 3 * np.pi * np.diff(rdf.edges_a**3)
    density = rdf.counts[rdf.elements.index("O")] / rdf.volume_a3
    integral = np.cumsum(rdf.pair("V", "O") * shells) * density
    np.testing.assert_allclose(rdf.running_coordination("V", "O"), integral, rtol=1e-9)
    np.testing.assert_allclose(
        rdf.running_coordination("V", "O") * 10, rdf.running_coordination("O", "V") * 20
    )


def test_invariant_under_translation_rotation_supercell_and_order():
    structure = _random_cell(5)
    wanted = radial_distribution(structure, cutoff=9.0, n_bins=18)
    rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    atoms = Atoms(
        [s.specie.symbol for s in structure],
        structure.cart_coords + np.array([0.3, -2.0, 11.0]),
        cell=structure.lattice.matrix,
        pbc=True,
    )
    turned = Atoms(
        atoms.symbols, atoms.positions @ rotation, cell=atoms.cell.array @ rotation, pbc=True
    )
    shuffled = atoms[np.random.default_rng(2).permutation(len(atoms))]
    for same in (atoms, turned, shuffled, atoms.repeat((2, 1, 2))):
        rdf = radial_distribution(same, cutoff=9.0, n_bins=18)
        np.testing.assert_allclose(rdf.partial, wanted.partial, atol=0.02)


def test_wrong_input_is_named():
    structure = _random_cell(0)
    with pytest.raises(InputError, match="cutoff is -1"):
        radial_distribution(structure, cutoff=-1)
    with pytest.raises(InputError, match="n_bins is 0"):
        radial_distribution(structure, n_bins=0)
    with pytest.raises(InputError, match="no 'Fe'"):
        radial_distribution(structure, cutoff=3.0, n_bins=3).pair("V", "Fe")
    with pytest.raises(InputError, match="not str"):
        as_trajectory("POSCAR")


def test_changing_cells_average_their_frames():
    structure = _random_cell(8)
    swollen = structure.copy()
    swollen.scale_lattice(1.1 * structure.volume)
    run = Trajectory(
        np.array([structure.cart_coords, swollen.cart_coords, swollen.cart_coords]),
        np.array([s.lattice.matrix for s in (structure, swollen, swollen)]),
        np.array(structure.atomic_numbers),
        np.arange(3.0),
    )
    first, second, both = (radial_distribution(s, 7.0, 20) for s in (structure, swollen, run))
    np.testing.assert_allclose(both.partial, (first.partial + 2 * second.partial) / 3, atol=0.02)
    np.testing.assert_allclose(
        both.coordination[0, 1, -1],
        [(first.coordination[0, 1, -1] + 2 * second.coordination[0, 1, -1]) / 3],
    )


def test_without_own_images_a_small_gas_has_no_needles_and_tends_to_one() -> None:
    rng = np.random.default_rng(5)
    n_frames, length = 400, 7.0
    gas = Trajectory(
        rng.uniform(0, length, (n_frames, 12, 3)),
        length * np.eye(3),
        np.array([8] * 8 + [23] * 4),
        np.arange(n_frames, dtype=float),
    )
    with_images = radial_distribution(gas, 10.0, 100)
    without = radial_distribution(gas, 10.0, 100, own_images=False)
    at_length = np.searchsorted(with_images.edges_a, length) - 1
    needle = with_images.pair("O", "O")[at_length - 1 : at_length + 2].max()
    assert needle > 1.5
    for pair in (("O", "O"), ("V", "V"), ("O", "V")):
        far = without.pair(*pair)[without.distances_a > 3]
        assert np.abs(far - 1).max() < 0.4, pair
        assert far.mean() == pytest.approx(1, abs=0.01)
    np.testing.assert_array_equal(with_images.pair("O", "V"), without.pair("O", "V"))
