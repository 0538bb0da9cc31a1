"""What backends have in common whose grades come from a committee."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from ase.calculators.calculator import Calculator
from typing_extensions import override

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.errors import InputError
from amorph_flows.potentials.base import GradeSettings, PairStyle, require_elements
from amorph_flows.potentials.committee._spread import (
    CommitteeScale,
    most_uncertain,
    scale_of,
    spread_of_forces,
)
from amorph_flows.potentials.learned import Fit, LearnedBackend
from amorph_flows.potentials.stored import check_files
from amorph_flows.schemas.fits import FitSettings
from amorph_flows.schemas.potential import PotentialDoc

COMMITTEE_FILE = "committee.json"


class CommitteeBackend(LearnedBackend):
    """A backend that grades by how much several potentials disagree; LAMMPS asks its calculator."""

    @property
    def no_committee(self) -> str:
        """What to say where there is one potential alone."""
        return (
            f"the {self.settings_type.method} potential has no committee, so it has no grades; fit "
            "it with members of at least 2, or run without (grade_every: 0)"
        )

    @abstractmethod
    def members(
        self,
        files: dict[str, bytes],
        species: list[str],
        settings: FitSettings,
        frames: FrameSet,
    ) -> Sequence[Calculator]:
        """Return the calculators of a committee, that of the potential itself first.

        Parameters
        ----------
        files, species, settings
            Of the potential.
        frames
            What they will be asked about.
        """

    @abstractmethod
    def fingerprint(self, files: dict[str, bytes]) -> str:
        """Return the hash of a potential, to which the scale of its committee belongs.

        Parameters
        ----------
        files
            Of the potential.
        """

    @abstractmethod
    def unlabelled_error_ev_a(self, settings: FitSettings) -> float:
        """Return the error of a force that a grade of 1 stands for without labels, eV/Å.

        Parameters
        ----------
        settings
            Of the potential.
        """

    @override
    def grade_files(self, fit: Fit, training: FrameSet, settings: FitSettings) -> dict[str, bytes]:
        """Return what the spread of forces means; nothing where there is no committee."""
        members = self.members(fit.files, fit.species, settings, training)
        if len(members) < 2:
            return {}
        error = self.unlabelled_error_ev_a(settings)
        scale = scale_of(members, training, self.fingerprint(fit.files), error)
        return {COMMITTEE_FILE: scale.to_file()}

    @override
    def pair_style(
        self, doc: PotentialDoc, elements: list[str], directory: Path, grade: GradeSettings | None
    ) -> PairStyle:
        """Return no commands: LAMMPS gets its forces from the calculator."""
        require_elements(doc.species, elements)
        if grade is not None:
            self.scale(doc)
        return PairStyle(commands=[])

    @override
    def grades(self, doc: PotentialDoc, frames: FrameSet) -> FloatArray:
        scale = self.scale(doc)
        check_files(doc)
        members = self.members(doc.files, doc.species, doc.fit_settings(), frames)
        return np.array([scale.grades(spread_of_forces(members, frame)).max() for frame in frames])

    @override
    def select(
        self, doc: PotentialDoc, training: FrameSet, candidates: FrameSet, limit: int
    ) -> list[int]:
        """Return the candidates whose grade is above 1, largest first, alike ones once."""
        return most_uncertain(self.grades(doc, candidates), training, candidates, limit)

    def scale(self, doc: PotentialDoc) -> CommitteeScale:
        """Return what the spread of a potential's committee means.

        Parameters
        ----------
        doc
            The potential.

        Raises
        ------
        InputError
            If it has no committee, or its scale is damaged or another potential's.
        """
        if COMMITTEE_FILE not in doc.files:
            raise InputError(self.no_committee)
        return CommitteeScale.from_file(doc.files[COMMITTEE_FILE], self.fingerprint(doc.files))
