"""Pretrained potentials behind the contract of fitted ones."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from ase.calculators.calculator import Calculator
from typing_extensions import override

from amorph_flows.arrays import FloatArray
from amorph_flows.calculators.known import get_calculator
from amorph_flows.datasets.errors import error_statistics
from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.errors import InputError
from amorph_flows.potentials.base import GradeSettings, PairStyle, register, require_elements
from amorph_flows.potentials.committee import (
    CommitteeScale,
    most_uncertain,
    scale_of,
    spread_of_forces,
)
from amorph_flows.potentials.learned import Fit, LearnedBackend, require_settings
from amorph_flows.potentials.pretrained._calculator import ShiftedCalculator
from amorph_flows.potentials.pretrained._document import (
    COMMITTEE_FILE,
    MODEL_FILE,
    model_file,
    require_known,
    versions,
)
from amorph_flows.potentials.training_frames import (
    element_constants,
    elements_of,
    require_labels,
)
from amorph_flows.schemas.fits import FitSettings, PretrainedSettings
from amorph_flows.schemas.potential import PotentialDoc


@register
class PretrainedBackend(LearnedBackend):
    """Foundation models as they are; labels only move their zero of energy.

    Its grades come from the forces of other models, the committee.
    """

    name: ClassVar[str] = "pretrained"
    settings_type: ClassVar[type[FitSettings]] = PretrainedSettings
    licence: ClassVar[str] = "that of the model"

    @override
    def check(self) -> None:
        """Check nothing: which package is needed, the settings say, and the fit checks it."""

    @override
    def fit(
        self,
        training: FrameSet,
        validation: FrameSet,
        settings: FitSettings,
        start: PotentialDoc | None = None,
    ) -> Fit:
        """Fit one constant an element to the energies, by least squares."""
        model = require_settings(settings, PretrainedSettings)
        began = time.process_time()
        require_labels(training)
        species = elements_of(training, start.species if start is not None else ())
        require_known(model, species)
        bare = ShiftedCalculator(_model_of(model), species, {})
        predicted = FrameSet(_predicted(bare, frame) for frame in training)
        missing = [_energy(a) - _energy(b) for a, b in zip(training, predicted, strict=True)]
        shifts = element_constants(training, np.array(missing), species)
        errors = error_statistics(training, predicted)
        took = time.process_time() - began
        return Fit(
            files={MODEL_FILE: model_file(model, shifts)},
            species=species,
            n_parameters=len(species),
            cpu_seconds=took,
            history=[(took, errors.force_rmse_ev_a**2)],
            versions=versions(model),
        )

    @override
    def grade_files(self, fit: Fit, training: FrameSet, settings: FitSettings) -> dict[str, bytes]:
        """Return what the spread of the committee means; nothing where there is no committee."""
        model = require_settings(settings, PretrainedSettings)
        if not model.committee:
            return {}
        members = _members(model)
        scale = scale_of(members, training, _digest(fit.files), model.force_error_ev_a)
        return {COMMITTEE_FILE: scale.to_file()}

    @override
    def calculator(self, doc: PotentialDoc) -> Calculator:
        held = _held(doc.files)
        model = get_calculator(held["calculator"], held["calculator_kwargs"])
        return ShiftedCalculator(model, list(doc.species), held["shifts_ev"])

    @override
    def pair_style(
        self, doc: PotentialDoc, elements: list[str], directory: Path, grade: GradeSettings | None
    ) -> PairStyle:
        """Return no commands: LAMMPS gets its forces from the calculator."""
        require_elements(doc.species, elements)
        if grade is not None:
            _scale(doc)
        return PairStyle(commands=[])

    @override
    def grades(self, doc: PotentialDoc, frames: FrameSet) -> FloatArray:
        scale, members = _scale(doc), _members(_settings(doc))
        for frame in frames:
            require_elements(doc.species, frame.to_atoms().get_chemical_symbols())
        return np.array([scale.grades(spread_of_forces(members, frame)).max() for frame in frames])

    @override
    def select(
        self, doc: PotentialDoc, training: FrameSet, candidates: FrameSet, limit: int
    ) -> list[int]:
        return most_uncertain(self.grades(doc, candidates), training, candidates, limit)


def _settings(doc: PotentialDoc) -> PretrainedSettings:
    return require_settings(doc.fit_settings(), PretrainedSettings)


def _held(files: dict[str, bytes]) -> dict[str, Any]:
    try:
        held: dict[str, Any] = json.loads(files[MODEL_FILE])
    except (KeyError, ValueError) as error:
        raise InputError(f"the pretrained potential cannot be read: {error}") from error
    return held


def _digest(files: dict[str, bytes]) -> str:
    return str(_held(files)["fingerprint"])


def _scale(doc: PotentialDoc) -> CommitteeScale:
    if COMMITTEE_FILE not in doc.files:
        raise InputError(
            "a pretrained potential without a committee has no extrapolation grades; name other "
            "models in fit.settings.committee, or run without (grade_every: 0)"
        )
    return CommitteeScale.from_file(doc.files[COMMITTEE_FILE], _digest(doc.files))


def _model_of(settings: PretrainedSettings) -> Calculator:
    return get_calculator(settings.calculator, settings.calculator_kwargs)


def _members(settings: PretrainedSettings) -> list[Calculator]:
    others = [get_calculator(m.calculator, m.calculator_kwargs) for m in settings.committee]
    return [_model_of(settings), *others]


def _predicted(calculator: Calculator, frame: Frame) -> Frame:
    atoms = frame.to_atoms()
    atoms.calc = calculator
    calculator.calculate(atoms, ["energy", "forces", "stress"])
    return Frame.from_atoms(atoms)


def _energy(frame: Frame) -> float:
    assert frame.energy_ev is not None
    return frame.energy_ev
