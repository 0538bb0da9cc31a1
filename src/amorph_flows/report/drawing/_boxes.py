"""What is written into the box of a stage."""

from __future__ import annotations

from amorph_flows.report._text import number
from amorph_flows.schemas.figure import StageBox

_HOUR = 3600.0


def box_lines(box: StageBox, *, narrow: bool = False) -> str:
    """Return what a stage made, how often it ran, and its CPU time.

    Parameters
    ----------
    box
        The stage.
    narrow
        Whether there is no room for what it made.
    """
    failed = f", {box.n_failed} failed" if box.n_failed else ""
    lines = ["" if narrow else box.what, f"{box.n_done} done{failed}", cpu_time(box.cpu_seconds)]
    return "; ".join(line for line in lines if line)


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
        return f"{number(float(seconds), 2)} s CPU"
    if seconds < _HOUR:
        return f"{number(seconds / 60, 2)} min CPU"
    return f"{number(seconds / _HOUR, 3)} h CPU"
