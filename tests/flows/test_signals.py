"""Signals end a study in order: finished jobs are kept, workers and their children are ended."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
import study_with_child
from processes import Process, started

from amorph_flows.executors.state import StudyState

Start = Callable[..., Process]


@pytest.fixture
def marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where jobs leave a file each time that they run."""
    folder = tmp_path / "marks"
    folder.mkdir()
    monkeypatch.setenv("TEST_MARKS", str(folder))
    return folder


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start processes that are ended with all that they have started, whatever the test says."""
    with ExitStack() as stack:

        def start_one(*command: str) -> Process:
            log = tmp_path / f"{len(list(tmp_path.glob('*.log')))}.log"
            return stack.enter_context(started(command, log))

        yield start_one


def is_gone(pid: int) -> bool:
    """Return whether there is no such process, or only the record of its end."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def run_study_of_two(folder: Path) -> list[str]:
    """Return the command that runs a study of two jobs, the second of which hangs."""
    return [sys.executable, study_with_child.__file__, str(folder / "study")]


def child_of(process: Process, marks: Path) -> int:
    """Return the process that the second job has started."""
    file = marks / "child"
    process.wait_until(lambda: file.exists() and file.read_text(), "the second job has a child")
    return int(file.read_text())


def require_stopped_in_order(study: Path, child: int) -> None:
    """Check what a study leaves that was stopped in its second job."""
    state = StudyState.read(study)
    assert (state.state, [job.state for job in state.jobs]) == ("interrupted", ["done", "waiting"])
    assert is_gone(child)


def test_sigterm_keeps_finished_jobs_and_ends_children(
    tmp_path: Path, marks: Path, start: Start
) -> None:
    command = run_study_of_two(tmp_path)
    process = start(*command)
    child = child_of(process, marks)
    process.send(signal.SIGTERM)
    process.wait()
    assert "Terminated" in process.tail()
    require_stopped_in_order(tmp_path / "study", child)
    (marks / "go").touch()
    again = start(*command)
    assert again.wait() == 0, again.tail()
    assert again.tail().endswith("value 2\n")
    assert len(list(marks.glob("add-a.*"))) == 1


def test_a_study_in_the_background_of_a_script_ends_by_sigterm(
    tmp_path: Path, marks: Path, start: Start
) -> None:
    """A shell that is no terminal lets its background jobs ignore SIGINT."""
    study = " ".join(run_study_of_two(tmp_path))
    shell = start("sh", "-c", f"{study} & echo $!; wait $!; echo ended $?")
    child = child_of(shell, marks)
    pid = int(shell.tail().split()[0])
    os.kill(pid, signal.SIGINT)
    assert not is_gone(child)
    os.kill(pid, signal.SIGTERM)
    assert shell.wait() == 0
    assert "ended" in shell.tail()
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
    process.wait_until(lambda: any(study.glob("jobs/*/job.log")), "the first job has begun")
    process.send(how)
    assert process.wait() == code, process.tail()
    said = process.tail()
    assert "stopped; finished jobs are kept, go on with: amorph run mine.yaml" in said
    assert StudyState.read(study).state == "interrupted"
