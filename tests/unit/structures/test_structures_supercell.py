"""Supercells near wanted lengths whatever the setting, and widths."""

from itertools import permutations, product

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from amorph_flows.errors import InputError
from amorph_flows.structures import (
    axis_multiples,
    check_width,
    minimum_width,
    supercell_by_axes,
    supercell_near,
    v2o5,
)

PAPER_CELL = (8.81, 10.77, 11.60)


def with_axes(structure, order):
    return Structure(
        Lattice.orthorhombic(*np.array(structure.lattice.abc)[list(order)]),
        structure.species,
        structure.frac_coords[:, list(order)],
    )


@pytest.mark.parametrize("order", permutations(range(3)))
@pytest.mark.parametrize("targets", permutations(PAPER_CELL))
def test_the_papers_cell_in_every_setting(order, targets):
    crystal = with_axes(v2o5(), order)
    cell = supercell_near(crystal, targets)
    assert len(cell) == 84
    assert axis_multiples(crystal.lattice.abc, targets) == tuple(np.array([1, 3, 2])[list(order)])
    np.testing.assert_allclose(sorted(cell.lattice.abc), PAPER_CELL, rtol=0.006)


def test_other_cells_of_the_protocols():
    assert axis_multiples(v2o5().lattice.abc, (17.62, 21.53, 23.20)) == (2, 6, 4)
    assert axis_multiples(v2o5().lattice.abc, (8.81, 7.18, 11.60)) == (1, 2, 2)
    assert axis_multiples((11.5, 4.4, 3.6), PAPER_CELL) == (1, 2, 3)


def test_an_axis_longer_than_wanted_is_kept_once():
    assert axis_multiples((30.0, 4.0, 4.0), (8.0, 8.0, 8.0)) == (1, 2, 2)


def test_the_structure_is_repeated_and_left_alone():
    crystal = v2o5()
    cell = supercell_near(crystal, PAPER_CELL)
    assert len(crystal) == 14
    assert cell.composition == crystal.composition * 6
    assert cell.density == pytest.approx(crystal.density)
    assert supercell_by_axes(crystal, (1, 1, 2)).lattice.abc[2] == pytest.approx(2 * 4.383)


@pytest.mark.parametrize("targets", [(8, 10), (8, 10, -1), (8, 10, 0), (8, 10, np.nan)])
def test_bad_lengths(targets):
    with pytest.raises(InputError, match="not three positive lengths"):
        supercell_near(v2o5(), targets)


@pytest.mark.parametrize("multiples", [(1, 2), (1, 2, 0), (1, 2, -3), (1, 2, 1.5)])
def test_bad_multiples(multiples):
    with pytest.raises(InputError, match="not three positive whole numbers"):
        supercell_by_axes(v2o5(), multiples)


def test_minimum_width_of_a_box_is_its_shortest_edge():
    assert minimum_width(np.diag([7.0, 5.0, 9.0])) == pytest.approx(5)


def test_minimum_width_of_a_skewed_cell_is_perpendicular():
    lattice = Lattice.hexagonal(3.2, 5.2)
    assert minimum_width(lattice.matrix) == pytest.approx(3.2 * np.sqrt(3) / 2)


@pytest.mark.parametrize("seed", range(5))
def test_minimum_width_is_twice_the_radius_of_the_largest_ball_between_faces(seed):
    cell = np.random.default_rng(seed).normal(size=(3, 3)) + 4 * np.eye(3)
    widths = []
    for i in range(3):
        normal = np.cross(cell[(i + 1) % 3], cell[(i + 2) % 3])
        widths.append(abs(cell[i] @ normal) / np.linalg.norm(normal))
    assert minimum_width(cell) == pytest.approx(min(widths))
    rotation = np.linalg.qr(np.random.default_rng(seed + 10).normal(size=(3, 3)))[0]
    assert minimum_width(cell @ rotation) == pytest.approx(min(widths))


def test_check_width():
    cell = supercell_near(v2o5(), PAPER_CELL)
    check_width(cell, 4.3)
    with pytest.raises(InputError, match=r"8\.77 Å wide .* twice the cutoff of 7 Å.* 14 Å"):
        check_width(cell, 7.0)


def test_check_width_sees_no_images_where_it_passes():
    cell = supercell_by_axes(v2o5(), (1, 3, 2))
    cutoff = minimum_width(cell.lattice.matrix) / 2 - 1e-6
    check_width(cell, cutoff)
    images = [np.array(n) @ cell.lattice.matrix for n in product((-1, 0, 1), repeat=3) if any(n)]
    assert min(np.linalg.norm(image) for image in images) > 2 * cutoff
