"""A pool of worker processes for the jobs of a study; if one dies, one job fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Protocol

from jobflow import JobStore

from amorph_flows.executors.local._execution import Outcome, execute_job
from amorph_flows.runtime.identity import PlannedJob
from amorph_flows.runtime.walltime import deadline_environment

Key = tuple[str, int]

_WORKER = "amorph_flows.executors.local._worker"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
_GRACE_S = 2.0


class Pool(Protocol):
    """Where jobs run."""

    def has_room(self) -> bool:
        """Return whether another job can start now."""

    def start(self, key: Key, job: PlannedJob, folder: Path) -> None:
        """Start a job."""

    def results(self, timeout_s: float) -> list[tuple[Key, Outcome]]:
        """Wait for jobs to end, at most for some time, and return how they did."""

    def stop(self) -> None:
        """End everything that still runs."""


class InProcess:
    """Runs each job at once in this process, for stores that other processes cannot see.

    Parameters
    ----------
    store
        A connected job store.
    """

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._ended: list[tuple[Key, Outcome]] = []

    def has_room(self) -> bool:
        """Return whether the result of the last job has been taken."""
        return not self._ended

    def start(self, key: Key, job: PlannedJob, folder: Path) -> None:
        """Run a job to its end."""
        self._ended.append((key, execute_job(job.record, self._store, folder)))

    def results(self, timeout_s: float) -> list[tuple[Key, Outcome]]:  # noqa: ARG002
        """Return how the last job ended."""
        ended, self._ended = self._ended, []
        return ended

    def stop(self) -> None:
        """Do nothing: no job is running between two calls."""


class Workers:
    """Worker processes, each a process group of its own, started when first needed.

    Parameters
    ----------
    store
        A job store that other processes can see.
    size
        Most workers at once.
    """

    def __init__(self, store: JobStore, size: int) -> None:
        self._store_record = store.as_dict()
        self._size = size
        self._idle: list[_Worker] = []
        self._busy: dict[Connection[Any, Any], tuple[Key, _Worker]] = {}

    def has_room(self) -> bool:
        """Return whether a worker is free or may be started."""
        return len(self._busy) < self._size

    def start(self, key: Key, job: PlannedJob, folder: Path) -> None:
        """Send a job to a free worker."""
        worker = self._idle.pop() if self._idle else _Worker(self._store_record)
        self._busy[worker.connection] = (key, worker)
        with suppress(BrokenPipeError):  # a dead worker shows in the results
            worker.connection.send((job.record, str(folder)))

    def results(self, timeout_s: float) -> list[tuple[Key, Outcome]]:
        """Return the outcomes of the jobs that have ended; a dead worker is a failed job."""
        ended: list[tuple[Key, Outcome]] = []
        for connection in wait(list(self._busy), timeout_s):
            key, worker = self._busy.pop(connection)  # type: ignore[call-overload]
            try:
                ended.append((key, worker.connection.recv()))
                self._idle.append(worker)
            except (EOFError, ConnectionResetError):
                ended.append((key, Outcome(reason=worker.cause_of_death())))
        return ended

    def stop(self) -> None:
        """End all workers with whatever they have started."""
        workers = [*self._idle, *(worker for _, worker in self._busy.values())]
        for worker in workers:
            worker.signal(signal.SIGTERM)
        for worker in workers:
            worker.end()
        self._idle, self._busy = [], {}


class _Worker:
    """One worker process."""

    def __init__(self, store_record: dict[str, Any]) -> None:
        self.connection, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "amorph_flows.executors.local._worker",
                    str(theirs.fileno()),
                ],
                pass_fds=[theirs.fileno()],
                env=os.environ | ONE_THREAD | deadline_environment(),
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.connection.send((sys.path, store_record))

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the worker and all that it has started."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    def end(self) -> None:
        """Wait for the end, and enforce it."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE_S)
        self.signal(signal.SIGKILL)
        self._process.wait()
        self.connection.close()

    def cause_of_death(self) -> str:
        """Return why the worker is dead."""
        self.end()
        code = self._process.returncode
        if code >= 0:
            return f"the process of the job ended by itself with exit code {code}"
        name = signal.Signals(-code).name
        hint = "; the memory may have been full" if name == "SIGKILL" else ""
        return f"the process of the job was killed by {name}{hint}"
