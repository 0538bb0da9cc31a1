"""The kernel against motep: energies, forces, stresses, gradients, files and grades."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from ase import Atoms
from ase.calculators.singlepoint import SinglePointCalculator
from ase.io import read
from published import MGV2O5

from amorph_flows.potentials.d_optimality import find_active_set
from amorph_flows.potentials.mtp import MTPCalculator, read_mtp, untrained
from amorph_flows.potentials.mtp.loss import Loss
from amorph_flows.potentials.mtp.training_kernel import TrainingKernel
from amorph_flows.schemas.fits import LossWeights

pytest.importorskip("motep", reason="motep is not installed")

from motep.calculator import MTP
from motep.io.mlip.mtp import read_mtp as motep_read
from motep.io.mlip.mtp import write_mtp as motep_write
from motep.loss import LossFunction, LossSetting

SPECIES = ("Mg", "V", "O")
NUMBERS = np.array([12, 23, 8])


def motep_calculator(potential, folder):
    data = motep_read(potential.write(folder / "p.mtp"))
    data.species = NUMBERS
    return MTP(data, engine="cext")


def random_potential(level, cutoff=4.0, seed=0):
    rng = np.random.default_rng(seed)
    start = untrained(level, SPECIES, cutoff, min_distance=1.1, seed=seed)
    return replace(
        start,
        moment_coeffs=rng.normal(0.0, 0.02, len(start.moment_coeffs)),
        species_coeffs=rng.normal(0.0, 1.0, 3),
    )


def lattice(seed=0, amplitude=0.12):
    """A strained, rattled grid of 18 atoms; contacts stay above 1.5 Å."""
    rng = np.random.default_rng(seed)
    sites = np.array(np.meshgrid(range(3), range(3), range(2))).reshape(3, -1).T
    cell = np.diag([6.6, 6.6, 4.4])
    atoms = Atoms(list(SPECIES) * 6, scaled_positions=sites / [3, 3, 2], cell=cell, pbc=True)
    atoms.positions += rng.normal(0.0, amplitude, atoms.positions.shape).clip(-0.3, 0.3)
    atoms.set_cell(cell @ (np.eye(3) + rng.normal(0.0, 0.04, (3, 3))), scale_atoms=True)
    return atoms


def published_cell():
    return read(MGV2O5 / "mg12v24o60.lammps-data", format="lammps-data", atom_style="atomic",
                Z_of_type={1: 12, 2: 23, 3: 8})  # fmt: skip


def assert_equal_to_motep(atoms, potential, folder):
    ours, theirs = atoms.copy(), atoms.copy()
    ours.calc = MTPCalculator(potential)
    theirs.calc = motep_calculator(potential, folder)
    energy = (ours.get_potential_energy() - theirs.get_potential_energy()) / len(atoms)
    assert abs(energy) < 1e-9
    assert np.abs(ours.get_forces() - theirs.get_forces()).max() < 1e-8
    assert np.abs(ours.get_stress() - theirs.get_stress()).max() < 1e-9


@pytest.mark.parametrize("level", range(6, 21, 2))
def test_energies_forces_stress(level, tmp_path):
    assert_equal_to_motep(lattice(level), random_potential(level), tmp_path)


def test_published_potential(tmp_path):
    atoms, potential = published_cell(), read_mtp(MGV2O5 / "pot.mtp", SPECIES)
    atoms.calc = MTPCalculator(potential)
    assert atoms.get_potential_energy() / len(atoms) == pytest.approx(-10.9638, abs=1e-4)
    assert_equal_to_motep(atoms, potential, tmp_path)
    atoms.rattle(0.1, seed=3)
    assert_equal_to_motep(atoms, potential, tmp_path)


def test_motep_reads_our_file_bit_for_bit(tmp_path):
    potential = random_potential(16)
    data = motep_read(potential.write(tmp_path / "p.mtp"))
    for theirs, ours in (
        (data.radial_coeffs, potential.radial_coeffs),
        (data.moment_coeffs, potential.moment_coeffs),
        (data.species_coeffs, potential.species_coeffs),
        (data.alpha_index_times, potential.index_times),
        (data.alpha_index_basic, potential.index_basic),
        (data.alpha_moment_mapping, potential.scalar_moments),
        (data.scaling, potential.scaling),
        (data.radial_basis.min, potential.min_distance),
        (data.radial_basis.max, potential.cutoff),
    ):
        assert np.array_equal(theirs, ours)


@pytest.mark.parametrize("legacy", [True, False])
def test_we_read_moteps_file(legacy, tmp_path):
    potential = random_potential(8)
    data = motep_read(potential.write(tmp_path / "p.mtp"))
    motep_write(tmp_path / "q.mtp", data, legacy=legacy)
    again = read_mtp(tmp_path / "q.mtp")
    assert np.allclose(again.parameters, potential.parameters, rtol=1e-14)
    assert again.cutoff == potential.cutoff


def labelled(seed):
    atoms = lattice(seed)
    rng = np.random.default_rng(seed)
    atoms.calc = SinglePointCalculator(
        atoms, energy=rng.normal(), forces=rng.normal(size=(len(atoms), 3)),
        stress=rng.normal(0.0, 0.01, 6),
    )  # fmt: skip
    return atoms


@pytest.mark.parametrize("level", [6, 10, 16])
def test_loss_and_gradient(level, tmp_path):
    potential, frames = random_potential(level), [labelled(seed) for seed in range(2)]
    ours = Loss(potential, frames, LossWeights())
    data = motep_read(potential.write(tmp_path / "p.mtp"))
    data.species = NUMBERS
    theirs = LossFunction(frames, data, LossSetting(), engine="cext")
    x = data.parameters
    value, gradient = ours.value_and_gradient(potential.parameters)
    assert value == pytest.approx(theirs(x), rel=1e-10)
    reference = theirs.jac(x)
    assert np.abs(gradient - reference).max() < 1e-6 * np.abs(reference).max()
    significant = np.abs(reference) > 1e-6 * np.abs(reference).max()
    assert np.allclose(gradient[significant], reference[significant], rtol=1e-6)


def test_energy_gradients_that_grades_are_made_of(tmp_path):
    potential, atoms = random_potential(10), lattice()
    theirs = motep_calculator(potential, tmp_path)
    atoms.calc = MTP(theirs.engine.mtp_data, engine="cext", mode="train")
    atoms.get_potential_energy()
    reference = atoms.calc.engine.jac_energy(atoms).parameters
    ours = TrainingKernel(potential, [atoms]).atom_gradients(0).sum(axis=0)
    assert np.allclose(ours, reference, rtol=1e-9, atol=1e-9 * np.abs(reference).max())


def test_grades_where_moteps_active_set_is_regular(tmp_path):
    """At level 2 the radial and species coefficients span all directions, without redundancy.

    motep grades sums over a structure, so each is a single row.
    """
    from motep.grade.grader import Grader

    potential = untrained(2, ["V"], 4.0, min_distance=1.1)

    def vanadium(seed):
        atoms = lattice(seed)
        atoms.symbols[:] = "V"
        return atoms

    train, test = [vanadium(k) for k in range(9)], [vanadium(k) for k in range(20, 25)]
    data = motep_read(potential.write(tmp_path / "p.mtp"))
    data.species = np.array([23])
    data.optimized = ["species_coeffs", "radial_coeffs"]
    grader = Grader(data, seed=1)
    grader.update(train)
    theirs = [atoms.calc.results["MV_grade"] for atoms in grader.grade(test)]
    sums = [TrainingKernel(potential, [f]).atom_gradients(0).sum(axis=0) for f in train + test]
    active = find_active_set(potential.parameters, [row[None] for row in sums[:9]])
    assert active.rank == 9
    assert sorted(active.selected[: active.rank, 0]) == list(range(9))
    assert active.grade(np.array(sums[9:])) == pytest.approx(theirs, rel=1e-6)
