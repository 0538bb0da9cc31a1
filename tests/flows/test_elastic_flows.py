"""Elastic constants and glass transition as flows, their physics checked on a toy crystal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk
from ase.filters import FrechetCellFilter
from ase.optimize import BFGS
from ase.units import kB
from jobflow import Flow, JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder
from pymatgen.io.ase import AseAtomsAdaptor

from amorph_flows.analysis import strained_cell
from amorph_flows.analysis._elastic import EV_A3_TO_GPA
from amorph_flows.calculators.toy import ToyCalculator
from amorph_flows.engines import AseEngine
from amorph_flows.errors import InputError
from amorph_flows.flows import ElasticMaker, GlassTransitionMaker

TOY = AseEngine(calculator="toy", relax_fmax_ev_a=1e-3)


@pytest.fixture(scope="module")
def crystal() -> Atoms:
    """MgO, its cell relaxed until no stress is left."""
    atoms = bulk("MgO", "rocksalt", a=4.2, cubic=True)
    atoms.calc = ToyCalculator()
    BFGS(FrechetCellFilter(atoms), logfile=None).run(fmax=1e-5, steps=300)
    return atoms


def output_of(flow: Flow, folder: Path) -> Any:
    """Run a flow and return its output."""
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()
    run_locally(
        flow, store=store, root_dir=folder, create_folders=True, log=False, raise_immediately=True
    )
    return MontyDecoder().process_decoded(store.get_output(flow.output.uuid, load=True))


def energy(crystal: Atoms, strain: list[float]) -> float:
    """Return the energy of the strained crystal, eV."""
    atoms = crystal.copy()
    atoms.set_cell(strained_cell(crystal.cell.array, strain), scale_atoms=True)
    atoms.calc = ToyCalculator()
    return float(atoms.get_potential_energy())


def curvature(crystal: Atoms, strain: list[float]) -> float:
    """Return d²E/dx² / V along a strain by finite differences, GPa."""
    step = 2e-3
    there, back = (energy(crystal, [sign * step * x for x in strain]) for sign in (1, -1))
    second = (there + back - 2 * energy(crystal, [0.0] * 6)) / step**2
    return second / crystal.get_volume() * EV_A3_TO_GPA


@pytest.mark.parametrize("relax", [True, False])
def test_elastic_constants_are_curvatures_of_the_energy(
    crystal: Atoms, tmp_path: Path, relax: bool
) -> None:
    structure = AseAtomsAdaptor.get_structure(crystal)
    maker = ElasticMaker(engine=TOY, step=2e-3, relax_first=relax, relax_atoms=relax)
    doc = output_of(maker.make(structure), tmp_path)
    tensor = doc.tensor_gpa
    c11 = curvature(crystal, [1, 0, 0, 0, 0, 0])
    c44 = curvature(crystal, [0, 0, 0, 1, 0, 0])
    both = curvature(crystal, [1, 1, 0, 0, 0, 0])
    assert tensor[0, 0] == pytest.approx(c11, rel=0.02)
    assert tensor[3, 3] == pytest.approx(c44, rel=0.02)
    assert tensor[0, 1] == pytest.approx(both / 2 - c11, rel=0.05, abs=0.02 * c11)
    assert doc.bulk_gpa == pytest.approx((tensor[0, 0] + 2 * tensor[0, 1]) / 3, rel=1e-3)
    assert np.abs(doc.residual_stress_ev_a3).max() < 1e-3
    assert doc.strains.shape == doc.stresses_ev_a3.shape == (12, 6)
    assert doc.inputs_cpu_seconds > 0


def test_a_crystal_that_cools_has_the_heat_capacity_of_oscillators(
    crystal: Atoms, tmp_path: Path
) -> None:
    structure = AseAtomsAdaptor.get_structure(crystal * (2, 2, 2))
    maker = GlassTransitionMaker(
        engine=TOY,
        temperatures_k=(400.0, 350.0, 300.0, 250.0, 200.0, 150.0, 100.0),
        hold_duration_fs=600.0,
        frame_stride=2,
    )
    doc = output_of(maker.make(structure), tmp_path)
    slope = np.polyfit(doc.temperatures_k, doc.energies_ev_atom, 1)[0]
    assert doc.temperatures_k == list(maker.temperatures_k)
    assert slope == pytest.approx(1.5 * kB, rel=0.2)
    assert doc.rate_k_per_ps == pytest.approx(50 / 0.6)
    assert doc.transition.question == "glass transition?"


def test_what_cannot_be_is_refused_before_any_job() -> None:
    structure = AseAtomsAdaptor.get_structure(bulk("MgO", "rocksalt", a=4.2, cubic=True))
    with pytest.raises(InputError, match="temperatures_k"):
        GlassTransitionMaker(temperatures_k=(300.0, 400.0)).make(structure)
    with pytest.raises(InputError, match="equilibration_share"):
        GlassTransitionMaker(equilibration_share=1.0).make(structure)
    with pytest.raises(InputError, match="step"):
        ElasticMaker(step=-1.0).make(structure)
