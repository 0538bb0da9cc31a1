"""What the batch queue of this machine says of its jobs."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass

_TIMEOUT_S = 30.0
_ENDED = frozenset(
    {
        *("BOOT_FAIL", "CANCELLED", "COMPLETED", "DEADLINE", "FAILED", "NODE_FAIL"),
        *("OUT_OF_MEMORY", "PREEMPTED", "REVOKED", "TIMEOUT"),
    }
)


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
