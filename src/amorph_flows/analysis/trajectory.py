"""The trajectory that every analysis takes: positions, cells and times of the same atoms."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import TrajectoryError


@dataclass(frozen=True)
class Trajectory:
    """Positions of the same atoms at strictly increasing times.

    Parameters
    ----------
    positions
        Cartesian, Å, shape ``(n_frames, n_atoms, 3)``; wrapped or not.
    cells
        Row vectors, Å, shape ``(n_frames, 3, 3)`` or ``(3, 3)`` for one cell throughout.
    numbers
        Atomic numbers, shape ``(n_atoms,)``.
    times_fs
        Strictly increasing, fs, shape ``(n_frames,)``.
    temperature_k
        The temperature that the run was held at, K.
    source
        Where the frames came from: files, units of the steps, anything that tells their time.

    Raises
    ------
    TrajectoryError
        If the shapes disagree, a number is not finite, a cell has no volume, or the times do not
        strictly increase.
    """

    positions: FloatArray
    cells: FloatArray
    numbers: IntArray
    times_fs: FloatArray
    temperature_k: float | None = None
    source: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        positions = np.asarray(self.positions, dtype=float)
        times = np.asarray(self.times_fs, dtype=float)
        numbers = np.asarray(self.numbers, dtype=np.int64)
        cells = np.asarray(self.cells, dtype=float)
        if positions.ndim != 3 or positions.shape[2] != 3:
            raise TrajectoryError(
                f"positions have shape {positions.shape}; (n_frames, n_atoms, 3) is needed"
            )
        if cells.shape == (3, 3):
            cells = np.broadcast_to(cells, (len(positions), 3, 3))
        shapes = {
            "cells": (cells.shape, (len(positions), 3, 3)),
            "numbers": (numbers.shape, (positions.shape[1],)),
            "times_fs": (times.shape, (len(positions),)),
        }
        for name, (found, wanted) in shapes.items():
            if found != wanted:
                raise TrajectoryError(f"{name} have shape {found}; the positions need {wanted}")
        for name, array in (("positions", positions), ("cells", cells), ("times_fs", times)):
            if not _is_finite(array):
                raise TrajectoryError(f"{name} hold a number that is not finite")
        if np.any(np.diff(times) <= 0):
            first = int(np.argmax(np.diff(times) <= 0))
            raise TrajectoryError(
                f"times_fs must increase strictly; frame {first} is at {times[first]} fs and "
                f"frame {first + 1} at {times[first + 1]} fs"
            )
        if np.any(np.abs(np.linalg.det(cells)) < 1e-6):
            raise TrajectoryError("a cell has no volume; give three independent cell vectors")
        for name, value in (
            ("positions", positions),
            ("cells", cells),
            ("numbers", numbers),
            ("times_fs", times),
        ):
            object.__setattr__(self, name, value)

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return len(self.positions)

    @property
    def n_atoms(self) -> int:
        """Number of atoms."""
        return self.positions.shape[1]

    @property
    def frame_spacing_fs(self) -> float:
        """Usual time between neighbouring frames, fs.

        Raises
        ------
        TrajectoryError
            If there is no usual one: fewer than nine in ten spacings agree, or there is one frame.
        """
        if self.n_frames < 2:
            raise TrajectoryError("one frame has no spacing in time; at least two are needed")
        spacings = np.diff(self.times_fs)
        usual = float(np.median(spacings))
        agree = float(np.mean(np.abs(spacings - usual) <= 0.01 * usual))
        if agree < 0.9 and self.n_frames > 2:
            raise TrajectoryError(
                f"times_fs are not evenly spaced: {agree:.0%} of the spacings are within 1 % of "
                f"their median {usual:g} fs; select frames with one spacing"
            )
        return usual

    def select(self, frames: slice) -> Trajectory:
        """Return the trajectory of some frames, in time order.

        Parameters
        ----------
        frames
            A slice with a positive step.
        """
        return Trajectory(
            self.positions[frames],
            self.cells[frames],
            self.numbers,
            self.times_fs[frames],
            self.temperature_k,
            self.source,
        )


def _is_finite(array: FloatArray) -> bool:
    """Return whether all numbers are finite, without a mask of them where their sum tells."""
    with np.errstate(invalid="ignore", over="ignore"):
        total = array.sum()
    return bool(np.isfinite(total) or np.isfinite(array).all())
