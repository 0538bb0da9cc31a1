"""Unwrapped paths of ions in every continuous piece of a trajectory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.transport._discontinuities import Drift, survey_steps
from amorph_flows.analysis.transport._step_kernel import longest_change
from amorph_flows.analysis.transport._unwrap import LONGEST_STEP, Steps, atoms_of
from amorph_flows.arrays import FloatArray, IntArray


@dataclass(frozen=True)
class IonPath:
    """Unwrapped ions of one continuous piece, drift removed.

    Parameters
    ----------
    path
        Å, shape ``(3, n_ions, n_frames)``, zero at first.
    spacing_fs
        Spacing of frames, fs.
    longest_step
        Largest fractional component of a wrapped step; zero where positions are unwrapped.
    first
        Its first frame in the trajectory.
    run
        Which trajectory it is from: pieces of one trajectory have the same ions.
    """

    path: FloatArray
    spacing_fs: float
    longest_step: float
    first: int = 0
    run: int = 0

    @property
    def end(self) -> int:
        """The frame of the trajectory behind its last one."""
        return self.first + self.path.shape[2]


def ion_paths(
    trajectory: Trajectory,
    ion: str,
    drift: Drift,
    discontinuities: Sequence[int] | None = None,
) -> list[IonPath]:
    """Return the unwrapped ions of every continuous piece of at least two frames.

    Parameters
    ----------
    trajectory, ion, drift, discontinuities
        As for `mean_squared_displacement`.
    """
    ions = atoms_of(trajectory, ion)
    survey = survey_steps(trajectory)
    if discontinuities is None:
        discontinuities = survey.discontinuities
    return piece_paths(survey.steps, ions, survey.drift(ion, drift), discontinuities)


def piece_paths(
    steps: Steps,
    atoms: IntArray,
    moved: FloatArray,
    discontinuities: Sequence[int],
    run: int = 0,
) -> list[IonPath]:
    """Return the unwrapped paths of some atoms in every continuous piece of two frames or more.

    Parameters
    ----------
    steps
        Displacements of the trajectory.
    atoms
        Which atoms.
    moved
        Steps of the frame of reference, which are subtracted, shape ``(n_frames, 3)``.
    discontinuities
        First frames of new pieces.
    run
        Number of the trajectory among those of one temperature.
    """
    trajectory = steps.trajectory
    paths = []
    for first, last in pairwise([0, *discontinuities, trajectory.n_frames]):
        if last - first < 2:
            continue
        path = steps.path(first, last, atoms, moved)
        longest = _longest_step(path, trajectory.cells[first]) if steps.wrapped else 0.0
        paths.append(IonPath(path, trajectory.frame_spacing_fs, longest, first, run))
    return paths


def _longest_step(path: FloatArray, cell: FloatArray) -> float:
    """Return the largest fractional component of the steps of a path."""
    heights = np.abs(np.linalg.det(cell)) / np.array(
        [np.linalg.norm(np.cross(cell[i - 2], cell[i - 1])) for i in range(3)]
    )
    longest = float(longest_change(path))
    if longest < LONGEST_STEP * heights.min():
        return longest / float(heights.min())
    fractions = np.einsum("xat,xj->jat", np.diff(path, axis=2), np.linalg.inv(cell))
    return float(np.abs(fractions).max())
