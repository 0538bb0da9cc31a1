"""A moment tensor potential written down naively, and structures to try it on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from ase import Atoms

from amorph_flows.potentials.d_optimality import ActiveSet
from amorph_flows.potentials.mtp import MTPPotential, untrained
from amorph_flows.potentials.mtp.training_kernel import TrainingKernel

SPECIES = ("Mg", "V", "O")


def random_potential(level: int, cutoff: float = 4.0, seed: int = 0) -> MTPPotential:
    """Every coefficient random; moment coefficients small enough for moderate energies."""
    rng = np.random.default_rng(seed)
    start = untrained(level, SPECIES, cutoff, min_distance=1.1, seed=seed)
    return replace(
        start,
        moment_coeffs=rng.normal(0.0, 0.02, len(start.moment_coeffs)),
        species_coeffs=rng.normal(0.0, 1.0, 3),
    )


def random_structure(n_atoms: int = 14, length: float = 6.0, seed: int = 0) -> Atoms:
    """A triclinic cell in which no two atoms are closer than 1.4 Å."""
    rng = np.random.default_rng(seed)
    cell = length * np.eye(3) + rng.normal(0.0, 0.4, (3, 3))
    atoms = Atoms(cell=cell, pbc=True)
    while len(atoms) < n_atoms:
        trial = atoms + Atoms([SPECIES[len(atoms) % 3]], [rng.random(3) @ cell], pbc=True)
        trial.set_cell(cell)
        trial.pbc = True
        if len(trial) == 1 or trial.get_distances(-1, range(len(trial) - 1), mic=True).min() > 1.4:
            atoms = trial
    return atoms


def reference_energies(potential: MTPPotential, atoms: Atoms) -> np.ndarray:
    """Energies of the atoms, straight from the definition, images by brute force."""
    images = np.array(np.meshgrid(*[range(-3, 4) if p else [0] for p in atoms.pbc])).reshape(3, -1)
    shifts = images.T @ atoms.cell.array
    types = [SPECIES.index(symbol) for symbol in atoms.symbols]
    energies = []
    for i, centre in enumerate(atoms.positions):
        moments = np.zeros(potential.n_moments)
        for j, other in enumerate(atoms.positions):
            for shift in shifts:
                d = other + shift - centre
                r = np.linalg.norm(d)
                if 1e-9 < r < potential.cutoff:
                    f = reference_radial(potential, r, types[i], types[j])
                    for k, (mu, *power) in enumerate(potential.index_basic):
                        moments[k] += f[mu] * np.prod((d / r) ** power)
        for a, b, m, c in potential.index_times:
            moments[c] += m * moments[a] * moments[b]
        basis = moments[potential.scalar_moments]
        energies.append(potential.species_coeffs[types[i]] + potential.moment_coeffs @ basis)
    return np.array(energies)


def reference_radial(potential: MTPPotential, r: float, first: int, second: int) -> np.ndarray:
    """Radial functions f_mu(r) of one pair."""
    low, high = potential.min_distance, potential.cutoff
    t = (2 * r - low - high) / (high - low)
    chebyshev = np.polynomial.chebyshev.chebvander(t, potential.radial_coeffs.shape[3] - 1)
    coeffs = potential.radial_coeffs[first, second]
    return potential.scaling * (high - r) ** 2 * coeffs @ chebyshev.ravel()


def reference_grades(potential: MTPPotential, active: ActiveSet, atoms: Atoms) -> np.ndarray:
    """Grades of the atoms, one row of the inverse active set and one atom after another."""
    gradients = TrainingKernel(potential, [atoms]).atom_gradients(0)
    return np.array([max(abs(sum(row * g)) for row in active.projection) for g in gradients])
