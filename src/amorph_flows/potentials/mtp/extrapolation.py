"""Extrapolation grades: active sets over all parameters by MaxVol.

The grade of an environment with energy gradient g (with respect to the parameters) is
``max |g A^-1|``, the rows of A being the gradients of the active set, the environments that span
the largest volume (Podryabinkin and Shapeev, Comput. Mater. Sci. 140 (2017) 171, equations 10 to
13). Directions of the parameters that no environment can tell apart are projected out first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
from ase import Atoms
from scipy.linalg import qr

from amorph_flows.errors import InputError
from amorph_flows.potentials.mtp.active_set import ActiveSet
from amorph_flows.potentials.mtp.file import MTPPotential
from amorph_flows.potentials.mtp.training_kernel import TrainingKernel

FloatArray = npt.NDArray[np.float64]
Mode = Literal["neighbourhood", "configuration"]

REDUNDANT = 1e-9
"""Singular value, relative to the largest, below which a direction counts as redundant."""
UNSEEN = 1e-4
"""Size of the artificial rows for directions that no configuration has shown."""
BLOCK_ATOMS = 20_000
"""Atoms that are candidates together; more are taken block by block."""
MAX_PASSES = 5
"""Most passes over the blocks."""


def active_set(
    potential: MTPPotential,
    frames: Sequence[Atoms],
    mode: Mode = "neighbourhood",
    threshold: float = 1.001,
    max_swaps: int = 10_000,
) -> ActiveSet:
    """Select the active set of a potential from its training frames.

    Parameters
    ----------
    potential
        The fitted potential, with its species.
    frames
        What it was fitted to.
    mode
        Whether single environments are graded (``neighbourhood``) or sums over a structure
        (``configuration``).
    threshold
        Rows are swapped in until no candidate's grade exceeds this.
    max_swaps
        Most swaps.

    Returns
    -------
    ActiveSet
        Its rank is the number of independent directions.

    Raises
    ------
    InputError
        If there are no frames, the mode is unknown, or an element is not in the potential.
    """
    if not frames:
        raise InputError("no frames to select an active set from")
    if mode not in ("neighbourhood", "configuration"):
        raise InputError(f"mode {mode!r}: 'neighbourhood' or 'configuration' is needed")
    kernel = TrainingKernel(potential, frames)
    whitening = _whitening(kernel)
    rank = whitening.shape[1]
    rows, origin = np.zeros((0, rank)), np.zeros((0, 2), dtype=np.int64)
    if mode == "configuration":
        sums = np.array([kernel.atom_gradients(f).sum(axis=0) for f in range(len(frames))])
        size = UNSEEN * np.sqrt(((sums @ whitening) ** 2).mean() * rank)
        rows, origin = size * np.eye(rank), np.full((rank, 2), -1)
    blocks = _blocks(kernel.sizes)
    inverse = np.eye(rank)
    for _ in range(MAX_PASSES):
        before = rows
        for block in blocks:
            new_rows, new_origin = _candidates(kernel, block, whitening, mode)
            candidates, origins = np.vstack([rows, new_rows]), np.vstack([origin, new_origin])
            if len(candidates) >= rank:
                chosen, inverse = maxvol(candidates, threshold, max_swaps)
                candidates, origins = candidates[chosen], origins[chosen]
            rows, origin = candidates, origins
        if len(blocks) == 1 or np.array_equal(np.sort(rows, axis=0), np.sort(before, axis=0)):
            break
    return ActiveSet(mode, potential.parameters, (whitening @ inverse).T, origin)


def _blocks(sizes: npt.NDArray[np.int32]) -> list[npt.NDArray[np.int64]]:
    """Part the frames so that a block has at most `BLOCK_ATOMS` atoms or one frame."""
    number = np.cumsum(sizes, dtype=np.int64) // BLOCK_ATOMS
    return [np.flatnonzero(number == n) for n in np.unique(number)]


def _candidates(
    kernel: TrainingKernel, frames: npt.NDArray[np.int64], whitening: FloatArray, mode: Mode
) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Give the rows that some frames offer, and the frame and atom of each."""
    rows, origin = [], []
    for frame in frames.tolist():
        gradients = kernel.atom_gradients(frame)
        atoms = list(range(len(gradients)))
        if mode == "configuration":
            gradients, atoms = gradients.sum(axis=0, keepdims=True), [-1]
        rows.append(gradients @ whitening)
        origin += [(frame, atom) for atom in atoms]
    return np.vstack(rows), np.array(origin, dtype=np.int64)


