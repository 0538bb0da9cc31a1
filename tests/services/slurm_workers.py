"""FireWorks workers in Slurm's queue, one kind of job on one worker in one partition."""

from __future__ import annotations

import getpass
import re
from collections.abc import Iterator
from contextlib import contextmanager

import yaml
from fireworks_home import FireworksHome
from processes import Process
from slurm_cluster import KINDS, SlurmCluster


def describe_workers(home: FireworksHome) -> None:
    """Fill in the queue adapters that `amorph init fireworks` wrote, one core for each job."""
    for kind in KINDS:
        name = f"my_qadapter_{kind}.yaml"
        written = yaml.safe_load((home.folder / name).read_text())["pre_rocket"]
        before = re.sub(r"OMP_NUM_THREADS=\d+", "OMP_NUM_THREADS=1", written)
        home.edit(name, queue=kind, ntasks=1, walltime="02:00:00", account=None, pre_rocket=before)


@contextmanager
def queue_launchers(home: FireworksHome, slurm: SlurmCluster) -> Iterator[list[Process]]:
    """Keep a queue launcher for each kind of job until the end of the block.

    Each Slurm job runs what is ready of its kind, and ends when nothing is for a minute.
    """
    home.environment |= slurm.environment | {"USER": getpass.getuser()}
    for kind in KINDS:
        worker = home.folder / f"my_fworker_{kind}.yaml"
        rocket = f"rlaunch -w {worker} rapidfire --nlaunches infinite --sleep 1 --max_loops 60"
        home.edit(f"my_qadapter_{kind}.yaml", rocket_launch=rocket)
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
    """Put the next job of a kind into the queue and return the number of its Slurm job.

    Each begins in a folder of its own: two runs of the same MD in one folder would be one run.
    """
    home.environment |= slurm.environment | {"USER": getpass.getuser()}
    adapter = home.folder / f"my_qadapter_{kind}.yaml"
    worker = home.folder / f"my_fworker_{kind}.yaml"
    folder = f"launch{len(list(home.folder.glob('launch*')))}"
    home.run("qlaunch", "-r", "-w", worker, "-q", adapter, "singleshot", folder=folder)
    (number,) = slurm.queued()
    return number
