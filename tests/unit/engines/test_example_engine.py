"""The engine of the documentation: derivatives, statistics, and a store that reads it back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ase.build import bulk
from jobflow import Job
from morse_engine import MorseEngine, morse

from amorph_flows.datasets import Frame, FrameSet
from amorph_flows.errors import InputError
from amorph_flows.schemas.base import StageDocument
from amorph_flows.schemas.labelling import LabelDoc, RelaxDoc
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.store import load_document, open_store
from amorph_flows.structures.configuration import temperature_of, to_atoms, to_structure

ENGINE = MorseEngine()


def rattled(amount_a: float = 0.1):
    atoms = bulk("Cu", "fcc", a=3.6, cubic=True).repeat((2, 2, 2))
    atoms.positions += np.random.default_rng(0).normal(scale=amount_a, size=(len(atoms), 3))
    return atoms


def ran(job: Job, folder: Path) -> StageDocument:
    """Run a job and return its document from the store."""
    store = open_store(folder)
    job.run(store=store)
    return load_document(store, job.uuid)


def test_forces_and_stress_are_derivatives() -> None:
    atoms, h = rattled(), 1e-5
    settings = (ENGINE.depth_ev, ENGINE.width_a, ENGINE.distance_a)
    _, forces, stress = morse(atoms, *settings)
    rng = np.random.default_rng(1)
    shift, strain = rng.normal(size=(len(atoms), 3)), rng.normal(size=(3, 3))
    energies = []
    for sign in (1, -1):
        moved, deformed = atoms.copy(), atoms.copy()
        moved.positions += sign * h * shift
        deformed.set_cell(atoms.cell @ (np.eye(3) + sign * h * (strain + strain.T)), True)
        energies.append((morse(moved, *settings)[0], morse(deformed, *settings)[0]))
    slopes = (np.array(energies[0]) - energies[1]) / (2 * h)
    assert slopes[0] == pytest.approx(-np.sum(forces * shift), rel=1e-6)
    assert slopes[1] == pytest.approx(
        atoms.get_volume() * np.sum(stress * (strain + strain.T)), rel=1e-6
    )


def test_a_frame_that_fails_does_not_end_the_batch(tmp_path: Path) -> None:
    good = Frame.from_atoms(rattled())
    bad = Frame(good.numbers, 0.1 * good.positions, good.cell)
    doc = ran(ENGINE.static(FrameSet([good, bad, good])), tmp_path)
    assert isinstance(doc, LabelDoc)
    assert (len(doc.frames), [q.index for q in doc.quarantined]) == (2, [1])
    assert doc.frames[0].provenance.settings_hash == doc.engine.settings_hash
    assert doc.frames[0].energy_ev == morse(rattled(), 0.3, 0.6, 2.6)[0]


def test_md_holds_its_temperature_and_nve_its_energy(tmp_path: Path) -> None:
    start = to_structure(rattled(0.0))
    stage = MDStage(
        name="hold",
        start_temperature_k=300.0,
        end_temperature_k=300.0,
        duration_fs=400.0,
        frame_stride=20,
        thermostat_damping_fs=40.0,
    )
    doc = ran(ENGINE.md(start, stage, run="hold", seed=3), tmp_path / "nvt")
    assert [frame.provenance.time_fs for frame in doc.frames] == [40.0 * n for n in range(11)]
    assert temperature_of(to_atoms(doc.structure)) == pytest.approx(300.0, rel=0.4)
    free = stage.model_copy(update={"ensemble": "nve", "frame_stride": 200})
    end = ran(ENGINE.md(doc.structure, free, run="free"), tmp_path / "nve")
    kinetic = [to_atoms(s).get_kinetic_energy() for s in (doc.structure, end.structure)]
    before, after = doc.frames[-1].energy_ev + kinetic[0], end.frames[-1].energy_ev + kinetic[1]
    assert after == pytest.approx(before, abs=0.02)


@pytest.mark.parametrize("relax_cell", [True, False])
def test_relaxation_finds_the_minimum(tmp_path: Path, relax_cell: bool) -> None:
    start = rattled(0.05)
    start.set_cell(1.03 * start.cell, scale_atoms=True)
    doc = ran(ENGINE.relax(to_structure(start), relax_cell=relax_cell), tmp_path)
    assert isinstance(doc, RelaxDoc)
    assert doc.converged
    changed = doc.structure.volume / start.get_volume()
    assert (abs(changed - 1) > 0.01) == relax_cell
    if relax_cell:
        stress = morse(to_atoms(doc.structure), 0.3, 0.6, 2.6)[2]
        assert np.abs(stress).max() < 1e-3


def test_settings_are_checked_and_part_of_the_hash() -> None:
    with pytest.raises(InputError, match="depth_ev is -1"):
        MorseEngine(depth_ev=-1.0).check()
    assert MorseEngine(depth_ev=0.4).info().settings_hash != ENGINE.info().settings_hash
    assert MorseEngine.from_dict(ENGINE.as_dict()) == ENGINE
