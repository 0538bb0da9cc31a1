import os
import signal
import sys
from collections import Counter
from pathlib import Path

import hanging_study
import psutil
import pytest
from jobflow import Flow, JobStore, run_locally
from jobflow.core.flow import JobOrder
from local_jobs import (
    AddMaker,
    Scale,
    ScaleMaker,
    count_up,
    count_up_alone,
    die,
    fail_unless,
    fan_out,
    scale_later,
    stop,
    total,
    total_of_what_is_there,
    wait_for_other,
    with_more,
)
from maggma.stores import MemoryStore
from processes import LONG_S, started

from amorph_flows.errors import CalculationError, InputError
from amorph_flows.executors import run_study
from amorph_flows.executors.state import StudyState, is_locked
from amorph_flows.store import open_store


@pytest.fixture
def marks(tmp_path, monkeypatch):
    folder = tmp_path / "marks"
    folder.mkdir()
    monkeypatch.setenv("TEST_MARKS", str(folder))
    return folder


@pytest.fixture
def run(tmp_path, marks):
    """Run a flow in this process; the store lives as long as the test."""
    store = JobStore(MemoryStore())
    store.connect()
    return lambda flow, **settings: run_study(flow, store, tmp_path / "study", **settings)


@pytest.fixture
def run_parallel(tmp_path, marks):
    """Run a flow in worker processes over the embedded store."""
    study = tmp_path / "study"
    return lambda flow, n=2: run_study(flow, open_store(study), study, n)


def executions(marks):
    return Counter(path.name.split(".")[0] for path in marks.glob("*.*"))


def chain(first=1, offset=0):
    """Three additions and their total; `offset` changes the third only."""
    a = AddMaker(name="a").make(first, 1)
    b = AddMaker(name="b").make(a.output["sum"], 1)
    c = AddMaker(name="c", offset=offset).make(10, 10)
    end = total([a.output["sum"], b.output["sum"], c.output["sum"]])
    return Flow([a, b, c, end], output=end.output)


def state_of(tmp_path):
    return StudyState.read(tmp_path / "study")


def states(tmp_path):
    return {job.name: job.state for job in state_of(tmp_path).jobs}


def test_result_and_files(run_parallel, tmp_path, marks):
    flow = chain()
    outputs = run_parallel(flow)
    assert outputs[flow.output.uuid] == 2 + 3 + 20
    assert outputs[flow[0].uuid] == {"sum": 2}
    state = state_of(tmp_path)
    assert state.state == "complete"
    assert {job.state for job in state.jobs} == {"done"}
    assert all(job.finished >= job.started for job in state.jobs)
    folders = sorted(f.name for f in (tmp_path / "study" / "jobs").iterdir())
    assert [f.split("-")[1] for f in folders][-1] == "total"
    assert all((Path(job.folder) / "job.log").exists() for job in state.jobs)


def test_second_run_runs_nothing(run, marks):
    run(chain())
    before = executions(marks)
    assert before == {"add-a": 1, "add-b": 1, "add-c": 1, "total": 1}
    flow = chain()
    assert run(flow)[flow.output.uuid] == 25
    assert executions(marks) == before


def test_edit_reruns_only_what_it_reaches(run, marks):
    run(chain())
    run(chain(offset=5))
    assert executions(marks) == {"add-a": 1, "add-b": 1, "add-c": 2, "total": 2}
    run(chain(first=2))
    assert executions(marks) == {"add-a": 2, "add-b": 2, "add-c": 2, "total": 3}
    run(chain())
    assert executions(marks) == {"add-a": 2, "add-b": 2, "add-c": 2, "total": 3}


def test_names_metadata_and_hosts_are_no_edit(run, marks):
    run(chain())
    flow = chain()
    flow.append_name(" again")
    flow.update_metadata({"note": "other"})
    run(Flow([flow]))
    assert sum(executions(marks).values()) == 4


def test_equal_jobs_of_a_flow_are_distinct(run, marks):
    twins = [AddMaker().make(1, 1) for _ in range(2)]
    outputs = run(Flow(twins))
    assert len({job.uuid for job in twins}) == 2
    assert [outputs[job.uuid]["sum"] for job in twins] == [2, 2]
    assert executions(marks) == {"add-add": 2}


@pytest.mark.parametrize("loop", [count_up, count_up_alone])
def test_replacing_loop_runs_once_and_its_output_is_the_last(run_parallel, marks, loop):
    def flow():
        counting = loop(0, 3)
        return Flow([counting, end := total([counting.output, 100])], output=end.output)

    first, second = flow(), flow()
    assert run_parallel(first)[first.output.uuid] == 103
    before = executions(marks)
    assert set(before.values()) == {1}
    assert run_parallel(second)[second.output.uuid] == 103
    assert executions(marks) == before


