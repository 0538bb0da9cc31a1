"""The kernel against the definition, finite differences and symmetries."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from mtp_reference import SPECIES, random_potential, random_structure, reference_energies

from amorph_flows.errors import CalculationError, InputError, MissingDependencyError
from amorph_flows.potentials.mtp import MTPCalculator
from amorph_flows.potentials.mtp import _library as library
from amorph_flows.potentials.mtp._library import load
from amorph_flows.potentials.mtp.training_kernel import TrainingKernel


def properties(atoms, potential, **options):
    atoms = atoms.copy()
    atoms.calc = MTPCalculator(potential, **options)
    return (
        atoms.get_potential_energies(), atoms.get_forces(), atoms.get_stress(voigt=False),
    )  # fmt: skip


@pytest.mark.parametrize("level", [2, 6, 10, 16])
def test_energies_are_the_definition(level):
    potential, atoms = random_potential(level), random_structure(9, 4.5)
    energies, _, _ = properties(atoms, potential)
    assert np.allclose(energies, reference_energies(potential, atoms), rtol=0, atol=1e-10)


@pytest.mark.parametrize("pbc", [(False,) * 3, (True, False, True)])
def test_open_directions(pbc):
    potential, atoms = random_potential(8), random_structure(9, 4.5)
    atoms.pbc = pbc
    energies, _, _ = properties(atoms, potential)
    assert np.allclose(energies, reference_energies(potential, atoms), rtol=0, atol=1e-10)


def test_molecule_without_a_cell():
    potential = random_potential(8)
    molecule = Atoms("MgVO", [[0, 0, 0], [2, 0, 0], [0, 30, 0]])
    molecule.calc = MTPCalculator(potential)
    expected = reference_energies(potential, molecule).sum()
    assert molecule.get_potential_energy() == pytest.approx(expected, abs=1e-12)
    assert np.all(molecule.get_forces()[2] == 0.0)


@pytest.mark.parametrize("flags", ["-DAMORPH_PORTABLE", "-O3"], ids=["dispatched", "baseline"])
def test_without_native_instructions_the_same(flags, monkeypatch):
    potential, atoms = random_potential(12), random_structure()
    expected = properties(atoms, potential)
    gradients = TrainingKernel(potential, [atoms]).atom_gradients(0)
    monkeypatch.setattr("amorph_flows.potentials.compiled.library.PORTABLE", (flags,))
    portable = load.__wrapped__(native=False)
    monkeypatch.setattr(library, "load", lambda native: portable)
    assert portable.amorph_mtp_width() in ((2,) if flags == "-O3" else (2, 4))
    for one, other in zip(expected, properties(atoms, potential), strict=True):
        assert np.allclose(one, other, rtol=0, atol=1e-11)
    other = TrainingKernel(potential, [atoms]).atom_gradients(0)
    assert np.allclose(gradients, other, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("level", [4, 12, 18])
def test_forces_are_the_derivative(level):
    potential, atoms = random_potential(level), random_structure()
    _, forces, _ = properties(atoms, potential)
    rng, h = np.random.default_rng(0), 1e-4
    atoms.calc = MTPCalculator(potential)
    for _ in range(3):
        direction = rng.normal(size=forces.shape)
        energy = []
        for step in (-2, -1, 1, 2):
            moved = atoms.copy()
            moved.positions += step * h * direction
            moved.calc = atoms.calc
            energy.append(moved.get_potential_energy())
        slope = (8 * (energy[2] - energy[1]) - (energy[3] - energy[0])) / (12 * h)
        assert -(forces * direction).sum() == pytest.approx(slope, rel=1e-6, abs=1e-7)


def test_stress_is_the_derivative():
    potential, atoms = random_potential(12), random_structure()
    _, _, stress = properties(atoms, potential)
    h = 1e-5
    for i in range(3):
        for j in range(i, 3):
            energy = []
            for step in (-h, h):
                strain = np.eye(3)
                strain[i, j] += step / 2
                strain[j, i] += step / 2
                strained = atoms.copy()
                strained.set_cell(atoms.cell.array @ strain, scale_atoms=True)
                energy.append(properties(strained, potential)[0].sum())
            slope = (energy[1] - energy[0]) / (2 * h) / atoms.get_volume()
            assert stress[i, j] == pytest.approx(slope, rel=1e-5, abs=1e-8)


def test_translation_rotation_permutation():
    potential, atoms = random_potential(14), random_structure()
    energies, forces, stress = properties(atoms, potential)
    rng = np.random.default_rng(3)
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    order = rng.permutation(len(atoms))
    changed = atoms[order]
    changed.positions += [3.0, -17.0, 0.4]
    changed.set_cell(atoms.cell.array @ rotation, scale_atoms=False)
    changed.positions = changed.positions @ rotation
    new = properties(changed, potential)
    assert np.allclose(new[0], energies[order], atol=1e-10)
    assert np.allclose(new[1], forces[order] @ rotation, atol=1e-9)
    assert np.allclose(new[2], rotation.T @ stress @ rotation, atol=1e-10)


def test_cell_narrower_than_the_cutoff_equals_its_supercell():
    potential = random_potential(10, cutoff=5.0)
    atoms = Atoms("VO", scaled_positions=[[0, 0, 0], [0.5, 0.4, 0.5]],
                  cell=[[2.9, 0.3, 0], [0, 3.1, -0.4], [0.5, 0, 3.0]], pbc=True)  # fmt: skip
    energies, forces, stress = properties(atoms, potential)
    big = properties(atoms * (3, 2, 4), potential)
    assert np.allclose(big[0].reshape(-1, 2), energies, atol=1e-9)
    assert np.allclose(big[1].reshape(-1, 2, 3), forces, atol=1e-8)
    assert np.allclose(big[2], stress, atol=1e-9)


def test_kept_neighbour_list_equals_a_new_one():
    potential, atoms = random_potential(8), random_structure()
    atoms.calc = MTPCalculator(potential, skin=0.4)
    rng = np.random.default_rng(5)
    for _ in range(12):
        atoms.positions += rng.normal(0.0, 0.06, atoms.positions.shape)
        energies, forces, _ = properties(atoms, potential, skin=0.0)
        assert np.allclose(atoms.get_potential_energies(), energies, atol=1e-10)
        assert np.allclose(atoms.get_forces(), forces, atol=1e-9)


def test_energy_is_smooth_at_the_cutoff():
    potential = random_potential(8)
    calc = MTPCalculator(potential)
    energies = []
    for r in (potential.cutoff - 1e-5, potential.cutoff + 1e-5):
        pair = Atoms("VO", [[0, 0, 0], [r, 0, 0]], cell=[20, 20, 20])
        pair.calc = calc
        energies.append(pair.get_potential_energy())
    assert abs(energies[0] - energies[1]) < 1e-8


def test_bad_input_is_refused():
    potential = random_potential(6)
    with pytest.raises(InputError, match="the potential has 3 species"):
        MTPCalculator(potential, species=["Mg", "V"])
    with pytest.raises(InputError, match="not an element symbol"):
        MTPCalculator(potential, species=["Mg", "V", "Oxygen"])
    stranger = Atoms("Na", cell=[5, 5, 5], pbc=True, calculator=MTPCalculator(potential))
    with pytest.raises(InputError, match="no species for Na"):
        stranger.get_potential_energy()
    collided = Atoms("VO", [[1, 1, 1], [1, 1, 1]], cell=[8, 8, 8], pbc=True)
    collided.calc = MTPCalculator(potential, species=SPECIES)
    with pytest.raises(CalculationError, match="coincide"):
        collided.get_potential_energy()
    lost = Atoms("VO", [[1, 1, 1], [np.nan, 1, 1]], cell=[8, 8, 8], pbc=True)
    lost.calc = MTPCalculator(potential)
    with pytest.raises(CalculationError, match="not finite"):
        lost.get_potential_energy()


def test_missing_compiler_says_what_to_install(monkeypatch, tmp_path):
    from amorph_flows.potentials.compiled.library import shared_library

    monkeypatch.setenv("AMORPH_COMPILER", "no-such-compiler")
    with pytest.raises(MissingDependencyError, match=r"no-such-compiler.*apt install g\+\+"):
        shared_library("x", [library.CPP / "kernel.cpp"])


def test_failing_compiler_is_quoted(monkeypatch, tmp_path):
    from amorph_flows.potentials.compiled.library import shared_library

    monkeypatch.setenv("AMORPH_CACHE_DIR", str(tmp_path))
    with pytest.raises(CalculationError, match="no-such-flag"):
        shared_library("x", [library.CPP / "neighbours.cpp"], flags=("--no-such-flag",))
    assert not list(tmp_path.iterdir())
