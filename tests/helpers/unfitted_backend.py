"""Potentials that nobody fitted, and their documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ase.calculators.calculator import Calculator

from amorph_flows.arrays import FloatArray
from amorph_flows.calculators.toy import ToyCalculator
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.potentials.base import GradeSettings, PairStyle
from amorph_flows.potentials.learned import Fit, LearnedBackend
from amorph_flows.schemas.fits import FitSettings
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.schemas.potential import PotentialDoc


class Unfitted(LearnedBackend):
    """A backend of a fixed potential."""

    def check(self) -> None:
        """Nothing is missing."""

    def fit(
        self,
        training: FrameSet,
        validation: FrameSet,
        settings: FitSettings,
        start: PotentialDoc | None = None,
    ) -> Fit:
        return Fit({}, [], 0, 0.0)

    def calculator(self, doc: PotentialDoc) -> Calculator:
        return ToyCalculator()

    def grade_files(self, fit: Fit, training: FrameSet, settings: FitSettings) -> dict[str, bytes]:
        return {}

    def grades(self, doc: PotentialDoc, frames: FrameSet) -> FloatArray:
        return np.zeros(len(frames))

    def select(
        self, doc: PotentialDoc, training: FrameSet, candidates: FrameSet, limit: int
    ) -> list[int]:
        return []

    def pair_style(
        self, doc: PotentialDoc, elements: list[str], directory: Path, grade: GradeSettings | None
    ) -> PairStyle:
        return PairStyle([])


class _Constant(ToyCalculator):
    """Every component of every force is the same."""

    def __init__(self, force: float) -> None:
        super().__init__()
        self._force = force

    def calculate(self, *args: Any, **kwargs: Any) -> None:
        super().calculate(*args, **kwargs)
        self.results["forces"] = np.full_like(self.results["forces"], self._force)


class ConstantForce(Unfitted):
    """Its document holds the force, eV/Å; it cannot compute without one."""

    name = "unfitted_backend:ConstantForce"

    def calculator(self, doc: PotentialDoc) -> Calculator:
        if not doc.files["force"]:
            raise RuntimeError("the potential is not there")
        return _Constant(float(doc.files["force"]))

    def select(
        self, doc: PotentialDoc, training: FrameSet, candidates: FrameSet, limit: int
    ) -> list[int]:
        """Choose the first ones."""
        return list(range(min(limit, len(candidates))))


def potential(backend: str, species: list[str], **files: str) -> PotentialDoc:
    """Return the document of a potential that nobody fitted."""
    return PotentialDoc(
        species=species,
        settings=FitSettings(backend=backend),
        engine=EngineInfo(name="none", settings_hash="", surrogate=True),
        files={name: text.encode() for name, text in files.items()},
        n_parameters=0,
        n_training_frames=0,
        errors={},
        training_cpu_seconds=0.0,
    )
