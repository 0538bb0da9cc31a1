"""The active set for extrapolation grades over all parameters of a potential.

The grade of an atom is ``max_k |(g A^-1)_k|``, with g the gradient of its energy by the parameters
and A the active set, the rows of training atoms that span the most volume (Podryabinkin and
Shapeev, Comput. Mater. Sci. 140 (2017) 171, section 2.3). Some directions of the parameters change
no energy, such as the scale of a radial function against the coefficients of the moments built
from it. They would make A singular, so the gradients are first expressed in their singular vectors;
along directions that no training atom reaches, A has a row of the size of the noise instead. A new
atom that does reach one, such as a first pair of two elements, so gets a very large grade.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from amorph_flows.datasets import Frame, FrameSet, additions, maxvol
from amorph_flows.datasets.binary import decode_array, encode_array
from amorph_flows.errors import InputError

FloatArray = npt.NDArray[np.float64]
Gradients = Callable[[Frame], FloatArray]

_FORMAT = "amorph-flows active set"
_NOISE = 1e-8


@dataclass(frozen=True, eq=False)
class ActiveSet:
    """An active set and the directions that it is written in.

    Parameters
    ----------
    directions
        Maps a gradient by the parameters to its components, shape
        ``(n_parameters, n_parameters)``.
    rows
        The active set in these components, shape ``(n_parameters, n_parameters)``.
    rank
        Number of directions that training atoms reach.
    potential_sha256
        Hash of the text of the potential.
    """

    directions: FloatArray
    rows: FloatArray
    rank: int
    potential_sha256: str

    @classmethod
    def of(cls, potential: str, gradients: Iterable[FloatArray]) -> Self:
        """Return the active set of training atoms.

        Parameters
        ----------
        potential
            Text of the potential.
        gradients
            Of each frame, shape ``(n_atoms, n_parameters)``.

        Raises
        ------
        InputError
            If there are no atoms.
        """
        held = list(gradients)
        if not held:
            raise InputError("an active set needs training frames; there are none")
        matrix = np.vstack(held)
        scale = np.sqrt(np.mean(matrix**2, axis=0))
        scale[scale == 0.0] = 1.0
        triangle = np.linalg.qr(matrix / scale, mode="r")
        values, vectors = np.linalg.svd(triangle)[1:]
        noise = _NOISE * values[0]
        rank = int(np.sum(values > noise))
        amplitudes = np.full(matrix.shape[1], noise)
        amplitudes[:rank] = values[:rank]
        directions = vectors.T / scale[:, None] / amplitudes * np.sqrt(len(matrix))
        reached = matrix @ directions[:, :rank]
        rows = np.eye(matrix.shape[1])
        rows[:rank, :rank] = reached[maxvol(reached)]
        return cls(directions, rows, rank, sha256_of(potential))

    def components(self, gradients: FloatArray) -> FloatArray:
        """Return gradients in the directions of the active set.

        Parameters
        ----------
        gradients
            Shape ``(n_atoms, n_parameters)``.
        """
        return gradients @ self.directions

    def grades(self, gradients: FloatArray) -> FloatArray:
        """Return the extrapolation grade of each atom.

        Parameters
        ----------
        gradients
            Shape ``(n_atoms, n_parameters)``.
        """
        coefficients = np.linalg.solve(self.rows.T, self.components(gradients).T)
        return np.asarray(np.abs(coefficients).max(axis=0))

    def select(
        self, gradients: Gradients, training: FrameSet, candidates: FrameSet, limit: int
    ) -> list[int]:
        """Return the candidates that MaxVol adds to the active set, most needed first.

        Parameters
        ----------
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
        rows = [self.components(gradients(candidates[i])) for i in offered]
        return [offered[i] for i in additions(self.rows, rows, limit)]

    def text(self) -> str:
        """Return the active set as JSON."""
        held: dict[str, Any] = {
            "format": _FORMAT,
            "potential_sha256": self.potential_sha256,
            "rank": self.rank,
            "directions": encode_array(self.directions),
            "rows": encode_array(self.rows),
        }
        return json.dumps(held)

    @classmethod
    def parse(cls, text: str, potential: str) -> Self:
        """Return the active set that `text` wrote.

        Parameters
        ----------
        text
            The JSON.
        potential
            Text of the potential that it must belong to.

        Raises
        ------
        InputError
            If the text is damaged or belongs to another potential.
        """
        try:
            held = json.loads(text)
            if held["format"] != _FORMAT:
                raise InputError(f"its format is {held['format']!r}, not {_FORMAT!r}")
            directions, rows = decode_array(held["directions"]), decode_array(held["rows"])
            active = cls(directions, rows, int(held["rank"]), str(held["potential_sha256"]))
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"the active set is missing or damaged: {error}") from error
        if active.potential_sha256 != sha256_of(potential):
            raise InputError("the active set belongs to another potential; compute it again")
        return active


@lru_cache(maxsize=4)
def parsed_active_set(text: str, potential: str) -> ActiveSet:
    """Return `ActiveSet.parse`, once for each text: a run grades one frame after another."""
    return ActiveSet.parse(text, potential)


def sha256_of(text: str) -> str:
    """Return the hash of a text, as hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()
