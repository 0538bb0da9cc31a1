"""Jobs that stop before their queue job ends and go on in another, by each way to run a flow."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jobflow import Flow, Job, JobStore, run_locally
from maggma.stores import MemoryStore
from monty.json import MontyDecoder
from pymatgen.core import Lattice, Structure

from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.engines import AseEngine
from amorph_flows.errors import CalculationError, InputError, WalltimeError
from amorph_flows.executors import run_study
from amorph_flows.executors.state import StudyState
from amorph_flows.schemas.labelling import LabelDoc, RelaxDoc
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.store import open_store
from amorph_flows.structures import v2o5
from amorph_flows.structures.configuration import to_atoms

pytestmark = pytest.mark.usefixtures("queue_clock")

STAGE = MDStage(
    name="hold",
    start_temperature_k=900,
    end_temperature_k=600,
    duration_fs=60,
    time_step_fs=1,
    frame_stride=10,
)
"""A ramp of 60 steps: the masses of the thermostat change at each."""


NPT_STAGE = STAGE.model_copy(update={"ensemble": "npt", "end_pressure_gpa": 5.0})
"""The same with a ramp of the pressure, which moves the cell."""


@pytest.fixture
def oxide() -> Structure:
    return v2o5()


def interrupted(folder: Path, ends: list[int], killed: int = 0) -> AseEngine:
    """Return the toy engine in queue jobs that end at some calls."""
    counter = folder / "calls"
    counter.touch()
    settings = {"counter": str(counter), "ends": ends, "killed": killed}
    return AseEngine(calculator="walltime_jobs:InterruptedCalculator", calculator_kwargs=settings)


def calls(folder: Path) -> int:
    return (folder / "calls").stat().st_size


def frames_of(structure: Structure, n: int) -> FrameSet:
    shifted = []
    for k in range(n):
        atoms = to_atoms(structure)
        atoms.positions[0, 1] += 0.01 * k
        shifted.append(Frame.from_atoms(atoms))
    return FrameSet(shifted)


def magnesium() -> Structure:
    """Return a cell that relaxes in some thirty steps."""
    return Structure.from_spacegroup(
        "P6_3/mmc", Lattice.hexagonal(3.4, 5.0), ["Mg"], [(1 / 3, 2 / 3, 0.25)]
    )


JOBS: dict[str, Callable[[AseEngine, Structure], Job]] = {
    "md": lambda engine, cell: engine.md(cell, STAGE, run="r", seed=1),
    "npt": lambda engine, cell: engine.md(cell, NPT_STAGE, run="r", seed=1),
    "static": lambda engine, cell: engine.static(frames_of(cell, 6), run="b"),
    "relax": lambda engine, _: engine.relax(magnesium()),
}


def memory_store() -> JobStore:
    return JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})


def document(store: JobStore, uuid: str) -> Any:
    return MontyDecoder().process_decoded(store.get_output(uuid, load=True))


def run_here(flow: Flow | Job, folder: Path) -> JobStore:
    store = memory_store()
    folder.mkdir(exist_ok=True)
    run_locally(flow, store=store, root_dir=folder, create_folders=True, ensure_success=True)
    return store


def of_one_piece(kind: str, cell: Structure, folder: Path) -> Any:
    """Return the document of a job that nothing stops."""
    folder.mkdir()
    job = JOBS[kind](interrupted(folder, []), cell)
    return document(run_here(job, folder), job.uuid)


def assert_same(one: LabelDoc | RelaxDoc, two: LabelDoc | RelaxDoc) -> None:
    """The numbers of two documents are the same, bit for bit."""
    assert one.structure == two.structure
    if isinstance(one, RelaxDoc):
        assert isinstance(two, RelaxDoc)
        assert (one.energy_ev, one.n_steps, one.converged) == (two.energy_ev, two.n_steps, True)
        return
    assert isinstance(two, LabelDoc)
    assert one.n_steps == two.n_steps
    assert [f.provenance.time_fs for f in one.frames] == [f.provenance.time_fs for f in two.frames]
    for mine, other in zip(one.frames, two.frames, strict=True):
        np.testing.assert_array_equal(mine.positions, other.positions)
        np.testing.assert_array_equal(mine.cell, other.cell)
        np.testing.assert_array_equal(mine.forces, other.forces)
        np.testing.assert_array_equal(mine.stress, other.stress)
        assert mine.energy_ev == other.energy_ev
        assert mine.provenance.job_uuid == one.job_uuid
    if one.structure is not None and two.structure is not None:
        velocities = [doc.site_properties["velocities"] for doc in (one.structure, two.structure)]
        np.testing.assert_array_equal(*velocities)


@pytest.mark.parametrize(
    ("kind", "ends"), [("md", [14, 38]), ("npt", [14, 38]), ("static", [2, 4]), ("relax", [3, 9])]
)
def test_job_goes_on_in_new_jobs(
    oxide: Structure, tmp_path: Path, kind: str, ends: list[int]
) -> None:
    """Three pieces are one run, and what refers to the job gets the output of the last."""
    whole = of_one_piece(kind, oxide, tmp_path / "whole")
    job = JOBS[kind](interrupted(tmp_path, ends), oxide)
    job.name, job.metadata = "the run", {"study": "mine"}
    flow: list[Job] = [job]
    if kind == "md":
        flow.append(AseEngine(calculator="toy").static(job.output.frames))
    store = run_here(Flow(flow), tmp_path / "pieces")
    found = list(store.query({"uuid": job.uuid}, sort={"index": 1}))
    assert [doc["index"] for doc in found] == [1, 2, 3]
    assert {doc["name"] for doc in found} == {"the run"}
    assert {doc["metadata"]["study"] for doc in found} == {"mine"}
    done = document(store, job.uuid)
    assert_same(done, whole)
    # the forces at a checkpoint, which the same calculator may still have
    assert 0 <= calls(tmp_path) - n_calls(kind, whole) <= (0 if kind == "static" else 2)
    if kind == "md":
        assert len(document(store, flow[1].uuid).frames) == 7


def n_calls(kind: str, doc: Any) -> int:
    """Return the calls that a job in one piece makes."""
    return int(doc.n_steps) + (kind != "static")


def study_store(folder: Path) -> JobStore:
    store = open_store(folder / "store")
    store.connect()
    return store


@pytest.mark.parametrize("kind", list(JOBS))
def test_replaced_job_of_a_study(oxide: Structure, tmp_path: Path, kind: str) -> None:
    """Worker processes and content-derived uuids; the second run of the study runs nothing."""
    whole = of_one_piece(kind, oxide, tmp_path / "whole")
    store, home = study_store(tmp_path), tmp_path / "study"
    for _ in range(2):
        job = JOBS[kind](interrupted(tmp_path, [3]), oxide)
        outputs = run_study(job, store, home, processes=1)
        assert_same(outputs[job.uuid], whole)
        assert 0 <= calls(tmp_path) - n_calls(kind, whole) <= (kind != "static")
        state = StudyState.read(home)
        assert [(j.index, j.state) for j in state.jobs] == [(1, "done"), (2, "done")]
    first, second = (Path(j.folder) for j in state.jobs)
    assert outputs[job.uuid].directory == str(first)
    assert {path.suffix for path in second.iterdir()} <= {".json", ".log"}


@pytest.mark.parametrize(
    ("kind", "killed", "lost"), [("md", 36, 6), ("npt", 36, 6), ("static", 4, 1), ("relax", 9, 2)]
)
def test_killed_job_of_a_study(
    oxide: Structure, tmp_path: Path, kind: str, killed: int, lost: int
) -> None:
    """SIGKILL costs what came after the last frame, label or step; the same folder is used."""
    whole = of_one_piece(kind, oxide, tmp_path / "whole")
    store, home = study_store(tmp_path), tmp_path / "study"
    job = JOBS[kind](interrupted(tmp_path, [], killed), oxide)
    with pytest.raises(CalculationError, match="killed by SIGKILL"):
        run_study(job, store, home, processes=1)
    before = StudyState.read(home).jobs[0].folder
    again = JOBS[kind](interrupted(tmp_path, [], killed), oxide)
    outputs = run_study(again, store, home, processes=1)
    assert StudyState.read(home).jobs[0].folder == before
    assert_same(outputs[again.uuid], whole)
    assert calls(tmp_path) == n_calls(kind, whole) + lost


def test_study_ends_with_its_queue_job(
    oxide: Structure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, home = study_store(tmp_path), tmp_path / "study"
    job = JOBS["static"](AseEngine(calculator="toy"), oxide)
    monkeypatch.setenv("AMORPH_DEADLINE", str(time.time() - 1))
    with pytest.raises(WalltimeError, match="1 jobs wait"):
        run_study(job, store, home, processes=1)
    state = StudyState.read(home)
    assert (state.state, [j.state for j in state.jobs]) == ("interrupted", ["waiting"])
    monkeypatch.delenv("AMORPH_DEADLINE")
    again = JOBS["static"](AseEngine(calculator="toy"), oxide)
    assert len(run_study(again, store, home, processes=1)[again.uuid].frames) == 6


@pytest.mark.parametrize("kind", list(JOBS))
def test_unusable_prev_dir_is_refused(oxide: Structure, tmp_path: Path, kind: str) -> None:
    engine = AseEngine(calculator="toy")
    for folder, message in (
        (tmp_path / "gone", "is not a folder"),
        (tmp_path, "again without prev_dir"),
    ):
        job = JOBS[kind](engine, oxide)
        job.function_kwargs["prev_dir"] = str(folder)
        with pytest.raises(InputError, match=message):
            job.run(memory_store_connected())


def memory_store_connected() -> JobStore:
    store = memory_store()
    store.connect()
    return store
