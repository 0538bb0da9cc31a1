"""The times of frames: from steps, from the file, or from a given spacing; never guessed."""

from __future__ import annotations

import dataclasses

import numpy as np

from amorph_flows.analysis.readers._frames import FrameBlock
from amorph_flows.arrays import FloatArray
from amorph_flows.errors import TrajectoryError


def in_order(frames: FrameBlock) -> FrameBlock:
    """Return frames sorted by their step, time or number in the file name.

    A step that comes twice is what a restarted run wrote again; the later frame is kept.

    Parameters
    ----------
    frames
        In the order of the files.

    Raises
    ------
    TrajectoryError
        If most steps come twice: then these are several runs.
    """
    order = frames.order
    if order is None or np.all(np.diff(order) > 0):
        return frames
    # the last occurrence of every step, by increasing step
    _, from_end = np.unique(order[::-1], return_index=True)
    kept = len(order) - 1 - from_end
    n_repeated = len(order) - len(kept)
    if 2 * n_repeated > len(kept):
        raise TrajectoryError(
            f"{n_repeated} of {len(order)} steps come twice; these are several runs: read each "
            "with read_trajectory and pass a list of trajectories"
        )
    return dataclasses.replace(
        frames,
        positions=frames.positions[kept],
        cells=frames.cells[kept],
        order=order[kept],
        times_fs=None if frames.times_fs is None else frames.times_fs[kept],
        source=frames.source
        | {
            "repeated_frames_dropped": n_repeated,
            "sorted_by_step": bool(np.any(np.diff(kept) < 0)),
        },
    )


def times_of(
    frames: FrameBlock, time_step_fs: float | None, frame_spacing_fs: float | None
) -> tuple[FloatArray, str]:
    """Return times, fs, and where they came from.

    Parameters
    ----------
    frames
        In order.
    time_step_fs
        MD step, for frames that carry step numbers.
    frame_spacing_fs
        Time between neighbouring frames; gaps in their numbers stay gaps.

    Raises
    ------
    TrajectoryError
        If the time cannot be told.
    """
    for name, value in (("time_step_fs", time_step_fs), ("frame_spacing_fs", frame_spacing_fs)):
        if value is not None and not value > 0:
            raise TrajectoryError(f"{name} is {value}; a positive time in fs is needed")
    if time_step_fs is not None and frames.order is not None:
        return frames.order * time_step_fs, f"steps of {time_step_fs:g} fs"
    if frame_spacing_fs is not None:
        said = f"frames {frame_spacing_fs:g} fs apart, as given"
        if frames.order is None or len(frames.order) < 2:
            return frame_spacing_fs * np.arange(float(len(frames.positions))), said
        usual = float(np.median(np.diff(frames.order)))
        return (frames.order - frames.order[0]) / usual * frame_spacing_fs, said
    if frames.times_fs is not None:
        return frames.times_fs, "times in the file"
    without = frames.source.get("time_without_units")
    raise TrajectoryError(
        "the time between frames is not known"
        + (" (the file has ITEM: TIME without ITEM: UNITS)" if without else "")
        + ": give time_step_fs, the MD step, "
        + ("since the frames carry step numbers, or " if frames.order is not None else "")
        + "frame_spacing_fs, the time between frames"
        + ("" if frames.order is not None else " (these frames carry no step numbers)")
    )
