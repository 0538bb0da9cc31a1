"""Walltime: how long this process may still run before its queue ends it."""

from __future__ import annotations

import time
from math import inf

import psutil

from amorph_flows.errors import WalltimeError
from amorph_flows.runtime.queues import batch_job_end
from amorph_flows.settings import Settings

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
    3. What Slurm or PBS tells, `amorph_flows.runtime.queues.batch_job_end`.

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
    return batch_job_end(_process_start())


def deadline_environment() -> dict[str, str]:
    """Return the environment variable that passes the deadline on to child processes."""
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
        f"{what}: not begun, because {left + margin:.0f} s were left of the queue job and the "
        f"margin is {margin:g} s; run it again in a new queue job (launchers: rlaunch rapidfire "
        "--timeout)"
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


def _process_start() -> float:
    return float(psutil.Process().create_time())
