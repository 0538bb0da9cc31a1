"""From labelled frames and files to the trajectory that analysis takes."""

from __future__ import annotations

import numpy as np
from pymatgen.core import Structure

from amorph_flows.analysis import judge_amorphous
from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.verdict import Verdict
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


def judge_glass(trajectory: Trajectory, crystal: Structure) -> Verdict:
    """Return *amorphous?* of MD of a glass.

    Parameters
    ----------
    trajectory
        The frames.
    crystal
        What it is the glass of; its elements are the host, so ions that the glass took up later
        do not count.
    """
    return judge_amorphous(trajectory, crystal, [e.symbol for e in crystal.composition.elements])


def judge_held(trajectory: Trajectory, crystal: Structure) -> Verdict:
    """Return *amorphous?* of the second half of MD that a glass is held in.

    Parameters
    ----------
    trajectory
        The run.
    crystal
        As for `judge_glass`.
    """
    return judge_glass(trajectory.select(slice(trajectory.n_frames // 2, None)), crystal)
