"""The worker process, which runs jobs one after another.

Run as ``python -m amorph_flows.executors.local._worker FD``.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

JOB_LOG = "job.log"
_WATCH_INTERVAL_S = 0.2


def run_jobs(descriptor: int) -> None:
    """Run the jobs that arrive on a connection until it closes.

    Parameters
    ----------
    descriptor
        File descriptor of the connection.
    """
    _die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection = Connection(descriptor)
    path, store_record = connection.recv()
    sys.path[:] = path

    from monty.json import MontyDecoder

    from amorph_flows.executors.local._execution import execute_job

    store = MontyDecoder().process_decoded(store_record)
    store.connect()
    while True:
        try:
            record, folder = connection.recv()
        except EOFError:
            return
        with _output_to(Path(folder) / JOB_LOG):
            outcome = execute_job(record, store, Path(folder))
        connection.send(outcome)


def _die_with_parent() -> None:
    """Kill this process and those it started as soon as the study's process is gone."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCH_INTERVAL_S)
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


@contextmanager
def _output_to(path: Path) -> Iterator[None]:
    """Send what this process and its children print to a file."""
    sys.stdout.flush()
    sys.stderr.flush()
    saved = os.dup(1), os.dup(2)
    with path.open("a") as log:
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, descriptor in enumerate(saved, start=1):
            os.dup2(descriptor, number)
            os.close(descriptor)


if __name__ == "__main__":
    run_jobs(int(sys.argv[1]))
