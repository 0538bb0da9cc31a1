"""Engine MD with a goal under FireWorks: as `amorph run` does it, and with its worker killed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from fireworks_home import FireworksHome
from jobflow import Flow, JobStore
from maggma.stores import MemoryStore

from amorph_flows.engines import AseEngine
from amorph_flows.executors import run_study
from amorph_flows.executors.fireworks.launchpad import find_workflows
from amorph_flows.executors.fireworks.rescue import Rescuer
from amorph_flows.executors.fireworks.status import read_submitted_state
from amorph_flows.executors.fireworks.submission import submit_to_fireworks
from amorph_flows.executors.state import goals
from amorph_flows.flows import SamplingMaker
from amorph_flows.jobs.dataset import build_dataset
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.until import Until
from amorph_flows.store import latest
from amorph_flows.structures import v2o5

LENGTHS_FS = [100.0, 200.0, 400.0, 600.0]


def held_until(folder: Path, killed: int = 0) -> tuple[Flow, Flow]:
    """Return a hold that uses its budget up in three extensions, with its dataset, and the hold."""
    folder.mkdir()
    counter = folder / "calls"
    counter.touch()
    calculator = {"counter": str(counter), "ends": [], "killed": killed}
    maker = SamplingMaker(
        engine=AseEngine("walltime_jobs:InterruptedCalculator", calculator),
        duration_fs=LENGTHS_FS[0],
        hot_frame_stride=5,
        until=Until(verdict="energy steady?", budget_ps=LENGTHS_FS[-1] / 1e3),
    )
    hold = maker.make(v2o5(), 1200.0, "V2O5")
    data = build_dataset([hold.output], test_fraction=0.0, validation_fraction=0.0)
    return Flow([hold, data]), hold


def test_a_hold_with_a_goal_is_the_same_under_fireworks_after_a_kill(
    fireworks_home: FireworksHome, tmp_path: Path
) -> None:
    here = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    here.connect()
    flow, hold = held_until(tmp_path / "here")
    expected = run_study(flow, here, tmp_path / "study")[hold.jobs[-1].output.uuid]
    assert isinstance(expected, LabelDoc)
    assert [extension.to_fs for extension in expected.extensions] == LENGTHS_FS[1:]
    assert expected.verdicts[0].answer == "TIME_USED_UP"

    home = fireworks_home
    flow, _ = held_until(tmp_path / "there", killed=130)  # in the second extension
    with home.store() as store:
        submit_to_fireworks(flow, home.launchpad, store)
    worker = home.command("rlaunch", "-s", "rapidfire", folder="killed")
    assert worker.wait() != 0
    home.end(worker)
    assert "RUNNING" in home.states().values()
    (workflow,) = find_workflows(home.launchpad)
    list(Rescuer(home.launchpad, silence_s=0.0).rescue(workflow))
    home.run("rlaunch", "-s", "rapidfire", folder="next")
    states = home.states()
    assert set(states.values()) == {"COMPLETED"}
    assert len(states) == 2 * len(LENGTHS_FS) + 1  # a piece and its judgement each, the dataset
    with home.store() as store:
        found, data = latest(store, LabelDoc), latest(store, DatasetDoc)
    assert found.verdicts[0].answer == "TIME_USED_UP"
    assert [e.to_fs for e in found.extensions] == LENGTHS_FS[1:]
    assert len(data.frames) == len(found.frames) == len(expected.frames)
    for one, two in zip(found.frames, expected.frames, strict=True):
        assert one.provenance.time_fs == two.provenance.time_fs
        np.testing.assert_array_equal(one.positions, two.positions)
    (workflow,) = find_workflows(home.launchpad)
    [(_, step)] = goals(read_submitted_state(home.launchpad, workflow))
    assert step.reached is False
    assert step.goal.startswith("goal: energy steady?")
