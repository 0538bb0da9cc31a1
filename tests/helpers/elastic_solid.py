"""A solid whose equation of state at any temperature is known, for barostats."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from ase import Atoms, units
from ase.calculators.calculator import Calculator, all_changes

BULK_GPA, SHEAR_GPA, GRUENEISEN = 60.0, 40.0, 2.0
N_ATOMS, EDGE_A = 12, 6.0


def elastic_solid() -> Atoms:
    """Return the atoms of an `ElasticSolid` in the cell without stress at 0 K."""
    places = np.random.default_rng(0).random((N_ATOMS, 3)) * 0.1 + np.arange(N_ATOMS)[:, None] / 12
    return Atoms("Si12", scaled_positions=places % 1, cell=np.eye(3) * EDGE_A, pbc=True)


class ElasticSolid(Calculator):
    """Atoms on a ring of springs in an elastic cell.

    With x = V/V₀ and the springs' vectors u_i, which vanish where the cell carries them,

    E = V₀ (λ/2 tr²η + μ η:η) + Σ φ(u_i / x^γ),    φ(w) = k w²/2 + q w⁴/4,

    where η is Green's strain of the cell. The integral over the atoms is a constant times
    x^(3γ(N-1)), so that the free energy of the cell at temperature T is exactly
    V₀ (λ/2 tr²η + μ η:η) - 3γ (N-1) k_B T ln x, whatever φ is.

    Parameters
    ----------
    stress_factor
        What the stress is multiplied by, all of it or by axis; -1 makes a cell unstable.
    """

    implemented_properties: ClassVar[list[str]] = ["energy", "free_energy", "forces", "stress"]
    _k, _q = 3.0, 300.0

    def __init__(self, stress_factor: float | list[float] = 1.0) -> None:
        super().__init__()
        solid = elastic_solid()
        self._inverse = np.linalg.inv(solid.cell.array)
        scaled = solid.get_scaled_positions(wrap=False)
        self._links = scaled - np.roll(scaled, -1, axis=0)
        self._stress_factor = np.array(stress_factor)
        self.n_calls = 0

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Any = None,
        system_changes: list[str] = all_changes,
    ) -> None:
        """Compute energy (eV), forces (eV/Å) and stress (eV/Å³)."""
        super().calculate(atoms, properties, system_changes)
        self.n_calls += 1
        cell, positions = self.atoms.cell.array, self.atoms.positions
        change = self._inverse @ cell
        strain = (change @ change.T - np.eye(3)) / 2
        volume_0, x = EDGE_A**3, np.linalg.det(change)
        mu = SHEAR_GPA * units.GPa
        lame = BULK_GPA * units.GPa - 2 * mu / 3
        cauchy = lame * np.trace(strain) * np.eye(3) + 2 * mu * strain
        energy = volume_0 * (lame * np.trace(strain) ** 2 / 2 + mu * (strain**2).sum())
        shrink = x**-GRUENEISEN
        w = shrink * (positions - np.roll(positions, -1, axis=0) - self._links @ cell)
        square = (w**2).sum(axis=1, keepdims=True)
        energy += float((self._k * square / 2 + self._q * square**2 / 4).sum())
        slope = (self._k + self._q * square) * w
        forces = shrink * (np.roll(slope, 1, axis=0) - slope)
        virial = volume_0 * change.T @ cauchy @ change + slope.T @ w
        virial -= GRUENEISEN * (slope * w).sum() * np.eye(3)
        stress = self._stress_factor * virial / (volume_0 * x)
        self.results = {
            "energy": energy,
            "free_energy": energy,
            "forces": forces,
            "stress": stress[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]],
        }


def volume_statistics(temperature_k: float, pressure_gpa: float) -> tuple[float, float]:
    """Return mean (Å³) and variance of the volume of a cubic `ElasticSolid` at a pressure."""
    x = np.linspace(0.5, 2.0, 300_001)
    strain, kt = (x ** (2 / 3) - 1) / 2, units.kB * temperature_k
    enthalpy = EDGE_A**3 * units.GPa * (4.5 * BULK_GPA * strain**2 + pressure_gpa * x)
    enthalpy -= 3 * GRUENEISEN * (N_ATOMS - 1) * kt * np.log(x)
    weights = np.exp((enthalpy.min() - enthalpy) / kt)
    weights /= weights.sum()
    mean = (weights * x).sum()
    return EDGE_A**3 * mean, EDGE_A**6 * (weights * (x - mean) ** 2).sum()
