"""Times of transport as they are shown, in ps."""

from __future__ import annotations

_FS_PER_PS = 1e3


def in_ps(time_fs: float | None) -> float | None:
    """Return a time in ps.

    Parameters
    ----------
    time_fs
        fs; None where there is no time.
    """
    return None if time_fs is None else time_fs / _FS_PER_PS


def interval_in_ps(interval_fs: tuple[float, float] | None) -> tuple[float, float] | None:
    """Return an interval of a time in ps.

    Parameters
    ----------
    interval_fs
        Low and high end, fs; None where there is no time.
    """
    return (
        None if interval_fs is None else (interval_fs[0] / _FS_PER_PS, interval_fs[1] / _FS_PER_PS)
    )
