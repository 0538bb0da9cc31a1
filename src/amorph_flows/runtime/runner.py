"""The process that runs a FireWorks job, written into its folder, to tell dead jobs from living."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, ValidationError

from amorph_flows.files import replace_file
from amorph_flows.runtime.queues import batch_job

if TYPE_CHECKING:
    from jobflow import Job

_RUNNER_FILE = "runner.json"


class Runner(BaseModel):
    """A process that runs, or ran, the job of a folder.

    Parameters
    ----------
    uuid
        The job.
    host, pid, pid_started
        The process; its start in clock ticks since the boot tells it from a later one with the
        same number, 0 where that is not known.
    started
        When the job started there, seconds since 1970.
    queue, queue_id, cluster
        The queueing system, its number for the batch job and, under Slurm, the name of the
        cluster; empty outside of a batch job.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    uuid: str
    host: str
    pid: int
    pid_started: int = 0
    started: float = 0.0
    queue: str = ""
    queue_id: str = ""
    cluster: str = ""

    @property
    def has_died(self) -> bool:
        """Whether the process is known to be gone; False on another host."""
        if self.host != socket.gethostname() or not self.pid_started:
            return False
        return _started(self.pid) != self.pid_started

    @property
    def is_alive(self) -> bool:
        """Whether the process is known to run; False on another host."""
        if self.host != socket.gethostname() or not self.pid_started:
            return False
        return _started(self.pid) == self.pid_started


def write_runner(job: Job | None) -> None:
    """Write this process into the current folder if it runs a job of a FireWorks database.

    Parameters
    ----------
    job
        The job that runs in this process.
    """
    if job is None or "fw_id" not in job.metadata:
        return
    batch = batch_job()
    runner = Runner(
        uuid=str(job.uuid),
        host=socket.gethostname(),
        pid=os.getpid(),
        pid_started=_started(os.getpid()),
        started=time.time(),
        queue=batch.queue if batch else "",
        queue_id=batch.number if batch else "",
        cluster=batch.cluster if batch else "",
    )
    replace_file(Path(_RUNNER_FILE), runner.model_dump_json())


def read_runner(folder: Path) -> Runner | None:
    """Return the process that last ran the job of a folder, or None if it is not written.

    Parameters
    ----------
    folder
        The job's folder.
    """
    try:
        return Runner.model_validate(json.loads((folder / _RUNNER_FILE).read_text()))
    except (OSError, ValueError, ValidationError):
        return None


def _started(pid: int) -> int:
    """Return when a process started, clock ticks since the boot; 0 if there is none or no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return 0 if fields[0] == "Z" else int(fields[19])
    except (OSError, ValueError, IndexError):
        return 0
