"""From labelled frames and files to the trajectory that analysis takes."""

from __future__ import annotations

import numpy as np

from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.errors import InputError


def trajectory_of(frames: FrameSet) -> Trajectory:
    """Return the trajectory of the frames of one MD run.

    Parameters
    ----------
    frames
        Frames of one run whose provenance carries their times.

    Raises
    ------
    InputError
        If there are no frames, they belong to several runs, or a frame has no time.
    """
    if not len(frames):
        raise InputError("there are no frames to make a trajectory of")
    runs = sorted({frame.provenance.run for frame in frames})
    if len(runs) > 1:
        raise InputError(
            f"frames of {len(runs)} runs are not one trajectory: {', '.join(runs)}; take those of "
            "one run"
        )
    times = [frame.provenance.time_fs for frame in frames]
    if any(time is None for time in times):
        raise InputError(f"the frames of run {runs[0]!r} carry no time; take those of an MD run")
    return Trajectory(
        positions=np.stack([frame.positions for frame in frames]),
        cells=np.stack([frame.cell for frame in frames]),
        numbers=frames[0].numbers,
        times_fs=np.array(times, dtype=float),
        temperature_k=frames[0].provenance.temperature_k,
        source={"run": runs[0], "job_uuid": frames[0].provenance.job_uuid},
    )
