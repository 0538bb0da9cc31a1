"""motep for real: the published potential, a fit to what it says, grades of hot and cold frames."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase import Atoms, units
from ase.io import read
from ase.md.langevin import Langevin
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution
from published import MGV2O5

from amorph_flows.datasets import Frame, FrameSet, Provenance, error_statistics
from amorph_flows.potentials import MotepBackend
from amorph_flows.potentials.mtp import read_mtp
from amorph_flows.schemas.fits import MTPSettings
from amorph_flows.testing.alloy import document

pytest.importorskip("motep", reason="motep is not installed")

from amorph_flows.potentials.mtp.motep._calculator import MotepCalculator, from_motep, to_motep

SPECIES = ["Mg", "V", "O"]
SETTINGS = MTPSettings(backend="motep", level=6, cutoff=4.5, radial_size=6, max_steps=40, seed=1)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def published() -> MotepCalculator:
    return MotepCalculator(read_mtp(MGV2O5 / "pot.mtp", SPECIES))


def cell() -> Atoms:
    return read(
        MGV2O5 / "mg12v24o60.lammps-data",
        format="lammps-data",
        Z_of_type={1: 12, 2: 23, 3: 8},
        units="metal",
    )


def trajectory(temperature: float, n_frames: int, seed: int) -> FrameSet:
    """Frames every 20 fs of Langevin dynamics with the published potential, labelled by it."""
    atoms = cell()
    atoms.calc = published()
    rng = np.random.default_rng(seed)
    MaxwellBoltzmannDistribution(atoms, temperature_K=temperature, rng=rng)
    md = Langevin(atoms, 2 * units.fs, temperature_K=temperature, friction=0.02 / units.fs, rng=rng)
    frames = []
    for index in range(n_frames):
        md.run(10)
        atoms.get_stress()
        origin = Provenance(run=f"{temperature:g} K", step=10 * (index + 1))
        frames.append(Frame.from_atoms(atoms, origin))
    return FrameSet(frames)


def test_published_energy_and_structure_after_structure() -> None:
    atoms = cell()
    atoms.calc = published()
    assert atoms.get_potential_energy() / 96 == pytest.approx(-10.9638, abs=1e-4)
    double = atoms.repeat((1, 2, 1))
    double.calc = atoms.calc
    assert double.get_potential_energy() / 192 == pytest.approx(-10.9638, abs=1e-4)


def test_conversion_loses_nothing() -> None:
    potential = read_mtp(MGV2O5 / "pot.mtp", SPECIES)
    back = from_motep(to_motep(potential), potential)
    np.testing.assert_array_equal(back.parameters, potential.parameters)


def test_fit_to_the_published_potential_and_its_grades() -> None:
    frames = trajectory(600.0, 16, seed=1)
    training, validation, held_out = frames[:12], frames[12:14], frames[14:]
    backend = MotepBackend()
    fit = backend.fit(training, validation, SETTINGS)
    assert fit.history[-1][1] < 0.5 * fit.history[0][1]
    doc = document(backend, fit, training, SETTINGS)
    guesses = held_out.to_atoms()
    for atoms in guesses:
        atoms.calc = backend.calculator(doc)
        atoms.get_stress()
    errors = error_statistics(held_out, FrameSet(Frame.from_atoms(a) for a in guesses))
    spread = np.sqrt(np.mean(np.square([f.forces for f in held_out])))
    assert errors.force_rmse_ev_a < 0.6 * spread
    assert backend.grades(doc, training).max() < 1.05
    hot = trajectory(3000.0, 4, seed=2)
    assert backend.grades(doc, hot)[-1] > 2.0 * backend.grades(doc, held_out).max()
    assert backend.select(doc, training, held_out + hot, limit=1)[0] >= len(held_out)
