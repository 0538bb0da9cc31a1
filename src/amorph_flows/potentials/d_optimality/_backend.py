"""What backends have in common that are graded by D-optimality."""

from __future__ import annotations

from abc import abstractmethod
from functools import lru_cache

import numpy as np
from typing_extensions import override

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.errors import InputError
from amorph_flows.potentials.d_optimality._active_set import ActiveSet
from amorph_flows.potentials.d_optimality._selection import (
    Gradients,
    choose_candidates,
    find_active_set,
)
from amorph_flows.potentials.learned import Fit, LearnedBackend
from amorph_flows.schemas.fits import FitSettings
from amorph_flows.schemas.potential import PotentialDoc

ACTIVE_SET_FILE = "active_set.txt"


class DOptimalBackend(LearnedBackend):
    """A backend whose grades come from the gradients of atomic energies by its coefficients."""

    @abstractmethod
    def graded_by(
        self, files: dict[str, bytes], species: list[str]
    ) -> tuple[FloatArray, Gradients]:
        """Return the coefficients that a potential is graded by, and the gradients by them.

        Parameters
        ----------
        files, species
            Of the potential.
        """

    @override
    def grade_files(self, fit: Fit, training: FrameSet, settings: FitSettings) -> dict[str, bytes]:
        """Return the active set."""
        coefficients, gradients = self.graded_by(fit.files, fit.species)
        found = find_active_set(coefficients, (gradients(frame) for frame in training))
        return {ACTIVE_SET_FILE: found.text().encode()}

    @override
    def grades(self, doc: PotentialDoc, frames: FrameSet) -> FloatArray:
        active, gradients = self._checked(doc)
        return np.array([active.grade(gradients(frame)).max() for frame in frames])

    @override
    def select(
        self, doc: PotentialDoc, training: FrameSet, candidates: FrameSet, limit: int
    ) -> list[int]:
        """Return the candidates that MaxVol adds to the active set, most needed first."""
        active, gradients = self._checked(doc)
        return choose_candidates(active, gradients, training, candidates, limit)

    def active_set(self, doc: PotentialDoc) -> ActiveSet:
        """Return the active set of a potential.

        Parameters
        ----------
        doc
            The potential.

        Raises
        ------
        InputError
            If the active set is missing, damaged or another potential's.
        """
        return self._checked(doc)[0]

    def _checked(self, doc: PotentialDoc) -> tuple[ActiveSet, Gradients]:
        if ACTIVE_SET_FILE not in doc.files:
            raise InputError(
                f"the potential has no {ACTIVE_SET_FILE}, only {', '.join(doc.files) or 'no file'}"
            )
        coefficients, gradients = self.graded_by(doc.files, doc.species)
        active = _parsed(doc.files[ACTIVE_SET_FILE])
        active.check(coefficients)
        return active, gradients


# a run that is graded as it goes asks for the same file again and again
@lru_cache(maxsize=4)
def _parsed(content: bytes) -> ActiveSet:
    return ActiveSet.parse(content.decode("utf-8", errors="replace"))