def grades(potential: MTPPotential, active: ActiveSet, frames: Sequence[Atoms]) -> FloatArray:
    """Give the extrapolation grade of each frame.

    Parameters
    ----------
    potential
        The potential that the active set was made with.
    active
        The active set.
    frames
        Structures.

    Returns
    -------
    ndarray
        Shape ``(n_frames,)``: in neighbourhood mode the largest grade of an atom.

    Raises
    ------
    InputError
        If the active set is another potential's.
    """
    active.check(potential)
    kernel = TrainingKernel(potential, frames)
    out = np.empty(len(frames))
    for frame in range(len(frames)):
        gradients = kernel.atom_gradients(frame)
        if active.mode == "configuration":
            gradients = gradients.sum(axis=0, keepdims=True)
        out[frame] = active.grade(gradients).max()
    return out


def atom_grades(potential: MTPPotential, active: ActiveSet, atoms: Atoms) -> FloatArray:
    """Give the grade of each atom's environment.

    Parameters
    ----------
    potential
        The potential that the active set was made with.
    active
        An active set of neighbourhoods.
    atoms
        The structure.

    Returns
    -------
    ndarray
        Shape ``(n_atoms,)``.

    Raises
    ------
    InputError
        If the active set is another potential's or one of configurations.
    """
    active.check(potential)
    if active.mode != "neighbourhood":
        raise InputError("the active set grades configurations, not atoms")
    return active.grade(TrainingKernel(potential, [atoms]).atom_gradients(0))


def maxvol(
    rows: FloatArray, threshold: float = 1.001, max_swaps: int = 10_000
) -> tuple[npt.NDArray[np.int64], FloatArray]:
    """Find rows that span nearly the largest volume (Goreinov et al. 2010, algorithm 1).

    Parameters
    ----------
    rows
        Shape ``(n, r)``, rank r.
    threshold
        Swap until all entries of ``rows @ inverse`` are below this.
    max_swaps
        Most swaps.

    Returns
    -------
    tuple
        The r row numbers and the inverse of the matrix of these rows.
    """
    rank = rows.shape[1]
    chosen = qr(rows.T, mode="r", pivoting=True)[1][:rank].astype(np.int64)
    inverse = np.asarray(np.linalg.inv(rows[chosen]), dtype=np.float64)
    table = rows @ inverse
    for _ in range(max_swaps):
        row, column = np.unravel_index(np.argmax(np.abs(table)), table.shape)
        pivot = table[row, column]
        if abs(pivot) <= threshold:
            break
        change = table[row].copy()
        change[column] -= 1.0
        table -= np.outer(table[:, column] / pivot, change)
        chosen[column] = row
    inverse = np.asarray(np.linalg.inv(rows[chosen]), dtype=np.float64)
    return chosen, inverse


def _whitening(kernel: TrainingKernel) -> FloatArray:
    """Map gradients to independent coordinates of similar size, redundant directions left out."""
    triangle = np.zeros((0, kernel.n_parameters))
    for frame in range(len(kernel.sizes)):
        stacked = np.vstack([triangle, kernel.atom_gradients(frame)])
        if len(stacked) > 4 * kernel.n_parameters or frame == len(kernel.sizes) - 1:
            stacked = qr(stacked, mode="r")[0][: kernel.n_parameters]
        triangle = stacked
    norms = np.sqrt((triangle**2).sum(axis=0))
    scale = np.where(norms > 0.0, norms, 1.0)
    _, values, directions = np.linalg.svd(triangle / scale, full_matrices=False)
    kept = values > REDUNDANT * values[0]
    whitening: FloatArray = directions[kept].T / values[kept] / scale[:, None]
    return whitening
