"""The queues Slurm, PBS and SGE: the batch job of this process, its end, and other jobs."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from amorph_flows.errors import InputError

Queue = Literal["slurm", "pbs", "sge"]

_TIMEOUT_S = 30.0
_VARIABLES: dict[Queue, tuple[str, ...]] = {
    "slurm": ("SLURM_JOB_ID",),
    "pbs": ("PBS_JOBID",),
    "sge": ("JOB_ID", "SGE_TASK_ID"),  # the first alone is a common name
}
_ENDED = frozenset(
    {
        *("BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL"),
        *("OUT_OF_MEMORY", "PREEMPTED", "REVOKED", "TIMEOUT"),
    }
)


@dataclass(frozen=True)
class BatchJob:
    """The batch job that a process belongs to.

    Parameters
    ----------
    queue
        The queueing system.
    number
        Its number there.
    cluster
        Name of the cluster under Slurm, else empty.
    """

    queue: Queue
    number: str
    cluster: str = ""


@dataclass(frozen=True)
class SlurmJobs:
    """The batch jobs of this user at one moment.

    Parameters
    ----------
    cluster
        Name of the cluster.
    living
        Numbers of the jobs that wait, run or are about to end.
    """

    cluster: str
    living: frozenset[str]


def batch_job() -> BatchJob | None:
    """Return the batch job that this process belongs to, None if there is none."""
    for queue, variables in _VARIABLES.items():
        values = [os.environ.get(name, "") for name in variables]
        if all(values):
            cluster = os.environ.get("SLURM_CLUSTER_NAME", "") if queue == "slurm" else ""
            return BatchJob(queue, values[0], cluster)
    return None


def batch_job_end(process_start: float) -> float | None:
    """Return when the batch job of this process ends, or None if that is not known.

    Slurm tells it by ``SLURM_JOB_END_TIME``, else ``squeue`` is asked once. PBS tells by
    ``PBS_WALLTIME`` how long the job is. SGE does not tell.

    Parameters
    ----------
    process_start
        When this process started, which counts as the start of a PBS job, seconds since 1970.

    Returns
    -------
    float or None
        Seconds since 1970.

    Raises
    ------
    InputError
        If a variable is no number.
    """
    end = _number("SLURM_JOB_END_TIME")
    if end is not None:
        return end
    if os.environ.get("SLURM_JOB_ID"):
        return _slurm_end(os.environ["SLURM_JOB_ID"])
    walltime = _number("PBS_WALLTIME")
    return None if walltime is None else process_start + walltime


def parse_slurm_time(text: str) -> float | None:
    """Return a time as Slurm writes it, s, or None where it is no limit.

    Parameters
    ----------
    text
        ``[days-]hours:minutes:seconds``, ``minutes:seconds``, or ``UNLIMITED``.

    Raises
    ------
    InputError
        If it is neither.
    """
    if text.upper() in {"UNLIMITED", "NOT_SET", "INVALID"}:
        return None
    days, _, clock = text.rpartition("-")
    try:
        seconds = 0
        for part in clock.split(":"):
            seconds = 60 * seconds + int(part)
        return float(86400 * int(days or 0) + seconds)
    except ValueError:
        raise InputError(f"Slurm's time {text!r} is not [days-]hours:minutes:seconds") from None


def slurm_jobs() -> SlurmJobs | None:
    """Return this user's Slurm jobs; None without Slurm, or where it does not answer."""
    user = pwd.getpwuid(os.getuid()).pw_name
    listed = _answer("squeue", "--noheader", "--user", user, "--states=all", "--format=%A %T")
    configuration = _answer("scontrol", "show", "config") if listed is not None else None
    if listed is None or configuration is None:
        return None
    name = re.search(r"^ClusterName\s*=\s*(\S+)", configuration, re.MULTILINE)
    jobs = [line.split() for line in listed.splitlines() if line.strip()]
    living = frozenset(number for number, state in jobs if state not in _ENDED)
    return SlurmJobs(name[1] if name else "", living)


@lru_cache
def _slurm_end(number: str) -> float | None:
    """Return the end of a Slurm job, asked of squeue; None where it does not say."""
    answer = (_answer("squeue", "-h", "-j", number, "-o", "%L") or "").split()
    left = parse_slurm_time(answer[0]) if answer else None
    return None if left is None else time.time() + left


def _answer(*command: str) -> str | None:
    """Return what a command prints, None where it is absent or fails."""
    program = shutil.which(command[0])
    if program is None:
        return None
    try:
        ended = subprocess.run(
            [program, *command[1:]], capture_output=True, text=True, timeout=_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return ended.stdout


def _number(variable: str) -> float | None:
    text = os.environ.get(variable, "").strip()
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{variable} is {text!r}, which is not a number of seconds") from None
