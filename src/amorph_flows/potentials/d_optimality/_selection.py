"""Selection of an active set over all parameters, and of candidates to add to it.

The grade of an atom is ``max_k |(g A^-1)_k|``, with g the gradient of its energy by the parameters
and A the active set, the rows of training atoms that span the most volume (Podryabinkin and
Shapeev, Comput. Mater. Sci. 140 (2017) 171, section 2.3). Some directions of the parameters change
no energy, such as the scale of a radial function against the coefficients of the moments built
from it. They would make A singular, so the gradients are first expressed in their singular vectors;
along directions that no training atom reaches, A has a row of the size of the noise instead. A new
atom that does reach one, such as a first pair of two elements, so gets a very large grade.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.datasets import Frame, FrameSet
from amorph_flows.datasets.selection import additions, maxvol, pivot_rows
from amorph_flows.errors import CalculationError, InputError
from amorph_flows.potentials.d_optimality._active_set import ActiveSet

Gradients = Callable[[Frame], FloatArray]
"""Gives the gradients of a frame's atomic energies by all coefficients, ``(n_atoms, n)``."""

_NOISE = 1e-8
_CHUNK = 8
_MAX_SWEEPS = 100


def find_active_set(
    parameters: FloatArray, gradients: Iterable[FloatArray], threshold: float = 1.001
) -> ActiveSet:
    """Return the active set of training atoms.

    Parameters
    ----------
    parameters
        All coefficients of the potential, shape ``(n_parameters,)``.
    gradients
        Of each training frame, shape ``(n_atoms, n_parameters)``.
    threshold
        No training atom has a grade above this, which is above 1.

    Returns
    -------
    ActiveSet
        Its projection has one row for each parameter, those of directions that no training
        frame reaches last and with -1 for frame and atom.

    Raises
    ------
    InputError
        If there are no frames, or the threshold is not above 1.
    CalculationError
        If MaxVol does not end.
    """
    frames = list(gradients)
    if not frames:
        raise InputError("there are no frames; an active set needs training frames")
    chunks = _chunks(frames)
    directions, rank = _directions(chunks)
    chosen, rows = _most_volume(chunks, directions[:, :rank], threshold)
    projection = directions.T.copy()
    projection[:rank] = np.linalg.solve(rows.T, directions[:, :rank].T)
    origin = np.array([(f, a) for f, held in enumerate(frames) for a in range(len(held))])
    selected = np.full((len(projection), 2), -1, dtype=np.int64)
    selected[:rank] = origin[chosen]
    return ActiveSet(parameters, projection, selected)


def choose_candidates(
    active: ActiveSet,
    gradients: Gradients,
    training: FrameSet,
    candidates: FrameSet,
    limit: int,
) -> list[int]:
    """Return the candidates that MaxVol adds to an active set, most needed first.

    Parameters
    ----------
    active
        The active set.
    gradients
        Gives the gradients of a frame.
    training
        Frames that need no label any more; equal candidates are passed over.
    candidates
        Configurations.
    limit
        How many to return at most.
    """
    known = {frame.content_hash for frame in training}
    offered = [i for i, frame in enumerate(candidates) if frame.content_hash not in known]
    # in these coordinates the active set is the unit matrix
    rows = [gradients(candidates[i]) @ active.projection.T for i in offered]
    return [offered[i] for i in additions(np.eye(len(active.projection)), rows, limit)]


def _chunks(frames: list[FloatArray]) -> list[list[FloatArray]]:
    """Return the frames in groups of some multiples of as many atoms as parameters."""
    n_parameters = frames[0].shape[1]
    ends = np.cumsum([len(rows) for rows in frames]) // (_CHUNK * n_parameters)
    groups: dict[int, list[FloatArray]] = {}
    for end, rows in zip(ends, frames, strict=True):
        groups.setdefault(int(end), []).append(rows)
    return list(groups.values())


def _directions(chunks: list[list[FloatArray]]) -> tuple[FloatArray, int]:
    """Return what maps gradients to components of unit size, and how many of them are reached."""
    n_atoms = sum(len(rows) for chunk in chunks for rows in chunk)
    triangle = np.empty((0, chunks[0][0].shape[1]))
    for chunk in chunks:
        triangle = np.asarray(np.linalg.qr(np.vstack([triangle, *chunk]), mode="r"))
    scale = np.sqrt(np.sum(triangle**2, axis=0) / n_atoms)
    scale[scale == 0.0] = 1.0
    values, vectors = np.linalg.svd(triangle / scale)[1:]
    noise = _NOISE * values[0]
    rank = int(np.sum(values > noise))
    amplitudes = np.full(len(vectors), noise)
    amplitudes[:rank] = values[:rank]
    return vectors.T / scale[:, None] / amplitudes * np.sqrt(n_atoms), rank


def _most_volume(
    chunks: list[list[FloatArray]], directions: FloatArray, threshold: float
) -> tuple[IntArray, FloatArray]:
    """Return numbers and components of the atoms of the active set.

    The rows that a pivoted QR takes from one chunk after another span what all atoms span; then
    MaxVol swaps rows of one chunk after another until none is left to swap.
    """
    firsts = np.cumsum([0] + [sum(len(rows) for rows in chunk) for chunk in chunks])
    numbers, rows = np.empty(0, dtype=np.int64), np.empty((0, directions.shape[1]))
    for sweep in range(_MAX_SWEEPS):
        before = numbers
        for first, chunk in zip(firsts[:-1], chunks, strict=True):
            joined = np.vstack([rows, np.vstack(chunk) @ directions])
            known = np.concatenate([numbers, first + np.arange(len(joined) - len(rows))])
            if sweep:
                kept = maxvol(joined, threshold, start=np.arange(len(rows)))
            else:
                kept = pivot_rows(joined)
            numbers, rows = known[kept], joined[kept]
        if sweep and np.array_equal(numbers, before):
            return numbers, rows
    raise CalculationError(f"the active set still changes after {_MAX_SWEEPS} sweeps of MaxVol")
