"""The verdicts, and the contrasts their thresholds rest on."""

from __future__ import annotations

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.calculators.emt import EMT
from pymatgen.core import Structure

from amorph_flows.analysis.structure.amorphous import (
    AmorphousThresholds,
    AmorphousVerdict,
    judge_amorphous,
)
from amorph_flows.analysis.structure.melting import MeltThresholds, MeltVerdict, judge_melt
from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.errors import InputError
from amorph_flows.structures._library import v2o5

HOST = ("V", "O")
CLOSEST_A = {frozenset("V"): 2.6, frozenset("VO"): 1.6, frozenset("O"): 2.2}


def _v2o5(repeats: tuple[int, int, int] = (1, 1, 1)) -> Structure:
    cell = v2o5()
    cell.make_supercell(repeats)
    return cell


def _vibrating(cell: Structure, displacement_a: float, seed: int) -> Structure:
    moved = np.random.default_rng(seed).normal(0.0, displacement_a, (len(cell), 3))
    return Structure(
        cell.lattice, cell.species, cell.cart_coords + moved, coords_are_cartesian=True
    )


def _packed(cell: Structure, seed: int) -> Structure:
    """Atoms at random, pushed apart until none overlap."""
    symbols = [site.specie.symbol for site in cell]
    fractional = np.random.default_rng(seed).random((len(cell), 3))
    for _ in range(400):
        packed = Structure(cell.lattice, symbols, fractional)
        centre, other, image, distance = packed.get_neighbor_list(2.7)
        closest = [
            CLOSEST_A[frozenset((symbols[i], symbols[j]))]
            for i, j in zip(centre, other, strict=True)
        ]
        overlap = np.clip(np.array(closest) - distance, 0.0, None)
        if overlap.max(initial=0.0) < 0.05:
            break
        apart = packed.frac_coords[centre] - packed.frac_coords[other] - image
        np.add.at(fractional, centre, apart * (0.5 * overlap / distance)[:, None])
    return packed


@pytest.mark.parametrize("repeats", [(1, 3, 2), (2, 6, 4)])
def test_contrast_of_vibrating_crystals_and_random_packings(repeats):
    crystal, limits = _v2o5(repeats), AmorphousThresholds()
    shaken = [_vibrating(crystal, 0.17, seed) for seed in range(3)]
    mixed = [_packed(crystal, seed) for seed in range(3)]
    hot = [judge_amorphous(one, crystal, HOST) for one in shaken]
    packed = [judge_amorphous(one, crystal, HOST) for one in mixed]
    hottest, least = (f([j.numbers["rdf_fluctuation"] for j in hot]) for f in (max, min))
    assert hottest < 0.22
    assert least > 1.5 * limits.rdf_fluctuation
    assert max(j.numbers["rdf_fluctuation"] for j in packed) < 0.5 * limits.rdf_fluctuation
    assert min(j.numbers["fluctuation_ratio"] for j in hot) > limits.crystalline_ratio + 0.2
    assert max(j.numbers["fluctuation_ratio"] for j in packed) < limits.amorphous_ratio - 0.2
    assert {j.verdict for j in hot} == {AmorphousVerdict.CRYSTALLINE}
    assert {j.verdict for j in packed} == {AmorphousVerdict.AMORPHOUS}
    assert all(j.reason.endswith("sublattice has lattice") for j in hot)
    assert all(j.reason.endswith("sublattice has no lattice") for j in packed)
    for one, beside in zip([*shaken, *mixed], [*hot, *packed], strict=True):
        alone = judge_amorphous(one, None, HOST)
        assert alone.answer == beside.answer
        assert "crystal's" not in alone.reason
        assert "fluctuation_ratio" not in alone.numbers


def test_analytic_broadening_of_the_crystal_is_that_of_real_displacements():
    crystal = _v2o5((2, 6, 4))
    judged = judge_amorphous(_vibrating(crystal, 0.17, 5), crystal, HOST)
    assert judged.numbers["fluctuation_ratio"] == pytest.approx(1.0, abs=0.1)


def test_crystal_reference_does_not_depend_on_its_cell():
    structure = _packed(_v2o5((1, 3, 2)), 1)
    small, large = (judge_amorphous(structure, _v2o5(n), HOST) for n in [(1, 1, 1), (1, 3, 2)])
    of_crystal = "crystal_rdf_fluctuation"
    assert small.numbers[of_crystal] == pytest.approx(large.numbers[of_crystal], rel=0.01)


def test_half_crystallised_cell_is_not_called_amorphous():
    crystal = _v2o5((2, 6, 4))
    packed = _packed(crystal, 0)
    kept = crystal.frac_coords[:, 0] < 0.5
    mixed = np.where(kept[:, None], crystal.frac_coords, packed.frac_coords)
    judged = judge_amorphous(Structure(crystal.lattice, crystal.species, mixed), crystal, HOST)
    assert judged.verdict is not AmorphousVerdict.AMORPHOUS


