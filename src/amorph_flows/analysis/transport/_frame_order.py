"""Order of frames in time, judged from their positions alone."""

from __future__ import annotations

import numpy as np

from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.transport._unwrap import is_unwrapped
from amorph_flows.arrays import FloatArray

NEARER = 4.0
"""A frame is out of order when another is this many times nearer than both of its neighbours."""
_PROBES, _CANDIDATES, _ATOMS = 30, 1000, 64


def out_of_order_share(trajectory: Trajectory) -> float:
    """Return the share of frames that resemble some other frame far more than their neighbours.

    Resemblance is the mean-square distance of the atoms, from a sample of frames to another.
    Where atoms only rattle, all frames are equally far and none counts; where they travel, the
    nearest frame should be the next one.

    Parameters
    ----------
    trajectory
        Frames as they are given.
    """
    n_frames = trajectory.n_frames
    if n_frames < 20:
        return 0.0
    atoms = np.unique(np.linspace(0, trajectory.n_atoms - 1, _ATOMS).astype(int))
    probes = np.unique(np.linspace(1, n_frames - 2, _PROBES).astype(int))
    candidates = np.unique(np.linspace(0, n_frames - 1, _CANDIDATES).astype(int))
    wrapped = not is_unwrapped(trajectory)
    n_stray = 0
    for probe in probes.tolist():
        beside = _distances(trajectory, probe, np.array([probe - 1, probe + 1]), atoms, wrapped)
        others = candidates[np.abs(candidates - probe) > 1]
        nearest = _distances(trajectory, probe, others, atoms, wrapped).min()
        n_stray += bool(beside.min() > NEARER * nearest)
    return n_stray / len(probes)


def _distances(
    trajectory: Trajectory,
    probe: int,
    frames: np.ndarray[tuple[int], np.dtype[np.int64]],
    atoms: np.ndarray[tuple[int], np.dtype[np.int64]],
    wrapped: bool,
) -> FloatArray:
    """Return mean-square distances of some atoms from one frame to others, Å²."""
    cell = trajectory.cells[probe]
    apart = trajectory.positions[np.ix_(frames, atoms)] - trajectory.positions[probe, atoms]
    if wrapped:
        fractional = apart @ np.linalg.inv(cell)
        apart = (fractional - np.rint(fractional)) @ cell
    squared: FloatArray = np.einsum("tax,tax->t", apart, apart) / len(atoms)
    return squared
