"""Fitting a potential on its own: settings are chosen on validation frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from jobflow import Flow, JobStore, run_locally
from jobflow.managers.fireworks import flow_to_workflow

from amorph_flows.engines import AseEngine
from amorph_flows.flows import AmorphousElectrodeMaker, SamplingMaker
from amorph_flows.schemas.fits import MTPSettings
from amorph_flows.store import open_store
from amorph_flows.structures import supercell_near, v2o5


def test_the_better_of_two_settings_on_validation_frames_is_kept(
    tmp_path: Path, tiny_study: Callable[..., AmorphousElectrodeMaker]
) -> None:
    study = tiny_study()
    sampling = SamplingMaker(engine=AseEngine(calculator="toy"), duration_fs=300.0, frame_stride=5)
    sampled = sampling.make(supercell_near(v2o5(), study.cell_lengths_a), 900.0, "V2O5")
    poor = MTPSettings(level=2, cutoff=2.2, max_seconds=1.0, max_steps=5)
    flow = replace(study.fit, settings=poor, alternatives=(study.fit.settings,)).make(
        [sampled.output]
    )
    store: JobStore = open_store(tmp_path)
    responses = run_locally(
        Flow([sampled, flow]),
        store=store,
        create_folders=True,
        root_dir=tmp_path,
        ensure_success=True,
        log=False,
    )
    fits = [responses[job.uuid][1].output for job in flow.jobs[1:-1]]
    chosen = responses[flow.jobs[-1].uuid][1].output
    errors = [fit.errors["validation"].force_rmse_ev_a for fit in fits]
    assert errors[1] < errors[0]
    assert chosen.sha256 == fits[1].sha256


def test_the_whole_study_is_a_fireworks_workflow(
    tmp_path: Path, tiny_study: Callable[..., AmorphousElectrodeMaker]
) -> None:
    flow = tiny_study().make(v2o5())
    workflow = flow_to_workflow(flow, store=open_store(tmp_path))
    names = {firework.name for firework in workflow.fws}
    assert {"report", "transport", "dataset", "fit potential"} <= names
    assert len(workflow.as_dict()["fws"]) == len(list(flow.iterflow()))
