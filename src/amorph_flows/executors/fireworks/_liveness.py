"""Liveness of a launched job, from its process, its queue job and its folder."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from amorph_flows.executors.fireworks.status import moment
from amorph_flows.runtime.queues import SlurmJobs
from amorph_flows.runtime.runner import Runner, read_runner


@dataclass(frozen=True)
class Liveness:
    """Whether a job runs, or still waits in a queue, and how that is known."""

    alive: bool
    reason: str


def liveness(
    firework: Mapping[str, Any],
    launch: Mapping[str, Any],
    queue: SlurmJobs | None,
    silence_s: float,
) -> Liveness:
    """Return whether a job runs or waits; if that is not known, it counts as alive.

    Parameters
    ----------
    firework, launch
        The FireWork, ``RUNNING`` or ``RESERVED``, and its last launch.
    queue
        What Slurm said after the two were read.
    silence_s
        How long a job that only the database knows of must have been silent to count as dead, s.
    """
    if firework["state"] == "RESERVED":
        return _in_queue(_reservation(launch), queue) or _by_silence(launch, silence_s, "RESERVED")
    runner = _runner(firework, launch)
    known = runner and (_as_process(runner) or _as_queue_job(runner, queue))
    return known or _by_silence(launch, silence_s, "RUNNING")


def _runner(firework: Mapping[str, Any], launch: Mapping[str, Any]) -> Runner | None:
    """Return who runs this launch; what an earlier launch left in the folder does not count."""
    runner = read_runner(Path(launch.get("launch_dir") or ""))
    started = moment(launch, "RUNNING")
    if runner is None or started is None or runner.started < started:
        return None
    job = ((firework["spec"].get("_tasks") or [{}])[0].get("job")) or {}
    return runner if runner.uuid == job.get("uuid") else None


def _as_process(runner: Runner) -> Liveness | None:
    if runner.has_died:
        return Liveness(False, f"its process {runner.pid} on {runner.host} is gone")
    if runner.is_alive:
        return Liveness(True, f"its process {runner.pid} on {runner.host} runs")
    return None


def _as_queue_job(runner: Runner, queue: SlurmJobs | None) -> Liveness | None:
    if queue is None or runner.queue != "slurm" or runner.cluster != queue.cluster:
        return None
    return _in_queue(runner.queue_id, queue)


def _in_queue(number: str, queue: SlurmJobs | None) -> Liveness | None:
    if queue is None or not number:
        return None
    if number in queue.living:
        return Liveness(True, f"its Slurm job {number} is in the queue or runs")
    return Liveness(False, f"its Slurm job {number} is gone")


def _reservation(launch: Mapping[str, Any]) -> str:
    entries = launch.get("state_history", [])
    return next((str(e["reservation_id"]) for e in entries if e.get("reservation_id")), "")


def _by_silence(launch: Mapping[str, Any], silence_s: float, state: str) -> Liveness:
    heard = moment(launch, state, "updated_on") or 0.0
    written = _last_write(Path(launch.get("launch_dir") or ""))
    silence = time.time() - max(heard, written)
    told = f"its last sign of life is {silence / 60:.0f} min old"
    return Liveness(silence < silence_s, told)


def _last_write(folder: Path) -> float:
    """Return when a file of a folder was last written, 0 where it cannot be seen."""
    if not folder.is_absolute():
        return 0.0
    try:
        return max((file.stat().st_mtime for file in folder.iterdir()), default=0.0)
    except OSError:
        return 0.0
