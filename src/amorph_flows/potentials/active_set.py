"""Active sets over all parameters, with the directions that no training atom reaches.

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
import numpy.typing as npt

from amorph_flows.datasets import Frame, FrameSet, additions, maxvol
from amorph_flows.errors import InputError
from amorph_flows.potentials.mtp.active_set import ActiveSet

FloatArray = npt.NDArray[np.float64]
Gradients = Callable[[Frame], FloatArray]

_NOISE = 1e-8


def find_active_set(parameters: FloatArray, gradients: Iterable[FloatArray]) -> ActiveSet:
    """Return the active set of training atoms.

    Parameters
    ----------
    parameters
        All coefficients of the potential, shape ``(n_parameters,)``.
    gradients
        Of each training frame, shape ``(n_atoms, n_parameters)``.

    Returns
    -------
    ActiveSet
        Of neighbourhoods; its projection has one row for each parameter, those of directions
        that no training atom reaches last and with -1 for frame and atom.

    Raises
    ------
    InputError
        If there are no atoms.
    """
    held = list(gradients)
    if not held:
        raise InputError("an active set needs training frames; there are none")
    matrix = np.vstack(held)
    directions, rank = _directions(matrix)
    reached = matrix @ directions[:, :rank]
    chosen = maxvol(reached)
    projection = directions.T.copy()
    projection[:rank] = np.linalg.solve(reached[chosen].T, directions[:, :rank].T)
    origin = np.array([(f, a) for f, rows in enumerate(held) for a in range(len(rows))])
    selected = np.full((len(projection), 2), -1, dtype=np.int64)
    selected[:rank] = origin[chosen]
    return ActiveSet("neighbourhood", parameters, projection, selected)


def select_candidates(
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
    return [offered[i] for i in additions(np.eye(active.rank), rows, limit)]


def _directions(matrix: FloatArray) -> tuple[FloatArray, int]:
    """Return what maps gradients to components of unit size, and how many of them are reached."""
    scale = np.sqrt(np.mean(matrix**2, axis=0))
    scale[scale == 0.0] = 1.0
    triangle = np.linalg.qr(matrix / scale, mode="r")
    values, vectors = np.linalg.svd(triangle)[1:]
    noise = _NOISE * values[0]
    rank = int(np.sum(values > noise))
    amplitudes = np.full(matrix.shape[1], noise)
    amplitudes[:rank] = values[:rank]
    return vectors.T / scale[:, None] / amplitudes * np.sqrt(len(matrix)), rank
