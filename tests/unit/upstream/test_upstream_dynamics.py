"""ASE's thermostat and barostats: targets that change, a state that is stored, the right cell."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms, units
from ase.md.md import MolecularDynamics
from ase.md.nose_hoover_chain import MTKNPT, NoseHooverChainNVT
from ase.md.verlet import VelocityVerlet
from elastic_solid import EDGE_A, N_ATOMS, ElasticSolid, elastic_solid, volume_statistics

from amorph_flows.structures.configuration import draw_velocities
from amorph_flows.upstream.ase import Controls, barostat

COUPLINGS = ("isotropic", "axes", "triclinic")
STEP = 4 * units.fs


def dynamics_of(atoms: Atoms, kind: str, damping_fs: float = 400.0) -> MolecularDynamics:
    if kind == "nve":
        return VelocityVerlet(atoms, STEP)
    if kind == "nvt":
        return NoseHooverChainNVT(atoms, STEP, 300.0, 50 * units.fs)
    return barostat(atoms, STEP, kind, 300.0, 50 * units.fs, damping_fs * units.fs)


@pytest.mark.parametrize(
    ("kind", "size"), [("nve", 0), ("nvt", 6), *zip(COUPLINGS, (14, 24, 30), strict=True)]
)
def test_the_state_can_be_stored_and_the_targets_changed(kind: str, size: int) -> None:
    """A run that goes on from the state has the same digits as one that was not stopped."""

    def run(n_steps: int, held: tuple[Atoms, np.ndarray] | None = None) -> tuple[Atoms, np.ndarray]:
        atoms = hot_solid(300)
        if held is not None:
            atoms.positions = held[0].positions
            atoms.set_momenta(held[0].get_momenta())
        dynamics = dynamics_of(atoms, kind)
        controls = Controls(dynamics)
        controls.set_targets(600.0, 5.0)
        if held is not None:
            controls.state = held[1]
        dynamics.run(n_steps)
        return atoms, controls.state

    whole, state = run(20)
    resumed, same = run(10, run(10))
    assert state.shape == (size,)
    np.testing.assert_array_equal(state, same)
    for one, two in ((whole.positions, resumed.positions), (whole.cell.array, resumed.cell.array)):
        np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(whole.get_momenta(), resumed.get_momenta())
    moved = abs(whole.cell.array - EDGE_A * np.eye(3)).max() > 1e-6
    assert moved == (kind in COUPLINGS)


def averages(atoms: Atoms, dynamics: MolecularDynamics, n_steps: int) -> dict[str, np.ndarray]:
    """Return per step, after a tenth of the run: the numbers of the ensemble, in GPa, Å and eV."""
    found: dict[str, list[object]] = {"volume": [], "pressure": [], "conserved": [], "cell_ev": []}
    for step in range(n_steps):
        dynamics.run(1)
        if step >= n_steps // 10:
            stress = atoms.get_stress(voigt=False, include_ideal_gas=True)
            found["volume"].append(atoms.get_volume())
            found["pressure"].append(-stress / units.GPa)
            found["conserved"].append(dynamics.get_conserved_energy())
            if isinstance(dynamics, MTKNPT):
                found["cell_ev"].append(dynamics._get_cell_kinetic_energy())
    return {name: np.array(values) for name, values in found.items()}


def mean_and_error(values: np.ndarray, n_blocks: int = 15) -> tuple[np.ndarray, np.ndarray]:
    means = np.array([block.mean(axis=0) for block in np.array_split(values, n_blocks)])
    return means.mean(axis=0), means.std(axis=0, ddof=1) / np.sqrt(n_blocks)


def hot_solid(temperature_k: float, seed: int = 3) -> Atoms:
    atoms = elastic_solid()
    atoms.calc = ElasticSolid()
    draw_velocities(atoms, temperature_k, seed)
    return atoms


def test_the_solid_is_as_its_forces_say() -> None:
    atoms = hot_solid(300)
    rng = np.random.default_rng(1)
    atoms.set_cell(atoms.cell.array @ (np.eye(3) + 0.02 * rng.normal(size=(3, 3))), True)
    atoms.positions += 0.05 * rng.normal(size=(N_ATOMS, 3))
    shift, strain, h = rng.normal(size=(N_ATOMS, 3)), rng.normal(size=(3, 3)), 1e-5
    strain = strain + strain.T
    moved, deformed = [], []
    for sign in (1, -1):
        one, other = atoms.copy(), atoms.copy()
        one.calc = other.calc = ElasticSolid()
        one.positions += sign * h * shift
        moved.append(one.get_potential_energy())
        other.set_cell(atoms.cell.array @ (np.eye(3) + sign * h * strain), True)
        deformed.append(other.get_potential_energy())
    work = -(atoms.get_forces() * shift).sum()
    assert (moved[0] - moved[1]) / (2 * h) == pytest.approx(work, rel=1e-6)
    work = atoms.get_volume() * (atoms.get_stress(voigt=False) * strain).sum()
    assert (deformed[0] - deformed[1]) / (2 * h) == pytest.approx(work, rel=1e-6)


def test_volume_and_its_fluctuation_are_those_of_the_ensemble() -> None:
    """Thermal expansion, 4 % here, compression and k_B T V / B are known exactly."""
    temperature_k, pressure_gpa = 600.0, 5.0
    atoms = hot_solid(temperature_k)
    dynamics = dynamics_of(atoms, "isotropic")
    Controls(dynamics).set_targets(temperature_k, pressure_gpa)
    found = averages(atoms, dynamics, 2500)
    exact, variance = volume_statistics(temperature_k, pressure_gpa)
    mean, error = mean_and_error(found["volume"])
    assert abs(mean - exact) < 4 * error
    assert error < 0.003 * exact
    assert found["volume"].var() == pytest.approx(variance, rel=0.4)
    mean, error = mean_and_error(np.trace(found["pressure"], axis1=1, axis2=2) / 3)
    assert abs(mean - pressure_gpa) < 4 * error
    assert error < 0.1
    conserved = found["conserved"] / N_ATOMS  # of which a single step is off by up to 4 meV
    drift = np.polyfit(np.linspace(0, 1, len(conserved)), conserved, 1)[0]
    assert abs(drift) < 1e-3


def test_a_fixed_cell_at_the_mean_volume_has_the_pressure_of_the_barostat() -> None:
    exact, _ = volume_statistics(600.0, 5.0)
    atoms = hot_solid(600)
    atoms.set_cell(atoms.cell.array * (exact / atoms.get_volume()) ** (1 / 3), scale_atoms=True)
    dynamics = dynamics_of(atoms, "nvt")
    Controls(dynamics).set_targets(600.0)
    found = averages(atoms, dynamics, 1500)
    mean, error = mean_and_error(np.trace(found["pressure"], axis1=1, axis2=2) / 3)
    assert abs(mean - 5.0) < 4 * error + 0.05
    assert error < 0.2


@pytest.mark.parametrize(("coupling", "freedom"), [("axes", 3), ("triclinic", 6)])
def test_every_direction_has_the_pressure_and_the_cell_its_temperature(
    coupling: str, freedom: int
) -> None:
    atoms = hot_solid(300)
    dynamics = dynamics_of(atoms, coupling)
    Controls(dynamics).set_targets(300.0, 2.0)
    found = averages(atoms, dynamics, 2000)
    mean, error = mean_and_error(found["pressure"])
    moving = np.eye(3, dtype=bool) if coupling == "axes" else np.ones((3, 3), dtype=bool)
    excess = abs(mean - 2.0 * np.eye(3))
    assert (excess < 4 * error + 0.05)[moving].all()
    assert (error < 0.3)[moving].all()
    cell_ev = mean_and_error(found["cell_ev"])[0]
    assert cell_ev == pytest.approx(freedom * units.kB * 300 / 2, rel=0.25)
    right_angles = abs(atoms.cell.cellpar()[3:] - 90).max() < 1e-9
    assert right_angles == (coupling == "axes")
