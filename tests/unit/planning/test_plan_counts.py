"""What a plan counts, without any timing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from jobflow import Flow
from pymatgen.core import Structure

from amorph_flows.datasets import FrameSet
from amorph_flows.engines import AseEngine
from amorph_flows.flows import AmorphousElectrodeMaker, ComparePotentialsMaker, SamplingMaker
from amorph_flows.planning._at_best import obstacles_of
from amorph_flows.planning._cost import cost_of
from amorph_flows.planning._schedule import end_of_schedule
from amorph_flows.planning._walk import walk
from amorph_flows.planning.case import AT_MOST, EXPECTED, Case
from amorph_flows.planning.forecast import FORECASTERS, Call, Expected, Forecast, forecaster
from amorph_flows.planning.rates import Rate
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.combined import GlassesUntil
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.fits import MTPSettings, NequIPSettings, PODSettings, SnapSettings
from amorph_flows.schemas.labelling import EngineInfo, LabelDoc, RelaxDoc
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.schemas.until import Until
from amorph_flows.structures import v2o5
from amorph_flows.structures.configuration import to_structure
from amorph_flows.testing.alloy import alloy_frames

TOY = AseEngine(calculator="toy")


def _demo(engine=TOY):
    return replace(AmorphousElectrodeMaker.from_preset("demo"), engine=engine).make(v2o5())


@pytest.fixture(scope="module")
def demo():
    """The flow of the demonstration; a walk leaves it as it is."""
    return _demo()


def _amount(nodes, unit):
    tasks = (task for node in nodes for task in node.forecast.tasks)
    return sum(task.n for task in tasks if task.timed.unit == unit)


def test_md_takes_the_forces_of_the_start_and_of_every_step():
    stage = MDStage(
        name="hold",
        start_temperature_k=900,
        end_temperature_k=900,
        duration_fs=210,
        frame_stride=20,
    )
    (node,) = walk(TOY.md(v2o5(), stage), EXPECTED)
    assert [task.n for task in node.forecast.tasks] == [106]
    assert node.forecast.output.n_frames == 7  # 0, 20, …, 100 and the last
    assert node.forecast.output.sampled_fs == 210


def test_glasses_up_to_the_most_are_jobs_of_the_plan():
    goal = GlassesUntil(quantity="average_voltage", relative_error=0.1, most_glasses=3)
    study = replace(AmorphousElectrodeMaker.from_preset("demo"), engine=TOY, until=goal)
    flow = study.make(v2o5())
    names = [Counter(node.name for node in walk(flow, case)) for case in (EXPECTED, AT_MOST)]
    glasses = [sum(name.startswith("collect_quench") for name in found) for found in names]
    assert glasses == [2, 3]
    assert [sum("glass 3" in name for name in found) > 10 for found in names] == [False, True]
    assert [found["report"] for found in names] == [2, 2]


def test_turns_of_active_learning_are_jobs_of_the_plan(demo):
    names = [Counter(node.name for node in walk(demo, case)) for case in (EXPECTED, AT_MOST)]
    turns = [sum("conclude turn" in name for name in found) for found in names]
    assert turns == [2, 3]
    assert [sum("summary of turn" in name for name in found) for found in names] == [2, 3]
    ends = [{name for name in found if name.endswith("turns")} for found in names]
    assert ends == [{"active learning: all 2 turns"}, {"active learning: all 3 turns"}]
    assert [sum("explore" in name for name in found) for found in names] == [16, 24]


def test_everything_downstream_waits_for_the_last_turn(demo):
    nodes = walk(demo, AT_MOST)
    [last] = [node for node in nodes if node.name == "active learning: all 3 turns"]
    production = [node for node in nodes if node.name.startswith("production MD")]
    assert production
    assert all(last.uuid in node.parents for node in production)


def test_at_most_is_never_less_than_expected(demo):
    expected, at_most = walk(demo, EXPECTED), walk(demo, AT_MOST)
    for unit in ("calls", "steps", "atoms times steps", "searches"):
        assert 0 < _amount(expected, unit) <= _amount(at_most, unit), unit


def test_runs_of_the_last_turn_are_unbroken(demo):
    case = Case(turns=1.0, unbroken=0.25)
    runs = [n for n in walk(demo, case) if "explore" in n.name]
    steps = {n.given["turn"]: n.forecast.tasks[0].n for n in runs}
    assert steps == {1: 2500, 2: 2500, 3: 10_000}


def test_batches_are_cut_into_jobs_that_are_counted():
    walked = walk(_demo(replace(TOY, labels_per_job=4)), AT_MOST)
    nodes = [n for n in walked if n.name == "active learning: label, turn 1 batch 1"]
    merged = [n for n in walked if n.name == "merge_labels"]
    assert len(nodes) == 1 + 4  # one cuts, four label 15 frames
    assert sum(task.n for node in nodes for task in node.forecast.tasks) == pytest.approx(15)
    assert len(nodes[0].parents) == 1
    assert any(set(m.parents) == {n.uuid for n in nodes[1:]} for m in merged)


@stage_job(LabelDoc, kind="md")
def shake(structure: Structure, n_steps: int) -> LabelDoc:
    """Stand for a stage of one's own."""
    raise NotImplementedError


@pytest.mark.parametrize("case", [EXPECTED, AT_MOST])
def test_a_run_with_a_goal_uses_its_budget_up(case):
    until = Until(verdict="energy steady?", budget_ps=1.0)
    maker = SamplingMaker(engine=TOY, duration_fs=200.0, frame_stride=10, until=until)
    hold = maker.make(v2o5(), 900.0)
    after = TOY.relax(hold.output.structure)
    nodes = walk(Flow([hold, after]), case)
    assert [node.kind for node in nodes] == ["dft", "light", "dft", "light", "dft"]
    assert _amount(nodes[:-1], "calls") == 500 + 2  # and the two starts
    held = nodes[-2].forecast.output
    assert (held.sampled_fs, held.n_frames) == (1000.0, 11 + 41)
    assert nodes[-1].parents == (nodes[-2].uuid,)
    assert nodes[-1].forecast.is_known