def test_models_inside_makers_survive_in_stored_jobs(run, marks, tmp_path):
    def flow(factor, shift):
        maker = ScaleMaker(scale=Scale(factor=factor), shifts=(shift,) * 3)
        return Flow([later := scale_later(maker, 2.0)], output=later.output)

    first, other = flow(2.0, 1.0), flow(3.0, 1.0)
    assert run(first)[first.output.uuid] == 7.0
    assert run(other)[other.output.uuid] == 9.0
    again, shifted = flow(2.0, 1.0), flow(2.0, 2.0)
    assert run(again)[again.output.uuid] == 7.0
    assert run(shifted)[shifted.output.uuid] == 10.0
    assert executions(marks) == {"later": 3, "scale-2": 2, "scale-3": 1}


def test_killed_controller_children_come_from_the_store(run, marks, tmp_path):
    marker = tmp_path / "marker"
    fan = fan_out([1, -1], str(marker))
    with pytest.raises(CalculationError):
        run(Flow([fan]))
    marker.touch()
    fan = fan_out([1, -1], str(marker))
    assert run(Flow([fan]))[fan.uuid] == [1, -1]
    assert executions(marks) == {"fan": 1, "add-add": 1, "fail": 2}


def test_same_numbers_as_jobflow_itself(run, marks):
    ours = fan_out([1, 2, 3], "unused")
    theirs = fan_out([1, 2, 3], "unused")
    memory = JobStore(MemoryStore())
    run_locally(theirs, store=memory, log=False)
    assert run(ours)[ours.uuid] == memory.get_output(theirs.uuid) == [1, 2, 3]


def test_detour_comes_before_what_is_downstream_and_addition_runs(run, marks, tmp_path):
    more = with_more(1)
    end = total([more.output, 1])
    run(Flow([more, end]))
    state = {job.name: job for job in state_of(tmp_path).jobs}
    assert state["detour"].finished <= state["total"].started
    assert state["addition"].state == "done"
    run(Flow([with_more(1)]))
    assert set(executions(marks).values()) == {1}


def test_children_of_a_stopping_job_do_not_run(run, marks, tmp_path):
    first = stop(1)
    run(Flow([first, total([first.output])]))
    assert states(tmp_path) == {"stop": "done", "total": "stopped"}


def test_linear_flow_keeps_its_order(run, marks, tmp_path):
    run(Flow([AddMaker(name=n).make(1, i) for i, n in enumerate("ab")], order=JobOrder.LINEAR))
    state = {job.name: job for job in state_of(tmp_path).jobs}
    assert state["a"].finished <= state["b"].started


def test_jobs_run_at_the_same_time(run_parallel, marks):
    one, other = wait_for_other("one", "other"), wait_for_other("other", "one")
    outputs = run_parallel(Flow([one, other]))
    assert outputs[one.uuid] == "one"
    pids = {path.read_text().split()[1] for path in marks.glob("meet-*")}
    assert len(pids) == 2


def failing(marker, collect=total_of_what_is_there):
    bad, good = fail_unless(str(marker), -1), AddMaker(name="good").make(1, 1)
    collector = collect([bad.output, good.output["sum"]])
    after = AddMaker(name="after").make(collector.output, 0)
    return Flow([bad, good, collector, after], output=after.output["sum"])


def test_failed_job_does_not_stop_who_can_do_without(run_parallel, marks, tmp_path):
    flow = failing(tmp_path / "marker")
    assert run_parallel(flow)[flow.output.uuid] == {"sum": 2}
    failed = next(job for job in state_of(tmp_path).jobs if job.state == "failed")
    assert failed.reason == "ValueError: no file for value -1"
    assert "Traceback" in (Path(failed.folder) / "job.log").read_text()


def test_repaired_failure_reaches_the_collector(run, marks, tmp_path):
    marker = tmp_path / "marker"
    run(failing(marker))
    run(failing(marker))
    assert executions(marks) == {"fail": 2, "add-good": 1, "forgiving": 1, "add-after": 1}
    run(failing(marker), retry_failed=False)
    assert executions(marks)["fail"] == 2
    marker.touch()
    flow = failing(marker)
    assert run(flow)[flow.output.uuid] == {"sum": 1}
    assert executions(marks) == {"fail": 3, "add-good": 1, "forgiving": 2, "add-after": 2}
    run(failing(marker))
    assert sum(executions(marks).values()) == 8


def test_failure_blocks_what_needs_it_and_is_named(run, marks, tmp_path):
    with pytest.raises(CalculationError) as error:
        run(failing(tmp_path / "marker", collect=total))
    message = str(error.value)
    assert "fail_unless: ValueError: no file for value -1" in message
    assert state_of(tmp_path).jobs[0].folder in message
    assert "2 more could not run" in message
    assert states(tmp_path) == {
        "fail_unless": "failed",
        "good": "done",
        "total": "blocked",
        "after": "blocked",
    }
    assert state_of(tmp_path).state == "failed"


