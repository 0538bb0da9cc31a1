"""Active sets and grades against plain numpy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from mtp_reference import random_potential, random_structure

from amorph_flows.errors import InputError
from amorph_flows.potentials.mtp import ActiveSet, active_set, atom_grades, grades
from amorph_flows.potentials.mtp.training_kernel import TrainingKernel


def frames(n, *, start=0):
    return [random_structure(12, 5.5, seed=start + k) for k in range(n)]


def test_grades_are_those_of_a_plain_reference():
    potential, train, test = random_potential(8), frames(30), frames(4, start=100)
    active = active_set(potential, train)
    assert grades(potential, active, train).max() <= 1.0011
    kernel = TrainingKernel(potential, train)
    chosen = np.array([kernel.atom_gradients(f)[a] for f, a in active.selected if f >= 0])
    for atoms, grade in zip(test, grades(potential, active, test), strict=True):
        gradients = TrainingKernel(potential, [atoms]).atom_gradients(0)
        solution = np.linalg.lstsq(chosen.T, gradients.T, rcond=1e-13)[0]
        expected = np.abs(solution).max(axis=0)
        assert np.allclose(atom_grades(potential, active, atoms), expected, rtol=1e-8)
        assert grade == pytest.approx(expected.max(), rel=1e-8)


def test_redundant_directions_are_projected_out():
    potential = random_potential(8)
    active = active_set(potential, frames(40))
    assert active.rank == 153
    assert potential.n_parameters == 156


def test_strange_environments_have_high_grades():
    potential = random_potential(8)
    active = active_set(potential, frames(40))
    strange = random_structure(12, 5.5, seed=3)
    strange.set_cell(0.8 * strange.cell.array, scale_atoms=True)
    grade = grades(potential, active, [random_structure(12, 5.5, seed=3), strange])
    assert grade[0] <= 1.0011
    assert grade[1] > 10.0


def test_configuration_mode():
    potential, train = random_potential(4), frames(60)
    active = active_set(potential, train, mode="configuration")
    assert grades(potential, active, train).max() <= 1.0011
    assert grades(potential, active, frames(1, start=500))[0] > 0.0
    with pytest.raises(InputError, match="grades configurations"):
        atom_grades(potential, active, train[0])


def test_few_configurations_grade_what_they_do_not_show():
    potential, train = random_potential(8), frames(5)
    active = active_set(potential, train, mode="configuration")
    assert grades(potential, active, frames(1, start=500))[0] > 100.0


def test_file_keeps_every_bit(tmp_path):
    potential = random_potential(6)
    active = active_set(potential, frames(10))
    again = ActiveSet.read(active.write(tmp_path / "set"))
    assert again.mode == active.mode
    for field in ("parameters", "projection", "selected"):
        assert np.array_equal(getattr(again, field), getattr(active, field))


def test_damaged_and_foreign_sets_are_refused(tmp_path):
    potential = random_potential(6)
    active = active_set(potential, frames(10))
    lines = active.text().splitlines()
    for n in range(len(lines)):
        with pytest.raises(InputError, match=r"selected.txt"):
            ActiveSet.parse("\n".join(lines[:n]), "selected.txt")
    with pytest.raises(InputError, match="absent"):
        ActiveSet.read(tmp_path / "absent")
    other = replace(potential, moment_coeffs=1.001 * potential.moment_coeffs)
    with pytest.raises(InputError, match="another potential"):
        grades(other, active, frames(1))
    with pytest.raises(InputError, match="mode 'atoms'"):
        active_set(potential, frames(1), mode="atoms")
    with pytest.raises(InputError, match="no frames"):
        active_set(potential, [])
