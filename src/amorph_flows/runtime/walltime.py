"""How long this process may still run before its queue ends it."""

from __future__ import annotations

import os
import subprocess
import time
from functools import lru_cache
from math import inf

import psutil

from amorph_flows.errors import InputError, WalltimeError
from amorph_flows.settings import Settings

_QUERY_TIMEOUT_S = 30.0
_LEAST_SHARE_OF_MARGIN = 0.1


def remaining_s() -> float | None:
    """Return how long a job may go on before it has to stop and save, s, or None without limit.

    It is the time to `deadline` less the margin of the settings (``AMORPH_WALLTIME_MARGIN_S``),
    negative once the margin has begun.

    Raises
    ------
    InputError
        If a variable that tells the end of the queue job cannot be read.
    """
    end = deadline()
    return None if end is None else end - time.time() - Settings().walltime_margin_s


def deadline() -> float | None:
    """Return when the queue job that this process belongs to ends, or None without limit.

    The end is that of the queue job, not of the workflow job: a launcher runs many in one. The
    first of these that is set counts:

    1. ``AMORPH_DEADLINE``, an absolute time.
    2. ``AMORPH_WALLTIME_S``, counted from the start of this process.
    3. Slurm: ``SLURM_JOB_END_TIME``, else what ``squeue`` says of ``SLURM_JOB_ID``, asked once.
    4. PBS: ``PBS_WALLTIME``, counted from the start of this process.

    Returns
    -------
    float or None
        Seconds since 1970.

    Raises
    ------
    InputError
        If a variable of the queue is no number.
    """
    settings = Settings()
    if settings.deadline is not None:
        return settings.deadline
    if settings.walltime_s is not None:
        return _process_start() + settings.walltime_s
    end = _number("SLURM_JOB_END_TIME")
    if end is not None:
        return end
    if os.environ.get("SLURM_JOB_ID"):
        return _slurm_end(os.environ["SLURM_JOB_ID"])
    walltime = _number("PBS_WALLTIME")
    return None if walltime is None else _process_start() + walltime


def deadline_environment() -> dict[str, str]:
    """Return the variable that tells the deadline of this process to those that it starts."""
    end = deadline()
    return {} if end is None else {"AMORPH_DEADLINE": repr(end)}


def is_over() -> bool:
    """Return whether the queue job is about to end, so that nothing more should be begun.

    That is when less than a tenth of the margin is left before a job would have to stop.
    """
    left = remaining_s()
    return left is not None and left <= _LEAST_SHARE_OF_MARGIN * Settings().walltime_margin_s


def require_time(what: str) -> None:
    """Refuse to begin something when the queue job is about to end.

    It waits for the queue to end this process first: a launcher would otherwise go through all
    jobs that are ready and fail each of them. A job that is ended so is lost and not failed, and
    a rescue runs it again.

    Parameters
    ----------
    what
        What is not begun, for the message.

    Raises
    ------
    WalltimeError
        If `is_over`, and the process has outlived its deadline.
    """
    left, margin = remaining_s(), Settings().walltime_margin_s
    if left is None or not is_over():
        return
    time.sleep(max(0.0, left + margin))
    raise WalltimeError(
        f"{what}: not begun, {left + margin:.0f} s were left of the queue job and the margin is "
        f"{margin:g} s; run it again in a new queue job (launchers: rlaunch rapidfire --timeout)"
    )


class Clock:
    """Tells whether one more step fits in; the time of the longest one so far is kept free."""

    def __init__(self) -> None:
        left = remaining_s()
        self._last = time.monotonic()
        self._end = inf if left is None else self._last + left
        self._longest_s = 0.0

    def has_time(self) -> bool:
        """Return whether one more step fits in; called after each one."""
        now = time.monotonic()
        self._longest_s, self._last = max(self._longest_s, now - self._last), now
        return now + self._longest_s <= self._end


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


@lru_cache
def _slurm_end(job_id: str) -> float | None:
    """Return the end of a Slurm job, asked of squeue; None where it does not say."""
    try:
        answer = subprocess.run(
            ["squeue", "-h", "-j", job_id, "-o", "%L"],
            capture_output=True,
            text=True,
            check=True,
            timeout=_QUERY_TIMEOUT_S,
        ).stdout.split()
    except (OSError, subprocess.SubprocessError):
        return None
    left = parse_slurm_time(answer[0]) if answer else None
    return None if left is None else time.time() + left


def _process_start() -> float:
    return float(psutil.Process().create_time())


def _number(variable: str) -> float | None:
    text = os.environ.get(variable, "").strip()
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{variable} is {text!r}, which is no number of seconds") from None
