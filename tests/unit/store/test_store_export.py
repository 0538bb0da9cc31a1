"""Stored documents as files: what is written is what was stored."""

from __future__ import annotations

from pathlib import Path

import ase.io
import numpy as np
import pytest
from jobflow import JobStore
from monty.json import jsanitize
from typer.testing import CliRunner

from amorph_flows.cli import app
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.datasets.io import read_cfg, read_extxyz
from amorph_flows.errors import InputError, TrajectoryError
from amorph_flows.export import export_document
from amorph_flows.lammps.dump import reference_of
from amorph_flows.potentials import load_calculator, write_lammps
from amorph_flows.schemas.base import BLOB_KEYS, StageDocument
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.production_md import TrajectoryDoc
from amorph_flows.store import load_potential, open_store
from amorph_flows.testing.alloy import MTP_SETTINGS, alloy_frames, fitted

UUID = "0123abcd-0000-4000-8000-000000000000"
DUMP = """ITEM: UNITS
metal
ITEM: TIME
{time}
ITEM: TIMESTEP
{step}
ITEM: NUMBER OF ATOMS
2
ITEM: BOX BOUNDS pp pp pp
0.0 4.0
0.0 4.0
0.0 4.0
ITEM: ATOMS id type xu yu zu
1 1 0.0 0.0 {z}
2 2 2.0 2.0 2.0
"""


def put(folder: Path, document: StageDocument) -> JobStore:
    store = open_store(folder)
    output = jsanitize(document, strict=True, enum_values=True)
    stored = {"uuid": UUID, "index": 1, "metadata": {}, "output": output}
    store.update({**stored, "completed_at": "2026-01-01"}, save={"data": BLOB_KEYS})
    return store


def dataset(frames: FrameSet) -> DatasetDoc:
    return DatasetDoc(
        engine=EngineInfo(name="EMT", settings_hash="emt", surrogate=True),
        frames=frames,
        training=[0, 2],
        validation=[1],
        test_random=[],
        test_blocks=[],
        n_duplicates=0,
        composition={},
        seed=0,
    )


def potential() -> PotentialDoc:
    return fitted(MTP_SETTINGS).doc


def trajectory(path: Path) -> TrajectoryDoc:
    path.write_text("".join(DUMP.format(time=t, step=500 * t, z=0.5 * t) for t in (0, 1, 2)))
    frame = alloy_frames(1, seed=0)[0]
    from pymatgen.io.ase import AseAtomsAdaptor

    return TrajectoryDoc(
        run="x",
        formula="MgO",
        temperature_k=300.0,
        potential_uuid=UUID,
        start="quench",
        n_atoms=2,
        time_step_fs=2.0,
        equilibration_fs=0.0,
        production_fs=2000.0,
        asked_fs=2000.0,
        seed=1,
        trajectory=reference_of(path, ["Mg", "O"]),
        structure=AseAtomsAdaptor.get_structure(frame.to_atoms()),
        mean_temperature_k=300.0,
        mean_energy_ev_atom=-1.0,
    )


@pytest.mark.parametrize("suffix", [".extxyz", ".cfg"])
def test_a_dataset_becomes_a_file_that_reads_back(tmp_path: Path, suffix: str) -> None:
    frames = alloy_frames(3, seed=0)
    store = put(tmp_path / "study", dataset(frames))
    [path] = export_document(store, UUID[:8], tmp_path / f"data{suffix}", part="training")
    species = sorted(set(frames[0].to_atoms().get_atomic_numbers()))
    symbols = [ase.data.chemical_symbols[number] for number in species]
    found = read_extxyz(path) if suffix == ".extxyz" else read_cfg(path, symbols)
    assert len(found) == 2
    for exported, original in zip(found, frames.take([0, 2]), strict=True):
        assert exported.energy_ev_atom == original.energy_ev_atom
        assert np.array_equal(exported.forces, original.forces)


def test_a_potential_becomes_a_calculator_and_a_file(tmp_path: Path) -> None:
    store = put(tmp_path / "study", potential())
    atoms = alloy_frames(1, seed=3)[0].to_atoms()
    expected = fitted(MTP_SETTINGS).backend.calculator(potential())
    atoms.calc = load_calculator(store, UUID)
    energy, forces = atoms.get_potential_energy(), atoms.get_forces()
    atoms.calc = expected
    assert energy == atoms.get_potential_energy()
    assert np.array_equal(forces, atoms.get_forces())
    [path] = export_document(store, UUID, tmp_path / "al.mtp")
    assert path.read_bytes() == potential().files["potential.mtp"]


def test_a_potential_that_was_changed_is_not_used(tmp_path: Path) -> None:
    doc = potential()
    files = doc.files | {"potential.mtp": doc.files["potential.mtp"].replace(b"1", b"2", 1)}
    store = put(tmp_path / "study", doc.model_copy(update={"files": files}))
    for use in (
        lambda: load_calculator(store, UUID),
        lambda: export_document(store, UUID, tmp_path / "x.mtp"),
        lambda: write_lammps(load_potential(store, UUID), tmp_path / "lammps"),
    ):
        with pytest.raises(InputError, match="they have been changed, so fit it again"):
            use()


def test_no_pair_style_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no pair style"):
        write_lammps(fitted(MTP_SETTINGS.model_copy(update={"backend": "motep"})).doc, tmp_path)


def test_a_trajectory_becomes_extxyz_with_its_times(tmp_path: Path) -> None:
    store = put(tmp_path / "study", trajectory(tmp_path / "run.dump"))
    done = CliRunner().invoke(
        app, ["export", UUID[:8], str(tmp_path / "run.extxyz"), "-s", str(tmp_path / "study")]
    )
    assert done.exit_code == 0, done.output
    frames = ase.io.read(tmp_path / "run.extxyz", ":")
    assert [frame.info["time_fs"] for frame in frames] == [0.0, 1000.0, 2000.0]
    assert [frame.positions[0, 2] for frame in frames] == [0.0, 0.5, 1.0]
    (tmp_path / "run.dump").write_text("other")
    with pytest.raises(TrajectoryError, match="not the file that was written"):
        export_document(store, UUID, tmp_path / "again.extxyz")


def test_nothing_is_replaced_and_nonsense_is_refused(tmp_path: Path) -> None:
    store = put(tmp_path / "study", dataset(alloy_frames(3, seed=0)))
    (tmp_path / "there.cfg").write_text("mine")
    for target, part, message in (
        ("there.cfg", None, "exists already"),
        ("data.txt", None, r"must end in \.extxyz"),
        ("data.cfg", "half", "the parts are training"),
    ):
        with pytest.raises(InputError, match=message):
            export_document(store, UUID, tmp_path / target, part)
    assert (tmp_path / "there.cfg").read_text() == "mine"
