"""Places where a trajectory does not go on: pieces glued together, relabelled atoms, time gaps."""

from __future__ import annotations

import numpy as np
from scipy import stats

from amorph_flows.analysis.trajectory import FloatArray, IntArray, Trajectory
from amorph_flows.analysis.unwrap import Steps

LONG_STEP_RATIO = 9.0
"""A step is long when its square exceeds this many times the median of its species."""
LEAST_SHARE = 0.25
"""Share of a species that must make a long step at once."""
CHANCE = 1e-6
"""Probability, over the whole trajectory, that independent atoms would do so by chance."""
_FEWEST_ATOMS = 4
_RESOLUTION_A2 = 1e-6


def find_discontinuities(trajectory: Trajectory) -> list[int]:
    """Return the first frame of every new piece of a trajectory that does not go on.

    A piece ends where the spacing of the times is not that of the others, or where more atoms of
    one species make a long step at once than independent atoms would. Steps are taken relative to
    the mean of the species, so that neither drift nor hops of single ions count.

    Parameters
    ----------
    trajectory
        Frames in the order of their times.

    Returns
    -------
    list of int
        Increasing frame indices; empty for a continuous trajectory.
    """
    found = set(time_gaps(trajectory))
    steps = Steps(trajectory)
    for number in np.unique(trajectory.numbers):
        atoms = np.flatnonzero(trajectory.numbers == number)
        if len(atoms) >= _FEWEST_ATOMS and trajectory.n_frames > 2:
            found.update(_simultaneous_jumps(steps, atoms))
    return sorted(found)


def time_gaps(trajectory: Trajectory) -> list[int]:
    """Return the frames that follow their predecessor at another time than frames usually do.

    Parameters
    ----------
    trajectory
        Any trajectory.
    """
    spacing = np.diff(trajectory.times_fs)
    irregular = np.abs(spacing - trajectory.frame_spacing_fs) > 0.01 * trajectory.frame_spacing_fs
    return [int(i) + 1 for i in np.flatnonzero(irregular)]


def _simultaneous_jumps(steps: Steps, atoms: IntArray) -> list[int]:
    """Return the frames to which improbably many atoms of one species jump at once.

    The mean step is subtracted first, being cheap; where that finds a jump, the median step is, on
    which the hop of a single ion has no bearing.
    """
    squared = _squared_steps(steps, atoms)
    n_steps, n_atoms = squared.shape
    limit_a2 = max(LONG_STEP_RATIO * float(np.median(_thinned(squared))), _RESOLUTION_A2)
    long = squared > limit_a2
    rate = max(float(long.mean()), 1e-4)
    counts = np.arange(n_atoms + 1)
    chance = stats.binom.sf(counts - 1, n_atoms, rate) * n_steps
    telling = (chance < CHANCE) & (counts >= max(_FEWEST_ATOMS, LEAST_SHARE * n_atoms))
    jumps = []
    for frame in (np.flatnonzero(telling[long.sum(axis=1)]) + 1).tolist():
        step = steps.between(frame - 1, frame + 1, atoms)[0]
        again = np.sum((step - np.median(step, axis=0)) ** 2, axis=1) > limit_a2
        if telling[again.sum()]:
            jumps.append(frame)
    return jumps


def _squared_steps(steps: Steps, atoms: IntArray) -> FloatArray:
    """Return squared steps relative to the species' mean, Å², shape ``(n_frames - 1, n_atoms)``."""
    n_frames = steps.trajectory.n_frames
    squared = np.empty((n_frames - 1, len(atoms)))
    for frame, chunk in steps.chunks(0, n_frames, atoms):
        chunk -= chunk.mean(axis=1, keepdims=True)
        squared[frame - 1 : frame - 1 + len(chunk)] = np.einsum("tax,tax->ta", chunk, chunk)
    return squared


def _thinned(squared: FloatArray, most: int = 100_000) -> FloatArray:
    """Return evenly spaced frames, enough for a median."""
    return squared[:: max(1, squared.size // most)]
