"""Suggested files for FireWorks on a cluster."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from textwrap import indent
from typing import Any

from amorph_flows.executors._suggested_workers import SUGGESTED_WORKERS, SuggestedWorker, filled_in
from amorph_flows.runtime.queues import Queue


def fireworks_files(home: Path, queue: Queue) -> Iterator[tuple[str, str]]:
    """Yield the files that FireWorks needs on a cluster, with their contents.

    Parameters
    ----------
    home
        Folder that they will be in.
    queue
        The batch system of the cluster.
    """
    common = {"folder": home, "python_environment": sys.prefix}
    for name in ("FW_config.yaml", "my_launchpad.yaml", "jobflow.yaml"):
        yield name, _filled_in(name, **common)
    if queue == "sge":
        yield "sge_template.txt", _filled_in("sge_template.txt")
    for worker in SUGGESTED_WORKERS:
        values: dict[str, Any] = {
            **common,
            **asdict(worker),
            "walltime": worker.walltime,
            "seconds": worker.seconds,
            "rocket": _rocket(worker, home),
            "launch": "Start them from a folder for the jobs' files:\n#   "
            + _qlaunch(worker.kind, home, reserved=worker.reserved),
        }
        environment = _filled_in("environment.sh", **values).rstrip()
        values["environment"] = indent(environment, "  ")
        yield f"my_fworker_{worker.kind}.yaml", _filled_in("my_fworker.yaml", **values)
        yield f"my_qadapter_{worker.kind}.yaml", _filled_in(f"my_qadapter_{queue}.yaml", **values)


def fireworks_steps(home: Path) -> list[str]:
    """Return what to do with the files, line by line.

    Parameters
    ----------
    home
        Folder that they are in.
    """
    return [
        f"edit every CHANGE_ME (grep -n CHANGE_ME {home}/*), then add to ~/.bashrc:",
        f"  export FW_CONFIG_FILE={home}/FW_config.yaml",
        f"  export JOBFLOW_CONFIG_FILE={home}/jobflow.yaml",
        "and check: amorph doctor",
    ]


def _rocket(worker: SuggestedWorker, home: Path) -> str:
    """Return what a batch job runs: one long job, or short ones until its time is nearly over."""
    rlaunch = f"rlaunch -l {home}/my_launchpad.yaml -w {home}/my_fworker_{worker.kind}.yaml"
    if worker.reserved:
        return f"{rlaunch} singleshot"
    return f"{rlaunch} rapidfire --nlaunches infinite --timeout {worker.seconds - 1800}"


def _qlaunch(kind: str, home: Path, *, reserved: bool) -> str:
    files = (
        f"-l {home}/my_launchpad.yaml -w {home}/my_fworker_{kind}.yaml "
        f"-q {home}/my_qadapter_{kind}.yaml"
    )
    return f"qlaunch {'-r ' if reserved else ''}{files} rapidfire -m {20 if reserved else 1} " + (
        "--nlaunches infinite"
    )


def _filled_in(template: str, **values: Any) -> str:
    return filled_in(__package__, template, **values)