def test_job_that_needs_a_failed_one_is_blocked_on_resume_too(run, marks, tmp_path):
    def flow():
        bad, good = fail_unless(str(tmp_path / "marker"), -1), AddMaker(name="good").make(1, 1)
        return Flow([bad, good, total([bad.output, good.output["sum"]])])

    for _ in range(2):
        with pytest.raises(CalculationError, match="1 job failed; 1 more"):
            run(flow())
        assert states(tmp_path)["total"] == "blocked"
    assert executions(marks) == {"fail": 2, "add-good": 1}


def test_failure_inside_a_replacement(run, marks, tmp_path):
    fan = fan_out([1, -1, 2], str(tmp_path / "marker"))
    end = total_of_what_is_there(fan.output)
    assert run(Flow([fan, end]))[end.uuid] == 3
    fan = fan_out([1, -1, 2], str(tmp_path / "marker"))
    strict = total(fan.output)
    with pytest.raises(CalculationError, match="1 job failed; 1 more"):
        run(Flow([fan, strict]))
    with pytest.raises(CalculationError, match="no file for value -1"):
        run(fan_out([1, -1, 2], str(tmp_path / "marker")))


def test_dead_worker_costs_one_job(run_parallel, marks, tmp_path):
    dying, fine = die(1), chain()
    with pytest.raises(CalculationError, match="killed by SIGKILL"):
        run_parallel(Flow([dying, fine]), 1)
    assert Counter(states(tmp_path).values()) == {"failed": 1, "done": 4}


def test_memory_store_runs_in_this_process(run, marks):
    flow, before = chain(), Path.cwd()
    assert run(flow)[flow.output.uuid] == 25
    assert {path.read_text().split()[1] for path in marks.iterdir()} == {str(os.getpid())}
    assert Path.cwd() == before


def test_events_tell_the_state(run, marks):
    seen = []
    run(chain(), on_event=lambda state: seen.append(Counter(j.state for j in state.jobs)))
    assert seen[0] == {"waiting": 4}
    assert seen[-1] == {"done": 4}
    assert any(counts["running"] for counts in seen)


def test_function_of_the_script_itself_is_refused(run_parallel, monkeypatch):
    flow = chain()
    for job in flow:
        monkeypatch.setattr(
            job.function.__func__ if job.maker else job.function, "__module__", "__main__"
        )
    with pytest.raises(InputError, match="put it into a module"):
        run_parallel(flow)


def start_script(tmp_path, marks, name):
    """Run the study of `hanging_study`, its output in a file of that name."""
    command = [sys.executable, hanging_study.__file__, tmp_path / "study"]
    return started(command, tmp_path / name, environment={"TEST_MARKS": str(marks)})


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_killed_study_resumes(tmp_path, marks, how):
    study = tmp_path / "study"
    with start_script(tmp_path, marks, "first") as process:
        process.wait_until(lambda: executions(marks)["hang"], "a job that hangs")
        assert StudyState.read(study).state == "running"
        assert is_locked(study)
        with pytest.raises(InputError, match=f"already running .process {process.pid}"):
            run_study(chain(), open_store(study), study)
        workers = process.children()
        process.send(how)
        process.wait()
        assert not psutil.wait_procs(workers, LONG_S)[1], "a worker outlived its study"
    assert StudyState.read(study).state == "interrupted"
    (marks / "go").touch()
    with start_script(tmp_path, marks, "second") as again:
        assert again.wait() == 0, again.tail()
        assert again.tail().strip().endswith("total 4")
    assert executions(marks) == {"add-a": 1, "hang": 2, "total": 1}
    assert len(list((study / "jobs").iterdir())) == 3


def test_document_without_its_bulk_data_is_not_finished(run, marks, tmp_path):
    from amorph_flows.executors._consequences import finished_before

    store = open_store(tmp_path / "study")
    store.update({"uuid": "a", "index": 1, "output": {"frames": [1]}}, save={"data": ["frames"]})
    assert finished_before(store, "a", 1) is not None
    for path in (tmp_path / "study" / "store" / "data").glob("*.bson"):
        path.unlink()
    assert finished_before(store, "a", 1) is None


def test_jobs_that_wait_for_each_other(run, marks):
    first = AddMaker(name="first").make(1, 1)
    second = AddMaker(name="second").make(first.output["sum"], 1)
    first.function_args = (second.output["sum"], 1)
    with pytest.raises(InputError, match="wait for each other"):
        run(Flow([first, second]))
