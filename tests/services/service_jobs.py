"""Jobs that leave a line in a file each time that they run, and one with a large output."""

from __future__ import annotations

import os
import time
from collections import Counter
from pathlib import Path

import numpy as np
from jobflow import Flow, Response, job
from processes import wait_until

from amorph_flows.datasets import Frame, FrameSet
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.labelling import EngineInfo, LabelDoc

RANDOM = EngineInfo(name="random", settings_hash="0", surrogate=True)


def _sign(folder: str, name: str) -> None:
    """Append a line to the file of a job, in one system call, so that no two lines mix."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    file = os.open(Path(folder) / name, flags)
    os.write(file, f"{os.getpid()}\n".encode())
    os.close(file)


def executions(folder: Path) -> Counter[str]:
    """Return how often each job has run."""
    return Counter({file.name: len(file.read_text().split()) for file in folder.iterdir()})


def workers(folder: Path) -> set[str]:
    """Return the numbers of the processes that have run jobs."""
    return {line for file in folder.iterdir() for line in file.read_text().split()}


@job
def number(folder: str, name: str, value: int, together: int = 1) -> int:
    """Return a value once as many processes have run jobs."""
    _sign(folder, name)
    wait_until(lambda: len(workers(Path(folder))) >= together, f"{together} workers")
    return value


@job
def spread(folder: str, name: str, n: int) -> Response:
    """Be replaced by as many jobs as the first ones have counted."""
    _sign(folder, name)
    jobs = [number(folder, f"{name}-{i}", i) for i in range(n)]
    return Response(replace=Flow(jobs, output=[one.output for one in jobs]))


@job
def add_up(folder: str, name: str, values: list[int]) -> int:
    """Return a sum."""
    _sign(folder, name)
    return sum(values)


@job
def succeed_if(folder: str, name: str, needed: str) -> int:
    """Return 1, or fail where a file is not there."""
    _sign(folder, name)
    if not Path(needed).exists():
        raise RuntimeError(f"{Path(needed).name} is not there")
    return 1


@job
def go_on_without(folder: str, name: str, value: int | None) -> Response:
    """Be replaced by a job that needs no value."""
    _sign(folder, name)
    return Response(replace=number(folder, f"{name}-{value}", 1))


@stage_job(LabelDoc)
def slow_label(folder: str, name: str, seconds: float) -> LabelDoc:
    """Return an empty document after a while."""
    _sign(folder, name)
    time.sleep(seconds)
    return LabelDoc(engine=RANDOM, n_steps=0, frames=FrameSet())


@stage_job(LabelDoc)
def many_labels(folder: str, name: str, n: int, after: int | None = None) -> Response:
    """Be replaced by a job whose document says n, once another has ended."""
    _sign(folder, name)
    return Response(replace=one_label(n))


@stage_job(LabelDoc)
def one_label(n: int) -> LabelDoc:
    """Return an empty document that says n."""
    return LabelDoc(engine=RANDOM, n_steps=n, frames=FrameSet())


def counting_flow(folder: Path, n: int, together: int) -> Flow:
    """Return a flow of n jobs, n more that are made while it runs, and their sum."""
    folder.mkdir(parents=True, exist_ok=True)
    place = str(folder)
    ones = [number(place, f"one-{i}", 1, together) for i in range(n)]
    counted = add_up(place, "counted", [one.output for one in ones])
    more = spread(place, "more", counted.output)
    total = add_up(place, "total", more.output)
    return Flow([*ones, counted, more, total], output=total.output)


def random_frames(n_frames: int, n_atoms: int) -> FrameSet:
    """Return the same labelled frames each time."""
    rng = np.random.default_rng(0)
    shape = (n_frames, n_atoms, 3)
    positions, forces = rng.random(shape), rng.random(shape)
    numbers, cell = np.full(n_atoms, 8), 10.0 * np.eye(3)
    return FrameSet(
        [
            Frame(numbers, places, cell, energy_ev=-1.0, forces=force)
            for places, force in zip(positions, forces, strict=True)
        ]
    )


@stage_job(LabelDoc)
def many_frames(n_frames: int, n_atoms: int) -> LabelDoc:
    """Return a document with many frames."""
    return LabelDoc(
        engine=RANDOM,
        n_steps=n_frames,
        frames=random_frames(n_frames, n_atoms),
    )
