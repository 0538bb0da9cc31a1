"""Signals end a study in order: finished jobs are kept, workers and their children are ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from amorph_flows.executors.state import StudyState

SCRIPT = """
import sys
from pathlib import Path
from jobflow import Flow
from amorph_flows.executors import run_study
from amorph_flows.store import open_store
from local_jobs import AddMaker, hang_with_child

first = AddMaker(name="a").make(1, 1)
last = hang_with_child(first.output["sum"])
study = Path(sys.argv[1])
outputs = run_study(Flow([first, last]), open_store(study), study, 1)
print("value", outputs[last.uuid])
"""

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where jobs leave a file each time that they run."""
    folder = tmp_path / "marks"
    folder.mkdir()
    monkeypatch.setenv("TEST_MARKS", str(folder))
    return folder


@pytest.fixture
def start() -> Iterator[Start]:
    """Start processes that are ended with all that they have started, whatever the test says."""
    started: list[subprocess.Popen[str]] = []

    def start_one(*command: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True))
        return started[-1]

    yield start_one
    for process in started:
        with process:
            if process.poll() is None:
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()
            process.kill()


def wait_for(event: Callable[[], object], process: subprocess.Popen[str]) -> None:
    """Wait for something that a process does; what it said is shown where it ends instead."""
    end = time.monotonic() + 300
    while not event():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def is_gone(pid: int) -> bool:
    """Return whether there is no such process, or only the record of its end."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def run_script(folder: Path) -> list[str]:
    """Return the command that runs a study of two jobs, the second of which hangs."""
    (folder / "script.py").write_text(SCRIPT)
    return [sys.executable, str(folder / "script.py"), str(folder / "study")]


def require_stopped_in_order(study: Path, child: int) -> None:
    """Check what a study leaves that was stopped in its second job."""
    state = StudyState.read(study)
    assert (state.state, [job.state for job in state.jobs]) == ("interrupted", ["done", "waiting"])
    assert is_gone(child)


def test_sigterm_keeps_finished_jobs_and_ends_children(
    tmp_path: Path, marks: Path, start: Start
) -> None:
    command = run_script(tmp_path)
    process = start(*command)
    wait_for((marks / "child").exists, process)
    child = int((marks / "child").read_text())
    process.terminate()
    assert "Terminated" in process.communicate()[1]
    require_stopped_in_order(tmp_path / "study", child)
    (marks / "go").touch()
    again = start(*command)
    assert again.communicate()[0] == "value 2\n"
    assert len(list(marks.glob("add-a.*"))) == 1


def test_a_study_in_the_background_of_a_script_ends_by_sigterm(
    tmp_path: Path, marks: Path, start: Start
) -> None:
    """A shell that is no terminal lets its background jobs ignore SIGINT."""
    study = " ".join(run_script(tmp_path))
    shell = start("sh", "-c", f"{study} & echo $!; wait $!; echo ended $?")
    assert shell.stdout is not None
    pid = int(shell.stdout.readline())
    wait_for((marks / "child").exists, shell)
    child = int((marks / "child").read_text())
    os.kill(pid, signal.SIGINT)
    assert not is_gone(child)
    os.kill(pid, signal.SIGTERM)
    assert "ended" in shell.communicate()[0]
    require_stopped_in_order(tmp_path / "study", child)


@pytest.mark.parametrize(("how", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_the_command_says_how_to_go_on(
    tmp_path: Path, start: Start, how: signal.Signals, code: int
) -> None:
    from amorph_flows.structures import v2o5

    v2o5().to(filename=str(tmp_path / "V2O5.cif"))
    (tmp_path / "mine.yaml").write_text("structure: V2O5.cif\nengine: toy\n")
    amorph = "from amorph_flows.cli import app; app()"
    process = start(sys.executable, "-c", amorph, "run", "mine.yaml", "--jobs", "1")
    study = tmp_path / "mine"
    wait_for(lambda: (study / "jobs").is_dir() and any((study / "jobs").glob("*/job.log")), process)
    process.send_signal(how)
    said = process.communicate()[1]
    assert process.returncode == code, said
    assert "stopped; finished jobs are kept, go on with: amorph run mine.yaml" in said
    assert StudyState.read(study).state == "interrupted"
