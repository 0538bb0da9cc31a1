from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pymatgen.core import Lattice, Structure

from amorph_flows.analysis.structure.coordination import (
    ShellVerdict,
    coordination_numbers,
    find_bonds,
    first_minimum,
    first_peak,
)
from amorph_flows.analysis.structure.rdf import radial_distribution
from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.errors import InputError

ROCK_SALT = Structure.from_spacegroup(
    "Fm-3m", Lattice.cubic(4.2), ["Mg", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]]
)
FLUORITE = Structure.from_spacegroup(
    "Fm-3m", Lattice.cubic(5.46), ["Ca", "F"], [[0, 0, 0], [0.25, 0.25, 0.25]]
)


@pytest.mark.parametrize(
    ("structure", "centre", "neighbour", "number"),
    [
        (ROCK_SALT, "Mg", "O", 6),
        (ROCK_SALT, "O", "O", 12),
        (FLUORITE, "Ca", "F", 8),
        (FLUORITE, "F", "Ca", 4),
        (FLUORITE.get_primitive_structure(), "Ca", "F", 8),
    ],
)
def test_crystals_have_their_coordination_without_a_cutoff(structure, centre, neighbour, number):
    found = coordination_numbers(structure, centre, neighbour)
    assert set(found.numbers.ravel()) == {number}
    assert found.mean == number
    np.testing.assert_array_equal(np.flatnonzero(found.distribution), [number])


def _shell(width_a: float, seed: int = 0) -> Structure:
    """Rock salt whose atoms are displaced at random, so that its shells have a width."""
    crystal = ROCK_SALT * (4, 4, 4)
    moved = np.random.default_rng(seed).normal(scale=width_a, size=(len(crystal), 3))
    return Structure(
        crystal.lattice, crystal.species, crystal.cart_coords + moved, coords_are_cartesian=True
    )


def test_a_shell_that_ends_before_the_next_is_closed_and_one_that_does_not_is_open():
    sharp = coordination_numbers(_shell(0.1), "Mg", "O").shell
    assert sharp.answer == ShellVerdict.CLOSED
    assert sharp.passed
    gas = np.random.default_rng(0).random((2000, 3))
    even = Structure(Lattice.cubic(28.0), ["Na"] * 500 + ["O"] * 1500, gas)
    given = coordination_numbers(even, "Na", "O", 3.0)
    density = 1500 / 28.0**3
    assert given.mean == pytest.approx(4 / 3 * np.pi * 3.0**3 * density, rel=0.05)
    assert given.shell.answer == ShellVerdict.CUTOFF_GIVEN
    assert given.shell.passed
    # where atoms are spread evenly, 0.1 Å at 3 Å are a tenth of the neighbours
    assert given.shell.numbers["change"] == pytest.approx(0.1, rel=0.15)
    found = replace(given, cutoff_given=False).shell
    assert found.answer == ShellVerdict.OPEN
    assert not found.passed
    assert "not closed" in found.reason


def test_means_beside_the_cutoff_are_those_of_such_cutoffs():
    structure = _shell(0.35)
    found = coordination_numbers(structure, "Mg", "O", 2.8)
    assert found.mean_shorter == coordination_numbers(structure, "Mg", "O", 2.7).mean
    assert found.mean_longer == coordination_numbers(structure, "Mg", "O", 2.9).mean
    assert found.mean_shorter < found.mean < found.mean_longer


def test_first_minimum_is_in_the_gap_between_the_shells():
    rdf = radial_distribution(ROCK_SALT, 6.0, 300)
    nearest, next_nearest = 2.1, 2.1 * np.sqrt(3)
    cutoff = first_minimum(rdf, "Mg", "O")
    assert cutoff == pytest.approx((nearest + next_nearest) / 2, abs=0.05)


def test_first_peak_is_found_between_bins():
    rng = np.random.default_rng(0)
    crystal = ROCK_SALT * (3, 3, 3)
    frames = crystal.cart_coords + rng.normal(scale=0.03, size=(20, len(crystal), 3))
    trajectory = Trajectory(
        frames, crystal.lattice.matrix, np.array(crystal.atomic_numbers), np.arange(20.0)
    )
    rdf = radial_distribution(trajectory, 6.0, 120)  # bins of 0.05 Å
    assert first_peak(rdf, "Mg", "O") == pytest.approx(2.1, abs=0.01)
    assert first_peak(rdf, "O", "O") == pytest.approx(2.1 * np.sqrt(2), abs=0.01)


def test_no_peak_is_told():
    lone = Structure(Lattice.cubic(20.0), ["Na", "Cl"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    assert first_peak(radial_distribution(lone, 6.0, 120), "Na", "Cl") is None


def test_mean_coordination_is_the_running_coordination_of_the_rdf():
    rng = np.random.default_rng(3)
    gas = Structure(Lattice.cubic(9.0), ["Na"] * 20 + ["Cl"] * 30, rng.random((50, 3)))
    rdf = radial_distribution(gas, 4.0, 80)
    running = rdf.running_coordination("Na", "Cl")
    for n in (30, 50, 79):
        cutoff = float(rdf.edges_a[n + 1])
        mean = coordination_numbers(gas, "Na", "Cl", cutoff).mean
        assert mean == pytest.approx(running[n], abs=1e-6)


def test_every_frame_counts():
    closer = ROCK_SALT.copy()
    closer.perturb(0.05, seed=1)
    run = Trajectory(
        np.array([ROCK_SALT.cart_coords, closer.cart_coords]),
        ROCK_SALT.lattice.matrix,
        np.array(ROCK_SALT.atomic_numbers),
        np.arange(2.0),
    )
    found = coordination_numbers(run, "Mg", "O")
    assert found.numbers.shape == (2, 4)
    assert found.mean == 6


def test_bonds_are_listed_from_both_ends_with_their_images():
    bonds = find_bonds(ROCK_SALT.get_primitive_structure(), {("Mg", "O"): 2.5})
    assert len(bonds.first) == 12
    np.testing.assert_allclose(np.linalg.norm(bonds.vectors, axis=1), 2.1)
    forward = {(i, j, *s) for i, j, s in zip(bonds.first, bonds.second, bonds.images, strict=True)}
    assert {(j, i, -a, -b, -c) for i, j, a, b, c in forward} == forward


def test_wrong_input_is_named():
    with pytest.raises(InputError, match="no 'Fe'"):
        coordination_numbers(ROCK_SALT, "Fe", "O")
    with pytest.raises(InputError, match="cutoff is -1"):
        coordination_numbers(ROCK_SALT, "Mg", "O", -1.0)
    dilute = Structure(Lattice.cubic(20.0), ["Mg", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]])
    with pytest.raises(InputError, match="no first minimum"):
        coordination_numbers(dilute, "Mg", "O")
