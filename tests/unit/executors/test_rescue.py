"""What tells a dead job from a living one, without a database."""

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from jobflow import Job
from processes import started

from amorph_flows.executors.fireworks._liveness import liveness
from amorph_flows.executors.fireworks.rescue import distrust
from amorph_flows.executors.fireworks.status import reason
from amorph_flows.runtime.queues import SlurmJobs
from amorph_flows.runtime.runner import Runner, read_runner, write_runner

QUEUE = SlurmJobs("cluster", frozenset({"7"}))


def _utc(moment):
    return datetime.fromtimestamp(moment, UTC).replace(tzinfo=None)


def _running(folder, uuid="u", heard=0.0, started=None):
    entry = {
        "state": "RUNNING",
        "created_on": _utc(started if started is not None else time.time() - 60),
        "updated_on": _utc(time.time() - heard).isoformat(),
    }
    firework = {"state": "RUNNING", "spec": {"_tasks": [{"job": {"uuid": uuid}}]}}
    return firework, {"launch_dir": str(folder), "state": "RUNNING", "state_history": [entry]}


def _write(folder, **fields):
    told = {"uuid": "u", "host": "elsewhere", "pid": 1, "started": time.time()} | fields
    (folder / "runner.json").write_text(Runner(**told).model_dump_json())


@pytest.fixture
def child(tmp_path):
    """A process that has said in the folder that it runs job ``u``."""
    code = (
        "import time; from amorph_flows.runtime.runner import write_runner\n"
        "class job: uuid = 'u'; metadata = {'fw_id': 1}\n"
        "write_runner(job); print('ready', flush=True); time.sleep(600)"
    )
    with started([sys.executable, "-c", code], tmp_path.parent / "child.log", tmp_path) as process:
        process.wait_until(lambda: "ready" in process.tail(), "it has said so")
        yield process


def test_a_process_is_alive_until_it_is_killed(child, tmp_path):
    silent = _running(tmp_path, heard=1e6)
    life = liveness(*silent, None, 3600)
    assert life.alive
    assert f"process {child.pid}" in life.reason
    child.kill()
    fresh = _running(tmp_path)
    assert not liveness(*fresh, None, 3600).alive


def test_what_an_earlier_launch_left_does_not_count(child, tmp_path):
    child.kill()
    assert liveness(*_running(tmp_path, started=time.time() + 5), None, 3600).alive
    assert liveness(*_running(tmp_path, uuid="other"), None, 3600).alive


@pytest.mark.parametrize(
    ("number", "cluster", "queue", "alive"),
    [
        ("7", "cluster", QUEUE, True),
        ("8", "cluster", QUEUE, False),
        ("8", "other cluster", QUEUE, True),
        ("8", "cluster", None, True),
    ],
)
def test_a_queue_job_tells_only_of_its_own_cluster(tmp_path, number, cluster, queue, alive):
    _write(tmp_path, queue="slurm", queue_id=number, cluster=cluster)
    assert liveness(*_running(tmp_path), queue, 3600).alive == alive


def test_silence_counts_where_nothing_else_tells(tmp_path):
    gone = tmp_path / "gone"
    assert liveness(*_running(gone, heard=10), QUEUE, 3600).alive
    assert not liveness(*_running(gone, heard=7200), QUEUE, 3600).alive
    (tmp_path / "log").write_text("a step")
    assert liveness(*_running(tmp_path, heard=7200), QUEUE, 3600).alive
    os.utime(tmp_path / "log", (1, 1))
    assert not liveness(*_running(tmp_path, heard=7200), QUEUE, 3600).alive


@pytest.mark.parametrize(("number", "alive"), [("7", True), ("8", False)])
def test_reservations_end_with_their_queue_job(tmp_path, number, alive):
    entry = {"state": "RESERVED", "updated_on": _utc(time.time()), "reservation_id": number}
    launch = {"state": "RESERVED", "launch_dir": str(tmp_path), "state_history": [entry]}
    assert liveness({"state": "RESERVED"}, launch, QUEUE, 3600).alive == alive


def test_only_jobs_of_a_database_say_who_runs_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SLURM_JOB_ID", "42")
    monkeypatch.setenv("SLURM_CLUSTER_NAME", "big")
    write_runner(None)
    write_runner(Job(print))
    assert read_runner(tmp_path) is None
    write_runner(Job(print, uuid="u", metadata={"fw_id": 3}))
    runner = read_runner(tmp_path)
    assert (runner.uuid, runner.pid, runner.is_alive) == ("u", os.getpid(), True)
    assert (runner.queue, runner.queue_id, runner.cluster) == ("slurm", "42", "big")
    (tmp_path / "runner.json").write_text("{")
    assert read_runner(tmp_path) is None


def test_folders_of_the_database_are_looked_at_before_use(tmp_path):
    assert distrust(tmp_path) == ""
    assert "does not exist on this machine" in distrust(tmp_path / "no")
    assert "does not exist on this machine" in distrust(Path("relative"))
    assert "does not exist on this machine" in distrust(Path())
    if os.getuid() == 0:
        os.chown(tmp_path, 12345, -1)
        assert "another user" in distrust(tmp_path)


@pytest.mark.parametrize(
    ("trace", "expected"),
    [
        ("Traceback\n  File x\nValueError: 3 is wrong\n", "ValueError: 3 is wrong"),
        (
            "Traceback\n  File x\namorph_flows.errors.CalculationError: it broke\n",
            "it broke",
        ),
        ("Traceback\n  File x\nOSError: first\nsecond line\n", "OSError: first"),
        (
            "Traceback\npymongo.errors.OperationFailure: mongodb://me:secret@host/db\n",
            "OperationFailure: mongodb://me:***@host/db",
        ),
        ("", "it left no reason"),
    ],
)
def test_reason_is_the_line_that_says_so(trace, expected):
    launch = {"action": {"stored_data": {"_exception": {"_stacktrace": trace}}}}
    assert reason(launch) == expected
