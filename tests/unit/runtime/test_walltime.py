"""The end of the queue job, as settings, Slurm and PBS tell it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from itertools import count
from pathlib import Path

import psutil
import pytest
from tested_time import TestedTime

from amorph_flows.errors import InputError, WalltimeError
from amorph_flows.runtime import queues, walltime
from amorph_flows.runtime.queues import parse_slurm_time
from amorph_flows.runtime.walltime import (
    deadline,
    deadline_environment,
    remaining_s,
    require_time,
)

VARIABLES = (
    "AMORPH_DEADLINE",
    "AMORPH_WALLTIME_S",
    "AMORPH_WALLTIME_MARGIN_S",
    "SLURM_JOB_END_TIME",
    "SLURM_JOB_ID",
    "PBS_WALLTIME",
)
NUMBERS = count(17)
START = psutil.Process().create_time()


@pytest.fixture(autouse=True)
def _no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> TestedTime:
    """The time of the queue job, which stands still."""
    clock = TestedTime()
    monkeypatch.setattr(walltime, "time", clock)
    monkeypatch.setattr(queues, "time", clock)
    return clock


def squeue(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> Path:
    """Put an executable that stands for squeue first in the path; it counts its calls.

    The job has a number of its own: what Slurm says of one is asked once a process.
    """
    script = folder / "squeue"
    script.write_text(f'#!/bin/sh\necho "$@" >> {folder}/calls\n{body}\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    monkeypatch.setenv("SLURM_JOB_ID", str(next(NUMBERS)))
    return folder / "calls"


def test_no_queue_is_no_limit() -> None:
    assert remaining_s() is None
    assert deadline_environment() == {}
    require_time("anything")


def test_sources_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PBS_WALLTIME", "1000")
    assert deadline() == pytest.approx(START + 1000, abs=1)
    monkeypatch.setenv("SLURM_JOB_END_TIME", "2000000000")
    assert deadline() == 2e9
    monkeypatch.setenv("AMORPH_WALLTIME_S", "500")
    assert deadline() == pytest.approx(START + 500, abs=1)
    monkeypatch.setenv("AMORPH_DEADLINE", "1900000000")
    assert deadline() == 1.9e9
    assert deadline_environment() == {"AMORPH_DEADLINE": "1900000000.0"}


def test_margin_is_taken_off(monkeypatch: pytest.MonkeyPatch, clock: TestedTime) -> None:
    monkeypatch.setenv("AMORPH_DEADLINE", str(clock.now + 1000))
    assert remaining_s() == 1000 - 120
    monkeypatch.setenv("AMORPH_WALLTIME_MARGIN_S", "2000")
    assert remaining_s() == -1000


def test_walltime_counts_from_the_start_of_the_process() -> None:
    code = (
        "import time; time.sleep(1.0)\n"
        "from amorph_flows.runtime.walltime import remaining_s; print(remaining_s())"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"AMORPH_WALLTIME_S": "1000", "AMORPH_WALLTIME_MARGIN_S": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert 900 < float(run.stdout) < 999.1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1-02:03:04", 93784), ("02:03:04", 7384), ("3:04", 184), ("0:00", 0), ("UNLIMITED", None)],
)
def test_times_of_slurm(text: str, seconds: float | None) -> None:
    assert parse_slurm_time(text) == seconds


def test_squeue_is_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: TestedTime
) -> None:
    calls = squeue(tmp_path, monkeypatch, "echo 10:00")
    first = deadline()
    assert first == clock.now + 600
    clock.sleep(60)
    assert deadline() == first
    assert calls.read_text() == f"-h -j {os.environ['SLURM_JOB_ID']} -o %L\n"


@pytest.mark.parametrize("body", ["echo UNLIMITED", "exit 1", ":"])
def test_squeue_without_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    squeue(tmp_path, monkeypatch, body)
    assert remaining_s() is None


def test_unreadable_times_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PBS_WALLTIME", "ten hours")
    with pytest.raises(InputError, match=r"PBS_WALLTIME.*'ten hours'"):
        deadline()
    with pytest.raises(InputError, match="soon"):
        parse_slurm_time("soon")


def test_nothing_is_begun_at_the_end(monkeypatch: pytest.MonkeyPatch, clock: TestedTime) -> None:
    monkeypatch.setenv("AMORPH_WALLTIME_MARGIN_S", "1.0")
    end = clock.now + 100
    monkeypatch.setenv("AMORPH_DEADLINE", str(end))
    require_time("the label")
    clock.now = end - 0.75
    with pytest.raises(WalltimeError, match="the label: not begun, because 1 s were left"):
        require_time("the label")
    assert clock.now >= end, "the queue had no chance to end the process"
