"""MD of the stand-in for VASP in a cell that moves: Langevin dynamics after Parrinello, Rahman."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from ase import Atoms, units

from amorph_flows.arrays import FloatArray
from amorph_flows.testing.vasp.inputs import VaspInputs

CELL_VELOCITIES = "cell velocities"
"""Key of ``Atoms.info``: Å in ASE's unit of time, shape ``(3, 3)``."""


def langevin_npt(atoms: Atoms, inputs: VaspInputs) -> Iterator[tuple[bool, float | None]]:
    """Yield at each configuration, then move atoms and cell on by a leapfrog step.

    Parameters
    ----------
    atoms
        With velocities and a calculator; changed in place.
    inputs
        What the stand-in has read.
    """
    time_step, n_steps = float(inputs.get("POTIM", 0)) * units.fs, int(inputs.get("NSW", 0))
    begin_k = float(inputs.get("TEBEG", 0))
    change_k = float(inputs.get("TEEND", begin_k)) - begin_k
    masses, rng = atoms.get_masses()[:, None], np.random.default_rng()
    rates = inputs.get("LANGEVIN_GAMMA", [])
    frictions = np.repeat(rates, [count for _, count in inputs.groups])[:, None] * 1e-3 / units.fs
    cell_friction = inputs.get("LANGEVIN_GAMMA_L", 0.0) * 1e-3 / units.fs
    held = inputs.cell_velocities
    moving = np.zeros((3, 3)) if held is None else held / units.fs
    strain_rate = np.linalg.solve(atoms.cell.array, moving)
    for number in range(1, n_steps + 1):
        atoms.info[CELL_VELOCITIES] = atoms.cell.array @ strain_rate
        yield number == n_steps, float(atoms.get_kinetic_energy())
        kt = units.kB * (begin_k + change_k * number / n_steps)
        volume, velocities = atoms.get_volume(), atoms.get_velocities()
        cell_mass = float(inputs.get("PMASS", 0)) * volume ** (2 / 3)
        pull = velocities.T @ (masses * velocities) - volume * atoms.get_stress(voigt=False)
        strain_rate = strain_rate + time_step * (pull + pull.T) / (2 * cell_mass)
        noise = rng.standard_normal((3, 3))
        strain_rate = _damped(
            strain_rate, (noise + noise.T) / 2, cell_friction * time_step, kt / cell_mass
        )
        velocities = velocities + time_step * (
            atoms.get_forces() / masses - velocities @ strain_rate
        )
        velocities = _damped(
            velocities, rng.standard_normal(velocities.shape), frictions * time_step, kt / masses
        )
        grown = np.eye(3) + time_step * strain_rate
        positions = atoms.positions @ grown + time_step * velocities
        atoms.set_cell(atoms.cell.array @ grown)
        atoms.positions = positions
        atoms.set_velocities(velocities)
    atoms.info[CELL_VELOCITIES] = atoms.cell.array @ strain_rate


def _damped(
    velocities: FloatArray,
    noise: FloatArray,
    friction: FloatArray | float,
    variance: FloatArray | float,
) -> FloatArray:
    """Return velocities after a step of friction and noise."""
    kept = np.exp(-friction)
    damped: FloatArray = kept * velocities + np.sqrt((1 - kept**2) * variance) * noise
    return damped
