"""The job decorator."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jobflow import Job, JobStore, Maker, Response, run_locally
from maggma.stores import MemoryStore

from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.labelling import EngineInfo, LabelDoc


def _doc(run: str) -> LabelDoc:
    frame = Frame(np.array([8]), np.zeros((1, 3)), np.eye(3) * 5)
    info = EngineInfo(name="toy", settings_hash="x", surrogate=True)
    return LabelDoc(engine=info, run=run, frames=FrameSet([frame]))


@stage_job(LabelDoc)
def plain(run: str) -> LabelDoc:
    return _doc(run)


@stage_job(LabelDoc)
def responding(run: str) -> Response[LabelDoc]:
    return Response(output=_doc(run), stored_data={"a": 1})


@dataclass
class SomeMaker(Maker):
    name: str = "some"

    @stage_job(LabelDoc)
    def make(self, run: str) -> LabelDoc:
        return _doc(f"{self.name} {run}")


def _run(job: Job, folder: Path) -> LabelDoc:
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    again = Job.from_dict(json.loads(json.dumps(job.as_dict())))
    run_locally(again, store=store, root_dir=folder, create_folders=True, ensure_success=True)
    raw = store.get_output(job.uuid, load=False)
    assert "blob_uuid" in raw["frames"]
    document = job.output.resolve(store)
    assert isinstance(document, LabelDoc)
    return document


def test_function_response_and_maker_jobs_are_signed(tmp_path: Path) -> None:
    for job, run in (
        (plain("a"), "a"),
        (responding("b"), "b"),
        (SomeMaker(name="M").make("c"), "M c"),
    ):
        document = _run(job, tmp_path)
        assert document.run == run
        assert document.job_uuid == job.uuid
        assert Path(document.directory).parent == tmp_path
        assert document.cpu_seconds is not None
        assert document.cpu_seconds >= 0
        assert len(document.frames) == 1
        assert isinstance(document.frames, FrameSet)


def test_output_references_know_the_schema() -> None:
    job = plain("a")
    assert job.output.structure.attributes[0][1] == "structure"
    assert job.output_schema is LabelDoc
