"""The compiled part of displacements: steps in an orthorhombic box in one pass."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(nogil=True, cache=True, error_model="numpy")
def fill_wrapped_steps(rows: Any, lengths: Any, steps: Any) -> None:
    """Fill steps between neighbouring frames, the nearest image of each, in place.

    Parameters
    ----------
    rows
        Coordinates of all atoms in each frame, Å, shape ``(n_frames, 3 n_atoms)``.
    lengths
        Length of the box along each coordinate, Å, shape ``(3 n_atoms,)``.
    steps
        Filled, Å, shape ``(n_frames - 1, 3 n_atoms)``.
    """
    inverse = 1.0 / lengths
    for frame in range(steps.shape[0]):
        for i in range(steps.shape[1]):
            step = rows[frame + 1, i] - rows[frame, i]
            steps[frame, i] = step - np.rint(step * inverse[i]) * lengths[i]


@njit(nogil=True, cache=True, error_model="numpy", fastmath={"reassoc", "contract"})
def average_and_count(steps: Any, every: Any, limit_a2: Any, means: Any, counts: Any) -> None:
    """Fill the mean step to each frame, and how many atoms make a long step relative to it.

    Parameters
    ----------
    steps
        Å, shape ``(n_frames, n_atoms, 3)``.
    every
        Atoms 0, every, 2 every, … are counted.
    limit_a2
        Square beyond which a step is long, Å².
    means, counts
        Filled, shapes ``(n_frames, 3)`` and ``(n_frames,)``.
    """
    n_frames, n_atoms = steps.shape[:2]
    for frame in range(n_frames):
        x = y = z = 0.0
        for atom in range(n_atoms):
            x += steps[frame, atom, 0]
            y += steps[frame, atom, 1]
            z += steps[frame, atom, 2]
        x, y, z = x / n_atoms, y / n_atoms, z / n_atoms
        means[frame, 0], means[frame, 1], means[frame, 2] = x, y, z
        count = 0
        for atom in range(0, n_atoms, every):
            dx, dy, dz = (
                steps[frame, atom, 0] - x,
                steps[frame, atom, 1] - y,
                steps[frame, atom, 2] - z,
            )
            count += dx * dx + dy * dy + dz * dz > limit_a2
        counts[frame] = count


@njit(nogil=True, cache=True, error_model="numpy")
def longest_change(path: Any) -> float:
    """Return the largest change of a coordinate between neighbouring frames, Å.

    Parameters
    ----------
    path
        Å, shape ``(3, n_atoms, n_frames)``.
    """
    longest = 0.0
    for axis in range(path.shape[0]):
        for atom in range(path.shape[1]):
            for frame in range(1, path.shape[2]):
                longest = max(longest, abs(path[axis, atom, frame] - path[axis, atom, frame - 1]))
    return longest
