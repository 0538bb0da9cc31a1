"""FireWorks workers in Slurm's queue, one kind of job on one worker in one partition."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from fireworks_home import FireworksHome
from processes import Process
from slurm_cluster import KINDS, SlurmCluster


def describe_workers(home: FireworksHome, walltime: str = "00:10:00") -> None:
    """Write the workers and queue adapters of all kinds."""
    for kind in KINDS:
        worker = home.folder / f"my_fworker_{kind}.yaml"
        worker.write_text(yaml.safe_dump({"name": kind, "category": kind, "query": "{}"}))
        adapter = {
            "_fw_name": "CommonAdapter",
            "_fw_q_type": "SLURM",
            "rocket_launch": f"rlaunch -w {worker} rapidfire "
            "--nlaunches infinite --sleep 1 --max_loops 10",
            "pre_rocket": f"export PATH={Path(sys.executable).parent}:$PATH",
            "nodes": 1,
            "ntasks": 1,
            "walltime": walltime,
            "queue": kind,
            "job_name": kind,
        }
        (home.folder / f"my_qadapter_{kind}.yaml").write_text(yaml.safe_dump(adapter))


@contextmanager
def queue_launchers(home: FireworksHome, slurm: SlurmCluster) -> Iterator[list[Process]]:
    """Keep a queue launcher for each kind of job until the end of the block."""
    home.environment |= slurm.environment | {"USER": getpass.getuser()}
    launch = ("rapidfire", "--nlaunches", "infinite", "--sleep", "1", "--maxjobs_queue", "1")
    running = [
        home.command(
            *("qlaunch", "-w", home.folder / f"my_fworker_{kind}.yaml"),
            *("-q", home.folder / f"my_qadapter_{kind}.yaml", *launch),
            folder=kind,
        )
        for kind in KINDS
    ]
    try:
        yield running
    finally:
        for process in running:
            home.end(process)
        slurm.cancel()


def launch_one(home: FireworksHome, slurm: SlurmCluster, kind: str) -> str:
    """Put one worker of a kind into the queue and return the number of its Slurm job."""
    home.environment |= slurm.environment | {"USER": getpass.getuser()}
    adapter = home.folder / f"my_qadapter_{kind}.yaml"
    worker = home.folder / f"my_fworker_{kind}.yaml"
    home.run("qlaunch", "-w", worker, "-q", adapter, "singleshot")
    (number,) = slurm.queued()
    return number
