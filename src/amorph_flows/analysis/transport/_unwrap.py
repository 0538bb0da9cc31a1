"""Displacements across periodic boundaries."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from ase.data import atomic_numbers

from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.transport._step_kernel import fill_wrapped_steps
from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import AmorphFlowsWarning, InputError

LONGEST_STEP = 0.45
"""Fraction of a cell vector beyond which a step between frames is too long to unwrap."""

_CHUNK = 100_000  # coordinates at a time: they stay in the processor's cache
_MOST_THREADS = 4


class UnwrappingWarning(AmorphFlowsWarning):
    """A step between two frames is so near half the cell that its periodic image is a guess."""


def n_threads(n_tasks: int) -> int:
    """Return how many threads share some tasks: one for each processor, four at most.

    Parameters
    ----------
    n_tasks
        How many there are.
    """
    return min(_MOST_THREADS, os.cpu_count() or 1, max(1, n_tasks))


def is_unwrapped(trajectory: Trajectory) -> bool:
    """Tell whether positions already run across the periodic boundaries.

    They do if the reader says so, or if an atom moved by more than 1.2 cell vectors from its first
    position, which no wrapped position can.

    Parameters
    ----------
    trajectory
        Positions of any kind.
    """
    if "unwrapped" in trajectory.source:
        return bool(trajectory.source["unwrapped"])
    sample = np.unique(np.linspace(0, trajectory.n_frames - 1, 20).astype(int))
    moved = trajectory.positions[sample] - trajectory.positions[0]
    inverse = np.linalg.inv(trajectory.cells[sample])
    return bool(np.abs(np.einsum("tai,tij->taj", moved, inverse)).max() > 1.2)


class Steps:
    """Displacements of all atoms between neighbouring frames, with periodic images resolved.

    A step is (Δs - round(Δs)) h, with s the fractional coordinates and h the cell of the later
    frame: the affine part of a changing cell is not counted as motion, and the sum of steps has no
    term that grows with the cell's fluctuations (von Bülow et al., J. Chem. Phys. 153, 021101
    (2020)). Where positions are unwrapped already, round(Δs) is left out.

    Parameters
    ----------
    trajectory
        Positions, wrapped or not.
    """

    def __init__(self, trajectory: Trajectory) -> None:
        self.trajectory = trajectory
        self.wrapped = not is_unwrapped(trajectory)
        cells = trajectory.cells
        self.fixed_cell = cells.strides[0] == 0 or bool(np.all(cells == cells[0]))
        self.orthorhombic = self.fixed_cell and bool(
            np.all(cells[0] == np.diag(np.diagonal(cells[0])))
        )

    def between(self, first: int, last: int, atoms: slice | IntArray) -> FloatArray:
        """Return the steps to the frames first + 1 … last - 1, Å.

        Parameters
        ----------
        first, last
            Frames of the interval, the last one exclusive.
        atoms
            Which atoms.

        Returns
        -------
        FloatArray
            Shape ``(last - first - 1, n_atoms, 3)``.
        """
        positions = self.trajectory.positions[first:last, atoms]
        if not self.fixed_cell:
            cells = self.trajectory.cells[first:last]
            fractional = np.diff(positions @ np.linalg.inv(cells), axis=0)
            return (fractional - np.rint(fractional) * self.wrapped) @ cells[1:]
        # indexing may leave another order of axes in memory, and images come off in place
        steps = np.empty((len(positions) - 1, *positions.shape[1:]))
        cell = self.trajectory.cells[0]
        if self.wrapped and self.orthorhombic:
            rows = positions.reshape(len(positions), -1)
            lengths = np.tile(np.diagonal(cell), positions.shape[1])
            fill_wrapped_steps(rows, lengths, steps.reshape(len(steps), -1))
            return steps
        np.subtract(positions[1:], positions[:-1], out=steps)
        if self.wrapped:
            all_atoms = steps.reshape(-1, 3)
            all_atoms -= np.rint(all_atoms @ np.linalg.inv(cell)) @ cell
        return steps

    def chunks(
        self, first: int, last: int, atoms: slice | IntArray
    ) -> Iterator[tuple[int, FloatArray]]:
        """Yield ``(frame, steps)`` in pieces of time, steps[0] being the step to that frame.

        Parameters
        ----------
        first, last
            Frames of the interval, the last one exclusive.
        atoms
            Which atoms.
        """
        length = self._chunk_length(atoms)
        for start in range(first, last - 1, length):
            yield start + 1, self.between(start, min(start + length + 1, last), atoms)

    def each(
        self,
        function: Callable[[int, FloatArray], None],
        first: int,
        last: int,
        atoms: slice | IntArray,
    ) -> None:
        """Call function(frame, steps) for all chunks, in a thread for each processor.

        Parameters
        ----------
        function
            Takes what `chunks` yields, in any order.
        first, last
            Frames of the interval, the last one exclusive.
        atoms
            Which atoms.
        """
        length = self._chunk_length(atoms)
        starts = range(first, last - 1, length)
        atoms = _as_slice(atoms)
        n = n_threads(len(starts))

        def work(thread: int) -> None:
            for start in starts[thread::n]:
                function(start + 1, self.between(start, min(start + length + 1, last), atoms))

        if n == 1:
            work(0)
            return
        with ThreadPoolExecutor(n) as pool:
            list(pool.map(work, range(n)))

    def _chunk_length(self, atoms: slice | IntArray) -> int:
        n_atoms = np.arange(self.trajectory.n_atoms)[atoms].size
        return max(1, _CHUNK // (3 * max(n_atoms, 1)))

    def path(self, first: int, last: int, atoms: slice | IntArray, drift: FloatArray) -> FloatArray:
        """Return unwrapped positions relative to the first frame, less a drift, Å.

        Parameters
        ----------
        first, last
            Frames of the interval, the last one exclusive.
        atoms
            Which atoms.
        drift
            Step of the frame of reference to each frame, shape ``(n_frames, 3)``.

        Returns
        -------
        FloatArray
            Shape ``(3, n_atoms, last - first)``, time last.
        """
        n_atoms = np.arange(self.trajectory.n_atoms)[atoms].size
        path = np.zeros((3, n_atoms, last - first))

        def fill(frame: int, steps: FloatArray) -> None:
            offset = frame - first
            path[:, :, offset : offset + len(steps)] = steps.transpose(2, 1, 0)

        self.each(fill, first, last, atoms)
        np.cumsum(path, axis=2, out=path)
        moved = np.cumsum(drift[first + 1 : last], axis=0)
        path[:, :, 1:] -= moved.T[:, None]
        return path

    def longest(self, atoms: slice | IntArray = slice(None)) -> float:
        """Return the largest fractional component of any step, at most 0.5 if wrapped.

        Parameters
        ----------
        atoms
            Which atoms.
        """
        longest = 0.0
        for frame, steps in self.chunks(0, self.trajectory.n_frames, atoms):
            inverse = np.linalg.inv(self.trajectory.cells[frame : frame + len(steps)])
            longest = max(longest, float(np.abs(steps @ inverse).max(initial=0.0)))
        return longest


def unwrap(trajectory: Trajectory) -> FloatArray:
    """Return positions that run across the periodic boundaries, Å.

    Parameters
    ----------
    trajectory
        Positions, wrapped or not; cells may be triclinic and may change.

    Returns
    -------
    FloatArray
        Shape ``(n_frames, n_atoms, 3)``, the first frame as it was.

    Warns
    -----
    UnwrappingWarning
        If a step exceeds 0.45 cell vectors, so that its image is a guess.
    """
    steps = Steps(trajectory)
    everything: slice[None, None, None] = slice(None)
    if steps.wrapped:
        warn_of_long_steps(steps.longest())
    path = steps.path(0, trajectory.n_frames, everything, np.zeros((trajectory.n_frames, 3)))
    unwrapped: FloatArray = trajectory.positions[0] + path.transpose(2, 1, 0)
    return unwrapped


def warn_of_long_steps(longest: float) -> None:
    """Warn if the longest step between frames, in cell vectors, is too long to unwrap."""
    if longest > LONGEST_STEP:
        warnings.warn(
            f"an atom moves by {longest:.2f} cell vectors between two frames; beyond "
            f"{LONGEST_STEP} the periodic image is a guess: write frames more often, or give "
            "unwrapped positions",
            UnwrappingWarning,
            stacklevel=3,
        )


def atoms_of(trajectory: Trajectory, ion: str) -> IntArray:
    """Return the indices of the atoms of one element.

    Parameters
    ----------
    trajectory
        Where to look.
    ion
        Element symbol, such as ``"Mg"``.

    Raises
    ------
    InputError
        If there is no such element, or no atom of it.
    """
    if ion not in atomic_numbers:
        raise InputError(f"{ion!r} is not an element symbol; give one such as 'Mg'")
    atoms = np.flatnonzero(trajectory.numbers == atomic_numbers[ion])
    if not atoms.size:
        raise InputError(
            f"the trajectory has no {ion}; its atomic numbers are "
            f"{np.unique(trajectory.numbers).tolist()}"
        )
    return atoms


def _as_slice(atoms: slice | IntArray) -> slice | IntArray:
    """Return neighbouring atoms as a slice, which needs no copy."""
    if isinstance(atoms, slice) or not len(atoms) or np.any(np.diff(atoms) != 1):
        return atoms
    return slice(int(atoms[0]), int(atoms[-1]) + 1)