def test_trajectory_is_judged_on_all_frames():
    crystal = _v2o5((1, 3, 2))
    frames = [_packed(crystal, seed) for seed in range(3)]
    run = Trajectory(
        np.array([f.cart_coords for f in frames]),
        crystal.lattice.matrix,
        np.array(crystal.atomic_numbers),
        np.arange(3.0),
    )
    judged = judge_amorphous(run, crystal, "V")
    assert judged.verdict is AmorphousVerdict.AMORPHOUS
    of_one_frame = judge_amorphous(frames[0], crystal, "V")
    assert judged.numbers["counting_noise"] < of_one_frame.numbers["counting_noise"]


def _copper_run(temperature_k: float, lattice_a: float, n_steps: int) -> Trajectory:
    """Langevin MD of 108 copper atoms with ASE's effective-medium potential."""
    rng = np.random.default_rng(7)
    atoms: Atoms = bulk("Cu", cubic=True, a=lattice_a) * (3, 3, 3)
    atoms.calc = EMT()
    time_step, friction = 5.0, 0.01
    from ase import units

    step, rate = time_step * units.fs, friction / units.fs
    mass = atoms.get_masses()[:, None]
    thermal = np.sqrt(units.kB * temperature_k / mass)
    velocity = thermal * rng.normal(size=(len(atoms), 3))
    force, frames = atoms.get_forces(), []
    for n in range(n_steps):
        if n % 5 == 0:
            frames.append(atoms.get_positions())
        velocity += 0.5 * step * force / mass
        atoms.positions += 0.5 * step * velocity
        velocity = np.exp(-rate * step) * velocity + np.sqrt(
            1 - np.exp(-2 * rate * step)
        ) * thermal * rng.normal(size=velocity.shape)
        atoms.positions += 0.5 * step * velocity
        force = atoms.get_forces()
        velocity += 0.5 * step * force / mass
    times = np.arange(len(frames)) * 5 * time_step
    return Trajectory(np.array(frames), atoms.cell.array, atoms.numbers, times, temperature_k)


def test_hot_copper_melts_and_cold_copper_does_not():
    hot, cold = _copper_run(4000, 3.9, 220), _copper_run(1000, 3.67, 220)
    melted, solid = judge_melt(hot, ["Cu"]), judge_melt(cold, ["Cu"])
    assert melted.verdict is MeltVerdict.MELTED
    assert melted.numbers["rdf_fluctuation"] < 0.5 * melted.thresholds["rdf_fluctuation"]
    assert melted.numbers["displacement_ratio"] > 2 * melted.thresholds["displacement_ratio"]
    assert solid.verdict is MeltVerdict.NOT_MELTED
    assert solid.numbers["rdf_fluctuation"] > 1.5 * solid.thresholds["rdf_fluctuation"]
    assert solid.numbers["displacement_ratio"] < 0.75 * solid.thresholds["displacement_ratio"]
    assert judge_melt(hot.select(slice(0, 20)), ["Cu"]).verdict is MeltVerdict.TOO_SHORT


def _walk(step_a: float, crystal_held: bool) -> Trajectory:
    crystal = _v2o5((1, 3, 2))
    numbers = np.array(crystal.atomic_numbers)
    steps = np.random.default_rng(0).normal(0.0, step_a, (200, len(crystal), 3))
    if crystal_held:
        steps[:, numbers == 23] = 0.0
    positions = crystal.cart_coords + np.cumsum(steps, axis=0)
    positions += np.linspace(0, 30, 200)[:, None, None]
    return Trajectory(positions, crystal.lattice.matrix, numbers, np.arange(200) * 20.0)


def test_slowest_host_element_decides_and_drift_of_the_cell_does_not_count():
    everything, oxygen = _walk(0.25, crystal_held=False), _walk(0.25, crystal_held=True)
    assert judge_melt(everything, HOST).verdict is MeltVerdict.MELTED
    judged = judge_melt(oxygen, HOST)
    assert judged.verdict is not MeltVerdict.MELTED
    assert "V moved" in judged.reason


def test_moving_host_that_keeps_its_order_needs_longer():
    judged = judge_melt(_walk(0.035, crystal_held=False), HOST)
    assert judged.verdict is MeltVerdict.TOO_SHORT
    slower = judge_melt(_walk(0.02, crystal_held=False), HOST)
    assert slower.verdict is MeltVerdict.NOT_MELTED
    assert judged.numbers["growth_exponent"] == pytest.approx(1.0, abs=0.2)


def test_wrong_input_is_named():
    crystal = _v2o5()
    with pytest.raises(InputError, match="no 'Mg'"):
        judge_amorphous(crystal, crystal, ["V", "Mg"])
    with pytest.raises(InputError, match="no element"):
        judge_amorphous(crystal, crystal, [])
    with pytest.raises(InputError, match="no 'Fe'"):
        judge_melt(_walk(0.1, crystal_held=False), "Fe")
    with pytest.raises(InputError, match="n_frames is 2"):
        MeltThresholds(n_frames=2)


def test_few_frames_are_too_short_however_long_the_run():
    judged = judge_melt(_walk(0.1, crystal_held=False).select(slice(0, None, 60)), "V")
    assert judged.numbers["duration_fs"] > judged.thresholds["duration_fs"]
    assert judged.verdict is MeltVerdict.TOO_SHORT
    assert "4 frames" in judged.reason
