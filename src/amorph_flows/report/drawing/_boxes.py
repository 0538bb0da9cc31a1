"""What is written into the box of a stage."""

from __future__ import annotations

from amorph_flows.report._text import number
from amorph_flows.schemas.figure import StageBox

_HOUR = 3600.0


def box_lines(box: StageBox, *, narrow: bool = False) -> str:
    """Return what ran in a stage: jobs, those that failed, and CPU time.

    Parameters
    ----------
    box
        The stage.
    narrow
        Whether only jobs and time fit, without what was made.
    """
    jobs = f"{box.n_jobs} job{'' if box.n_jobs == 1 else 's'}"
    failed = f"{box.n_failed} failed" if box.n_failed else ""
    parts = ["" if narrow else box.what, jobs, failed, cpu_time(box.cpu_seconds)]
    return ", ".join(part for part in parts if part)


def cpu_time(seconds: float | None) -> str:
    """Return a CPU time in the unit that fits.

    Parameters
    ----------
    seconds
        s; None where it is not known.
    """
    if seconds is None:
        return "CPU time not known"
    if seconds < 60:
        return f"{number(seconds, 2)} s"
    if seconds < _HOUR:
        return f"{number(seconds / 60, 2)} min"
    return f"{number(seconds / _HOUR, 3)} h"
