"""A fit that its queue job is too short for goes on in a new job, in the same folder."""

from __future__ import annotations

from pathlib import Path

from jobflow import JobStore, run_locally

from amorph_flows.jobs.potential import fit_potential
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.fits import FitSettings
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.store import open_store
from amorph_flows.testing.alloy import alloy_frames


def test_fit_goes_on_in_a_new_job(tmp_path: Path) -> None:
    frames = alloy_frames(4, seed=0)
    engine = EngineInfo(name="EMT", settings_hash="emt", surrogate=True)
    dataset = DatasetDoc.empty(engine).model_copy(
        update={"frames": frames, "training": list(range(len(frames)))}
    )
    settings = FitSettings(backend="stopped_fit:StoppedFit", max_steps=150)
    store: JobStore = open_store(tmp_path)
    job = fit_potential(dataset, settings)
    responses = run_locally(
        job, store=store, create_folders=True, root_dir=tmp_path, ensure_success=True, log=False
    )
    assert sorted(responses[job.uuid]) == [1, 2]
    doc = responses[job.uuid][2].output
    (folder,) = {path.parent for path in tmp_path.rglob("counted")}
    assert doc.directory == str(folder)
    assert int(doc.files["begun_at"]) > 0
    assert doc.training_cpu_seconds > 150 * 0.05
    assert doc.cpu_seconds > 150 * 0.05
