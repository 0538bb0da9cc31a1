"""Suggested project file for jobflow-remote."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from amorph_flows.executors._suggested_workers import SUGGESTED_WORKERS, filled_in
from amorph_flows.runtime.queues import Queue


def jobflow_remote_files(home: Path, queue: Queue) -> Iterator[tuple[str, str]]:
    """Yield the project file that jobflow-remote needs, with its contents.

    Parameters
    ----------
    home
        Folder that it will be in.
    queue
        The batch system of the cluster.
    """
    workers = [
        {**asdict(worker), "walltime": worker.walltime, "seconds": worker.seconds}
        for worker in SUGGESTED_WORKERS
    ]
    yield (
        "amorph.yaml",
        filled_in(
            __package__,
            "project.yaml",
            folder=home,
            project="amorph",
            queue=queue,
            workers=workers,
            python_environment=sys.prefix,
        ),
    )


def jobflow_remote_steps(home: Path) -> list[str]:
    """Return what to do with the files, line by line.

    Parameters
    ----------
    home
        Folder that they are in.
    """
    return [
        f"edit every CHANGE_ME in {home}/amorph.yaml, then:",
        f"  export JFREMOTE_PROJECTS_FOLDER={home}",
        "  jf project check --errors",
        "  amorph submit study.yaml --manager jobflow-remote",
    ]
