"""Continuation of a job in a new job if a queue job was too short, in the same folder."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

from jobflow import CURRENT_JOB, Flow, Job, OutputReference, Response

from amorph_flows.errors import InputError
from amorph_flows.schemas.base import StageDocument


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


def reference_to(document: StageDocument) -> OutputReference:
    """Return the reference to a document that is in the store already.

    A job that makes others hands on references, so that what it was given does not grow with them.

    Parameters
    ----------
    document
        The output of a job.
    """
    return OutputReference(document.job_uuid, output_schema=type(document))


def replaced_by(flow: Flow) -> Response[Any]:
    """Return the response of a job whose place a flow takes, the last job of which ends it.

    That job takes over the uuid, so no job is added that only passes an output on, and the flow
    belongs to what the flow of the running job belongs to, so that a chain of any length is no
    deeper than one.

    Parameters
    ----------
    flow
        The flow; its output is that of its last job.
    """
    take_over(flow.jobs[-1])
    flow.output = None
    running = CURRENT_JOB.job
    if running is not None and len(running.hosts) > 1:
        running.hosts = running.hosts[1:]
    return Response(replace=flow)


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