def test_a_budget_that_is_long_enough_is_no_obstacle(demo):
    study = replace(AmorphousElectrodeMaker.from_preset("demo"), engine=TOY)
    goal = Until(verdict="energy steady?", budget_ps=25.0)
    study = replace(study, sampling=replace(study.sampling, until=goal))
    with_goal, without = walk(study.make(v2o5()), AT_MOST), walk(demo, AT_MOST)
    assert all(node.forecast.is_known for node in with_goal)
    obstacles = [{(o.results, o.question) for o in obstacles_of(n)} for n in (with_goal, without)]
    assert obstacles[1] - obstacles[0] == {
        ("voltage of engine MD", "sampled long enough?"),
        ("all from MD with the potential", "enough training frames?"),
    }


def test_core_hours_of_a_goal_limit_what_is_planned():
    until = Until(verdict="energy steady?", budget_core_hours=0.01)
    hold = SamplingMaker(engine=TOY, duration_fs=200.0, until=until).make(v2o5(), 900.0)
    nodes = walk(hold, AT_MOST)
    keys = {task.timed.key for node in nodes for task in node.forecast.tasks}
    rate = Rate(core_seconds=0.1, memory_gb=0.1, n_parameters=0, measured="now")
    costs = [cost_of(node, dict.fromkeys(keys, rate)).core_s for node in nodes]
    assert sum(costs) == pytest.approx(36.0, abs=0.2 + 0.6 * len(nodes))


def test_what_is_not_known_is_said_and_handed_on():
    hold = MDStage(name="hold", start_temperature_k=9, end_temperature_k=9, duration_fs=20)
    md = TOY.md(v2o5(), hold)
    own = shake(md.output.structure, 100)
    after = TOY.relax(own.output.structure)
    nodes = walk(Flow([md, own, after]), EXPECTED)
    assert [node.forecast.is_known for node in nodes] == [True, False, True]
    assert nodes[2].forecast.tasks[0].timed.structure == v2o5()


def test_a_stage_of_ones_own_can_be_forecast():
    path = f"{__name__}.shake"

    @forecaster(path)
    def tell(call: Call) -> Forecast:
        return Forecast(output=Expected(structure=call.structure() * 2))

    try:
        job = shake(v2o5(), 100)
        (node,) = walk(job, EXPECTED)
    finally:
        del FORECASTERS[path]
    assert node.forecast.is_known
    assert len(node.forecast.output.structure) == 8 * len(v2o5())


def test_a_job_whose_input_cannot_be_told_is_not_known():
    @stage_job(RelaxDoc, kind="light")
    def nothing() -> RelaxDoc:
        raise NotImplementedError

    made = nothing()
    hold = MDStage(name="hold", start_temperature_k=9, end_temperature_k=9, duration_fs=20)
    nodes = walk(Flow([made, TOY.md(made.output.structure, hold)]), EXPECTED)
    assert [node.forecast.is_known for node in nodes] == [True, False]


@pytest.mark.parametrize(("workers", "end"), [(1, 12.0), (2, 8.0), (3, 8.0)])
def test_each_worker_takes_the_first_job_that_can_run(workers, end):
    parents = {"a": [], "b": [], "c": ["a"], "d": ["b", "c", "elsewhere"]}
    seconds = {"a": 2.0, "b": 4.0, "c": 3.0, "d": 3.0}
    assert end_of_schedule(list("abcd"), parents, seconds, workers) == end


def test_fits_of_a_comparison_go_through_the_frames_of_their_subsets():
    frames = FrameSet(alloy_frames(10, seed=0))
    alloy = to_structure(frames[0].to_atoms())
    data = DatasetDoc.empty(EngineInfo(name="EMT", settings_hash="emt", surrogate=True))
    parts = {"training": [0, 1, 2, 3, 4, 5], "validation": [6], "test_random": [7, 8, 9]}
    data = data.model_copy(update={"frames": frames, **parts})
    methods = (
        MTPSettings(level=8, cutoff=4.0, max_steps=100),
        SnapSettings(cutoff=4.0, trials=3),
        PODSettings(cutoff=4.0),
    )
    flow = ComparePotentialsMaker(methods=methods, sizes=(2, 6)).make(data, alloy)
    nodes = walk(flow, EXPECTED)
    assert all(node.forecast.is_known for node in nodes)
    atoms = sum(len(frame.numbers) for frame in frames) / len(frames)
    fits = [node for node in nodes if node.kind == "fit"]
    passes = [node.forecast.tasks[0].n / atoms for node in fits]
    assert passes == pytest.approx([200, 600, 6, 18, 2, 6])
    [measured, *_] = [node for node in nodes if "measure" in node.name]
    of_frames, of_md = measured.forecast.tasks[:-1], measured.forecast.tasks[-1]
    assert sum(task.n for task in of_frames) == pytest.approx(4)
    assert of_md.timed.structure == alloy
    assert not obstacles_of(nodes)


@pytest.mark.parametrize(
    ("settings", "passes"),
    [
        (MTPSettings(max_steps=7), 7),
        (SnapSettings(trials=5, max_steps=3), 3),
        (NequIPSettings(max_steps=10, members=3), 30),
        (PODSettings(), 1),
    ],
)
def test_how_often_a_fit_goes_through_its_frames(settings, passes):
    assert settings.passes == passes
