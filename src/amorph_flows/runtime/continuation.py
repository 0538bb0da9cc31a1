"""Continuation of a job in a new job if a queue job was too short, in the same folder."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

from jobflow import CURRENT_JOB, Job, Response

from amorph_flows.errors import InputError


def continued(rest: Job) -> Response[Job]:
    """Return the response of a job that has to stop before its end.

    jobflow gives the rest the uuid of the running job and the next index, so whatever refers to
    its output waits for the rest and gets the output of that. Name, worker and queue settings stay
    those of the running job.

    Parameters
    ----------
    rest
        The same job, with ``prev_dir`` set to the folder that holds what is done.
    """
    running = CURRENT_JOB.job
    if running is not None:
        rest.name = running.name
        rest.config = deepcopy(running.config)
    return Response(replace=rest)


def take_over(job: Job) -> Job:
    """Let a job take the place of the running one, so that jobs that refer to that one wait for it.

    Parameters
    ----------
    job
        One of the jobs that the running one is replaced by; changed and returned.
    """
    running = CURRENT_JOB.job
    if running is not None:
        job.set_uuid(running.uuid)
        job.index = running.index + 1
        job.metadata = dict(running.metadata)
    return job


def run_home(prev_dir: str | None) -> Path:
    """Return the folder that a job's files go to: its own, or that of the job that it goes on from.

    Parameters
    ----------
    prev_dir
        Folder of the earlier job; None starts in the current folder.

    Raises
    ------
    InputError
        If the folder is not there.
    """
    if prev_dir is None:
        return Path.cwd()
    home = Path(prev_dir)
    if not home.is_absolute() or not home.is_dir():
        raise InputError(
            f"prev_dir {prev_dir!r} is not a folder on this machine; restore it, mount the "
            "file system that it is on, or run the job again without prev_dir"
        )
    return home
