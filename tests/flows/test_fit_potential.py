"""Fitting a potential on its own: settings are chosen on validation frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from jobflow import Flow, JobStore, run_locally
from jobflow.managers.fireworks import flow_to_workflow

from amorph_flows.engines import AseEngine
from amorph_flows.flows import AmorphousElectrodeMaker, SamplingMaker
from amorph_flows.jobs.dataset import SplitBy
from amorph_flows.schemas.fits import MTPSettings
from amorph_flows.store import open_store
from amorph_flows.structures import supercell_near, v2o5


@pytest.mark.parametrize("split", ["blocks", "random"])
def test_the_better_of_two_settings_is_kept_on_the_frames_that_choose(
    tmp_path: Path, tiny_study: Callable[..., AmorphousElectrodeMaker], split: SplitBy
) -> None:
    study = tiny_study()
    choose_on: Literal["test", "validation"] = "test" if split == "random" else "validation"
    held_out = {"test": (0.6, 0.0), "validation": (0.1, 0.1)}[choose_on]
    sampling = SamplingMaker(engine=AseEngine(calculator="toy"), duration_fs=300.0, frame_stride=5)
    sampled = sampling.make(supercell_near(v2o5(), study.cell_lengths_a), 900.0, "V2O5")
    poor = MTPSettings(level=2, cutoff=2.2, max_seconds=1.0, max_steps=5, choose_on=choose_on)
    good = study.fit.settings.model_copy(update={"choose_on": choose_on})
    flow = replace(
        study.fit,
        settings=poor,
        alternatives=(good,),
        split=split,
        test_fraction=held_out[0],
        validation_fraction=held_out[1],
    ).make([sampled.output])
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
    part = {"test": "test_random", "validation": "validation"}[choose_on]
    errors = [fit.errors[part].force_rmse_ev_a for fit in fits]
    assert errors[1] < errors[0]
    assert chosen.sha256 == fits[1].sha256
    assert [trial.settings["level"] for trial in chosen.trials] == [8, 2]
    assert [trial.part for trial in chosen.trials] == [part, part]
    assert [trial.errors.force_rmse_ev_a for trial in chosen.trials] == errors[::-1]
    if split == "random":
        assert 0 < chosen.errors["test_apart"].n_frames < chosen.errors["test_random"].n_frames
        assert "test frames used once?" in {verdict.question for verdict in chosen.verdicts}
    else:
        assert "test_blocks" in chosen.errors
        assert "test_apart" not in chosen.errors


def test_the_whole_study_is_a_fireworks_workflow(
    tmp_path: Path, tiny_study: Callable[..., AmorphousElectrodeMaker]
) -> None:
    flow = tiny_study().make(v2o5())
    workflow = flow_to_workflow(flow, store=open_store(tmp_path))
    names = {firework.name for firework in workflow.fws}
    assert {"report", "transport", "dataset", "fit potential"} <= names
    assert len(workflow.as_dict()["fws"]) == len(list(flow.iterflow()))
