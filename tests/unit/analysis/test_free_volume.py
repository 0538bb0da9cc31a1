from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from pymatgen.core import Lattice, Structure

from amorph_flows.analysis.structure.free_volume import density_g_cm3, voronoi_free_volume
from amorph_flows.errors import InputError


@pytest.mark.parametrize(
    ("lattice", "packing", "nearest"),
    [
        ("fcc", np.pi / np.sqrt(18), np.sqrt(0.5)),
        ("bcc", np.pi * np.sqrt(3) / 8, np.sqrt(0.75)),
        ("sc", np.pi / 6, 1.0),
    ],
)
def test_touching_spheres_leave_the_known_free_volume(lattice, packing, nearest):
    crystal = bulk("Cu", lattice, a=4.0)
    found = voronoi_free_volume(crystal, {"Cu": 2.0 * nearest})
    assert found.fraction == pytest.approx(1 - packing, abs=1e-6)
    np.testing.assert_allclose(found.voronoi_volumes_a3, crystal.get_volume(), rtol=1e-6)


def test_volumes_of_a_triclinic_cell_add_up_and_are_nearest_point_volumes():
    rng = np.random.default_rng(0)
    lattice = Lattice.from_parameters(6.1, 7.2, 8.3, 72, 98, 110)
    cell = Structure(lattice, ["O"] * 8 + ["P"] * 4, rng.random((12, 3)))
    found = voronoi_free_volume(cell, {"O": 0.6, "P": 0.9})
    assert found.voronoi_volumes_a3.sum() == pytest.approx(cell.volume, rel=1e-9)
    points = rng.random((20_000, 3))
    nearest = lattice.get_all_distances(points, cell.frac_coords).argmin(axis=1)
    share = np.bincount(nearest, minlength=12) / len(points) * cell.volume
    np.testing.assert_allclose(found.voronoi_volumes_a3, share, rtol=0.12)
    spheres = 4 / 3 * np.pi * (8 * 0.6**3 + 4 * 0.9**3)
    assert found.fraction == pytest.approx(1 - spheres / cell.volume, rel=1e-5)
    assert len(found.of_element("P")) == 4


@pytest.mark.parametrize(
    ("atoms", "volumes"),
    [
        (Atoms("O", [[1, 1, 15.0]], cell=[4, 4, 24], pbc=True), [384.0]),
        # two layers with a gap between them: planes in the middles of the gaps part them
        (Atoms("O2", [[0, 0, 10], [0, 0, 14]], cell=[4, 4, 24], pbc=True), [192.0, 192.0]),
        (
            Atoms("O3", [[0, 0, 10], [0, 0, 14], [0, 0, 20]], cell=[4, 4, 24], pbc=True),
            [16 * 9.0, 16 * 5.0, 16 * 10.0],
        ),
    ],
)
def test_layers_with_a_gap_between_them_have_the_known_volumes(atoms, volumes):
    found = voronoi_free_volume(atoms)
    np.testing.assert_allclose(found.voronoi_volumes_a3, volumes, rtol=1e-9)


def test_a_cluster_in_a_large_cell_shares_all_of_it():
    cluster = Atoms("O40", np.random.default_rng(0).random((40, 3)) * 6, cell=[20] * 3, pbc=True)
    volumes = voronoi_free_volume(cluster).voronoi_volumes_a3
    assert volumes.sum() == pytest.approx(20**3, rel=1e-9)
    assert volumes.min() > 0


def test_removing_an_atom_gives_its_neighbours_free_volume():
    full = bulk("Cu", cubic=True, a=3.6) * (3, 3, 3)
    vacancy = full[1:]
    before, after = voronoi_free_volume(full), voronoi_free_volume(vacancy)
    gained = after.free_volumes_a3 - before.free_volumes_a3[1:]
    assert np.sum(gained > 0.1) == 12
    assert gained.sum() == pytest.approx(full.get_volume() / len(full), rel=1e-4)


def test_invariant_under_translation_rotation_supercell_and_order():
    rng = np.random.default_rng(3)
    atoms = Atoms("O10", rng.random((10, 3)) * 6, cell=[6, 6, 6], pbc=True)
    wanted = np.sort(voronoi_free_volume(atoms).free_volumes_a3)
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    turned = Atoms("O10", (atoms.positions[::-1] + 4.4) @ rotation, cell=6 * rotation, pbc=True)
    np.testing.assert_allclose(
        np.sort(voronoi_free_volume(turned).free_volumes_a3), wanted, rtol=1e-9
    )
    doubled = np.sort(voronoi_free_volume(atoms.repeat((1, 2, 1))).free_volumes_a3)
    np.testing.assert_allclose(doubled[::2], wanted, rtol=1e-4)


def test_density_of_copper():
    assert density_g_cm3(bulk("Cu", a=3.615)) == pytest.approx(8.935, abs=0.01)


def test_wrong_input_is_named():
    with pytest.raises(InputError, match="no 'Fe'"):
        voronoi_free_volume(bulk("Cu"), {"Fe": 1.0})
    with pytest.raises(InputError, match="radius of Cu is -1"):
        voronoi_free_volume(bulk("Cu"), {"Cu": -1.0})
