from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from pymatgen.core import Lattice, Structure

from amorph_flows.analysis.structure._scattering import (
    neutron_scattering_lengths,
    structure_factor,
    structure_factor_from_rdf,
    xray_form_factors,
)
from amorph_flows.analysis.structure.rdf import RadialDistribution, radial_distribution
from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.errors import InputError


def _random_cell(seed: int = 0) -> Structure:
    rng = np.random.default_rng(seed)
    lattice = Lattice.from_parameters(5.03, 6.47, 7.12, 75, 82, 101)
    return Structure(lattice, ["P"] * 4 + ["O"] * 10, rng.random((14, 3)))


def _gas(n_frames: int = 30) -> Trajectory:
    rng = np.random.default_rng(1)
    numbers = np.repeat([11, 8], [100, 150])
    positions = rng.random((n_frames, 250, 3)) * 14.0
    return Trajectory(positions, np.eye(3) * 14.0, numbers, np.arange(float(n_frames)))


def test_ideal_gas_scatters_without_structure():
    found = structure_factor(_gas(), q_max=8.0, n_bins=16, vectors_per_bin=150)
    wide = found.n_vectors > 1000
    assert wide.sum() > 10
    np.testing.assert_allclose(found.faber_ziman[..., wide], 1.0, atol=0.2)
    for total in (found.number, found.neutron(), found.xray()):
        np.testing.assert_allclose(total[wide], 1.0, atol=0.06)
    np.testing.assert_allclose(found.ashcroft_langreth[0, 1, wide], 0.0, atol=0.06)


def test_small_triclinic_cell_agrees_with_the_double_sum_over_pairs():
    cell = _random_cell()
    found = structure_factor(cell, q_max=5.0, n_bins=10, vectors_per_bin=10_000)
    reciprocal = cell.lattice.reciprocal_lattice.matrix
    grid = np.arange(-8, 9)
    hkl = np.stack(np.meshgrid(grid, grid, grid, indexing="ij"), -1).reshape(-1, 3)
    q = hkl @ reciprocal
    size = np.linalg.norm(q, axis=1)
    apart = cell.cart_coords[:, None] - cell.cart_coords[None]
    s_q = np.array([np.cos(apart @ vector).sum() / len(cell) for vector in q])
    inside = (size > 0) & (size < 5.0)
    which = (size[inside] / 0.5).astype(int)
    expected = [s_q[inside][which == n].mean() for n in np.unique(which)]
    np.testing.assert_allclose(found.number, expected, rtol=1e-5)
    np.testing.assert_array_equal(
        2 * found.n_vectors, [(which == n).sum() for n in np.unique(which)]
    )


def test_perfect_lattice_has_bragg_peaks_and_extinctions():
    rock_salt = Structure.from_spacegroup(
        "Fm-3m", Lattice.cubic(4.2), ["Mg", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]]
    )
    g = 2 * np.pi / 4.2
    found = structure_factor(rock_salt, q_max=2.1 * g, n_bins=400, vectors_per_bin=10_000)
    at = {n: found.number[np.argmin(abs(found.q_inv_a - np.sqrt(n) * g))] for n in (1, 2, 3, 4)}
    assert at == pytest.approx({1: 0.0, 2: 0.0, 3: 0.0, 4: 8.0}, abs=1e-5)
    b_mg, b_o = neutron_scattering_lengths(("Mg", "O"))
    squared = np.mean([b_mg**2, b_o**2])
    odd = 8 * ((b_mg - b_o) / 2) ** 2
    mean = ((b_mg + b_o) / 2) ** 2
    neutron = found.neutron()[np.argmin(abs(found.q_inv_a - np.sqrt(3) * g))]
    assert neutron == pytest.approx(1 + (odd - squared) / mean, abs=1e-5)


def test_agrees_with_the_transform_of_the_rdf():
    rng, placed = np.random.default_rng(4), np.empty((0, 3))
    while len(placed) < 300:  # hard spheres of 2.4 Å, put in one after another
        new = rng.random(3) * 20.0
        apart = placed - new
        apart -= 20.0 * np.rint(apart / 20.0)
        if np.all(np.linalg.norm(apart, axis=1) > 2.4):
            placed = np.vstack([placed, new])
    liquid = Atoms("Ar300", placed, cell=[20.0] * 3, pbc=True)
    found = structure_factor(liquid, q_max=6.0, n_bins=30, vectors_per_bin=2000)
    rdf = radial_distribution(liquid, cutoff=20.0, n_bins=800)
    transform = structure_factor_from_rdf(rdf, found.q_inv_a, lorch=True)
    broad = found.q_inv_a > 3.0
    np.testing.assert_allclose(transform.number[broad], found.number[broad], atol=0.12)


