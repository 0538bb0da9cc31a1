from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, make_supercell

from amorph_flows.analysis import voids
from amorph_flows.analysis.structure._cavities import find_cavities
from amorph_flows.analysis.structure._clearance import clearance_of_grid
from amorph_flows.errors import InputError

CUBIC = bulk("Po", "sc", a=3.0)
RADII = {"Po": 1.0}
MIDDLE_A, WINDOW_A = 1.5 * np.sqrt(3) - 1.0, 1.5 * np.sqrt(2) - 1.0
SHEARED = [[1, 0, 0], [1, 1, 0], [1, -1, 1]]


@pytest.mark.parametrize("transform", [np.eye(3), np.diag([2, 1, 2]), SHEARED])
def test_simple_cubic_is_open_to_what_passes_its_window(transform):
    cell = make_supercell(CUBIC, transform)
    open_to = voids(cell, 0.9 * WINDOW_A, radii_a=RADII, spacing_a=0.1)
    assert (open_to.n_voids, open_to.dimensions.tolist(), open_to.open_fraction) == (1, [3], 1.0)
    closed = voids(cell, 1.1 * WINDOW_A, radii_a=RADII, spacing_a=0.1)
    assert closed.n_voids == len(cell)
    assert not closed.dimensions.any()
    assert closed.open_fraction == 0.0
    assert closed.limiting_radius_a == pytest.approx(WINDOW_A, abs=0.05)
    np.testing.assert_allclose(closed.radii_a, MIDDLE_A, atol=0.02)
    assert closed.largest_radius_a == pytest.approx(MIDDLE_A)


def test_the_volume_is_that_between_spheres():
    found = voids(CUBIC, 0.3, radii_a=RADII, spacing_a=0.05)
    assert found.fraction == pytest.approx(1 - 4 / 3 * np.pi * 1.3**3 / 27, abs=0.005)
    assert found.volumes_a3.sum() == pytest.approx(27 * found.fraction)
    np.testing.assert_allclose(found.centres, [[1.5, 1.5, 1.5]])


def test_sheets_walls_and_boxes_leave_two_one_and_no_directions():
    line = np.arange(0, 6, 1.0)
    sheet = [(x, y, 0.0) for x in line for y in line]
    wall = [(x, 0.0, z) for x in line for z in line]
    side = [(0.0, y, z) for y in line for z in line]
    for places, directions in (
        (sheet, [2]), (sheet + wall, [1]), (sheet + wall + side, [0]),
    ):  # fmt: skip
        atoms = Atoms(["C"] * len(places), places, cell=[6.0] * 3, pbc=True)
        found = voids(atoms, 0.5, radii_a={"C": 1.0})
        assert found.dimensions.tolist() == directions
        assert found.limiting_radius_a < 0.5 if directions == [0] else found.open_fraction == 1.0


def test_a_lone_atom_leaves_half_the_diagonal():
    lone = Atoms("He", cell=[16.0] * 3, pbc=True)
    found = voids(lone, 6.0, radii_a={"He": 1.0})
    assert found.largest_radius_a == pytest.approx(8 * np.sqrt(3) - 1.0, abs=0.02)


def test_mobile_ions_can_be_left_out():
    salt = bulk("NaCl", "rocksalt", a=5.64)
    assert voids(salt, "Na+").n_voids == 0
    host = voids(salt, "Na+", leave_out="Na", spacing_a=0.1)
    assert host.dimensions.tolist() == [3]
    assert host.left_out == ("Na",)
    np.testing.assert_allclose(host.centres, salt.positions[:1], atol=1e-9)
    assert host.radii_a == pytest.approx([5.64 / 2 - host.atom_radii_a["Cl"]])


def test_clearance_agrees_with_all_images_in_a_flat_triclinic_cell():
    rng = np.random.default_rng(3)
    cell = np.array([[4.0, 0, 0], [3.1, 2.5, 0], [-2.0, 1.5, 9.0]])
    places, radii = rng.random((4, 3)) @ cell - 20.0, np.array([0.4, 1.5, 0.4, 1.0])
    found = clearance_of_grid(places, cell, radii, 0.9)
    axes = [np.arange(n) / n for n in found.shape]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1) @ cell
    shifts = np.stack(np.meshgrid(*[np.arange(-14, 15)] * 3, indexing="ij"), -1).reshape(-1, 3)
    images = (places[:, None] + shifts @ cell).reshape(-1, 3)
    of_image = np.repeat(radii, len(shifts))
    for index in np.ndindex(found.shape):
        distances = np.linalg.norm(images - points[index], axis=1) - of_image
        assert found[index] == pytest.approx(distances.min())


def test_a_staircase_runs_along_the_diagonal_only():
    inside = np.zeros((4, 4, 4), dtype=bool)
    for n in range(4):
        inside[n, n, 0] = inside[n, (n + 1) % 4, 0] = True
    found = find_cavities(inside)
    assert found.dimensions.tolist() == [1]


def test_two_lines_that_turn_into_each_other_are_one():
    inside = np.zeros((4, 4, 2), dtype=bool)
    inside[:, 0, 0] = inside[:, 2, 0] = True
    inside[3, :3, 0] = True
    assert find_cavities(inside).dimensions.tolist() == [1]
    inside[3, :, 0] = True
    assert find_cavities(inside).dimensions.tolist() == [2]


def test_wrong_input_is_named():
    for wrong, message in (
        ({"probe": 0.0}, "probe is 0.0"),
        ({"probe": "Xx+"}, "'Xx\\+'"),
        ({"radii_a": {"Po": -1.0}}, "radius of Po is -1.0"),
        ({"radii_a": {"Fe": 1.0}}, "no 'Fe'"),
        ({"leave_out": "Po"}, "no atoms are left"),
        ({"spacing_a": 0.0}, "spacing_a is 0.0"),
        ({"spacing_a": 1e-3}, "spacing_a is 0.001"),
    ):
        with pytest.raises(InputError, match=message):
            voids(CUBIC, **wrong)
