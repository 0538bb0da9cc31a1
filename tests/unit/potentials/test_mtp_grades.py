"""Active sets and grades against plain numpy."""

from __future__ import annotations

import numpy as np
import pytest
from mtp_reference import random_potential, random_structure, reference_grades

from amorph_flows.errors import InputError
from amorph_flows.potentials.d_optimality import ActiveSet, find_active_set
from amorph_flows.potentials.mtp import active_set, untrained
from amorph_flows.potentials.mtp.training_kernel import TrainingKernel


def frames(n, *, start=0):
    return [random_structure(12, 5.5, seed=start + k) for k in range(n)]


def sums(potential, structures):
    """Gradients of whole structures, as if each were a single atom."""
    kernel = TrainingKernel(potential, structures)
    return [kernel.atom_gradients(k).sum(axis=0)[None] for k in range(len(structures))]


def test_grades_are_those_of_a_plain_reference():
    potential, train, test = random_potential(8), frames(30), frames(4, start=100)
    active = active_set(potential, train)
    kernel = TrainingKernel(potential, train)
    assert max(active.grade(kernel.atom_gradients(k)).max() for k in range(30)) <= 1.0011
    chosen = np.array([kernel.atom_gradients(f)[a] for f, a in active.selected if f >= 0])
    for atoms in test:
        gradients = TrainingKernel(potential, [atoms]).atom_gradients(0)
        solution = np.linalg.lstsq(chosen.T, gradients.T, rcond=1e-13)[0]
        expected = np.abs(solution).max(axis=0)
        assert np.allclose(active.grade(gradients), expected, rtol=1e-8)
        assert np.allclose(reference_grades(potential, active, atoms), expected, rtol=1e-8)


def test_redundant_directions_are_projected_out():
    potential = random_potential(8)
    active = active_set(potential, frames(40))
    assert active.rank == 153
    assert potential.n_parameters == 156


def test_strange_environments_have_high_grades():
    potential = random_potential(8)
    active = active_set(potential, frames(40))
    strange = random_structure(12, 5.5, seed=3)
    known = strange.copy()
    strange.set_cell(0.8 * strange.cell.array, scale_atoms=True)
    assert reference_grades(potential, active, known).max() <= 1.0011
    assert reference_grades(potential, active, strange).max() > 10.0


def test_few_rows_grade_what_they_do_not_show():
    potential, other = random_potential(8), frames(1, start=500)
    few = find_active_set(potential.parameters, sums(potential, frames(5)))
    assert few.grade(sums(potential, other)[0])[0] > 100.0


def test_file_keeps_every_bit(tmp_path):
    potential = random_potential(6)
    active = active_set(potential, frames(10))
    again = ActiveSet.read(active.write(tmp_path / "set"))
    for field in ("parameters", "projection", "selected"):
        assert np.array_equal(getattr(again, field), getattr(active, field))


def test_damaged_and_foreign_sets_are_refused(tmp_path):
    potential = random_potential(6)
    active = active_set(potential, frames(10))
    lines = active.text().splitlines()
    for n in range(len(lines)):
        with pytest.raises(InputError, match=r"selected.txt"):
            ActiveSet.parse("\n".join(lines[:n]), "selected.txt")
    sums_of_atoms = active.text().replace("neighbourhood", "configuration")
    with pytest.raises(InputError, match="only grades of atoms"):
        ActiveSet.parse(sums_of_atoms)
    with pytest.raises(InputError, match="absent"):
        ActiveSet.read(tmp_path / "absent")
    other = untrained(6, potential.species, potential.cutoff, min_distance=1.1, seed=1)
    with pytest.raises(InputError, match="another potential"):
        active.check(other.parameters)
    with pytest.raises(InputError, match="no frames"):
        active_set(potential, [])