def _empty_core(reach: float = 12.0, n_bins: int = 6000) -> RadialDistribution:
    """Return g(r) of two elements that is 0 up to 2 Å between unlike and 1 everywhere else."""
    edges = np.linspace(0.0, reach, n_bins + 1)
    r = (edges[1:] + edges[:-1]) / 2
    partial = np.ones((2, 2, n_bins))
    partial[0, 1] = partial[1, 0] = r > 2.0
    return RadialDistribution(
        distances_a=r,
        elements=("O", "Na"),
        counts=np.array([300, 100]),
        partial=partial,
        total=partial.mean((0, 1)),
        coordination=np.zeros_like(partial),
        volume_a3=8000.0,
        n_frames=1,
    )


def test_transform_of_an_empty_core_is_known():
    q = np.linspace(0.3, 9.0, 40)
    found = structure_factor_from_rdf(_empty_core(), q)
    hole = 4 * np.pi * 0.05 * (np.sin(2 * q) - 2 * q * np.cos(2 * q)) / q**3
    np.testing.assert_allclose(found.faber_ziman[0, 1], 1 - hole, atol=2e-4)
    np.testing.assert_allclose(found.faber_ziman[0, 0], 1.0, atol=1e-12)
    np.testing.assert_allclose(found.number, 1 - 2 * 0.75 * 0.25 * hole, atol=1e-4)
    weight = 2 * 0.75 * 0.25 * 5.0 * -3.0 / (0.75 * 5.0 + 0.25 * -3.0) ** 2
    isotopes = found.neutron({"O": 5.0, "Na": -3.0})
    np.testing.assert_allclose(isotopes, 1 - weight * hole, atol=3e-4)
    natural = neutron_scattering_lengths(("O", "Na"))
    same = found.neutron({"Na": natural[1]})
    np.testing.assert_allclose(same, found.neutron(), rtol=1e-12)


def test_lorch_window_takes_the_ripples_of_the_end():
    rdf = _empty_core()
    cut = replace(rdf, partial=rdf.partial + 0.2 * np.eye(2)[..., None])  # not yet 1 at the end
    q = np.linspace(2.0, 9.0, 200)
    plain, smooth = (structure_factor_from_rdf(cut, q, lorch).faber_ziman[0, 0] for lorch in (0, 1))
    assert np.ptp(smooth) < 0.05 * np.ptp(plain)


def test_conversions_between_definitions():
    found = structure_factor(_random_cell(), q_max=5.0, n_bins=5)
    c = found.fractions
    np.testing.assert_allclose(
        found.number,
        np.einsum("i,j,ijq->q", np.sqrt(c), np.sqrt(c), found.ashcroft_langreth),
    )
    a = found.faber_ziman
    np.testing.assert_allclose(found.ashcroft_langreth[0, 0], 1 + c[0] * (a[0, 0] - 1))


def test_invariant_under_translation_rotation_and_order():
    cell = _random_cell(2)
    wanted = structure_factor(cell, q_max=6.0, n_bins=10)
    rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))[0]
    order = np.random.default_rng(2).permutation(len(cell))
    atoms = Atoms(
        [cell[n].specie.symbol for n in order],
        (cell.cart_coords[order] + 3.3) @ rotation,
        cell=cell.lattice.matrix @ rotation,
        pbc=True,
    )
    found = structure_factor(atoms, q_max=6.0, n_bins=10)
    np.testing.assert_allclose(found.ashcroft_langreth, wanted.ashcroft_langreth, atol=1e-5)


def test_drawn_wave_vectors_estimate_the_full_average():
    gas = _gas(3)
    full = structure_factor(gas, q_max=6.0, n_bins=6, vectors_per_bin=100_000)
    drawn = structure_factor(gas, q_max=6.0, n_bins=6, vectors_per_bin=300, seed=3)
    assert drawn.n_vectors[-1] < 0.3 * full.n_vectors[-1]
    np.testing.assert_allclose(drawn.number[2:], full.number[2:], atol=0.12)
    again = structure_factor(gas, q_max=6.0, n_bins=6, vectors_per_bin=300, seed=3)
    np.testing.assert_array_equal(again.number, drawn.number)


def test_form_factors_start_at_the_number_of_electrons_and_fall():
    factors = xray_form_factors(("O", "Fe"), np.linspace(0, 15, 30))
    np.testing.assert_allclose(factors[:, 0], [8, 26])
    assert np.all(np.diff(factors, axis=1) < 0.02)
    assert neutron_scattering_lengths(("O",)) == pytest.approx(5.80, abs=0.01)


def test_wrong_input_is_named():
    with pytest.raises(InputError, match="q_max is 0"):
        structure_factor(_random_cell(), q_max=0)
    with pytest.raises(InputError, match="no wave vector"):
        structure_factor(_random_cell(), q_max=0.5)
    with pytest.raises(InputError, match="give positive numbers in 1/Å"):
        structure_factor_from_rdf(_empty_core(), np.array([0.0, 1.0]))
    with pytest.raises(InputError, match="scattering length of Po"):
        neutron_scattering_lengths(("Po",))
