"""Pretrained potentials behind the contract of fitted ones."""

from __future__ import annotations

import json
import time
from typing import Any, ClassVar

import numpy as np
from ase.calculators.calculator import Calculator
from typing_extensions import override

from amorph_flows.calculators.known import calculator_has_stress, get_calculator
from amorph_flows.datasets.errors import error_statistics
from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.errors import InputError
from amorph_flows.potentials.base import register, require_elements
from amorph_flows.potentials.committee import CommitteeBackend
from amorph_flows.potentials.learned import Fit, require_settings
from amorph_flows.potentials.pretrained._calculator import ShiftedCalculator
from amorph_flows.potentials.pretrained._document import (
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
class PretrainedBackend(CommitteeBackend):
    """Foundation models as they are; labels only move their zero of energy.

    Its grades come from the forces of other models, the committee.
    """

    name: ClassVar[str] = "pretrained"
    settings_type: ClassVar[type[FitSettings]] = PretrainedSettings
    licence: ClassVar[str] = "that of the model"
    is_trained: ClassVar[bool] = False

    @property
    @override
    def no_committee(self) -> str:
        return (
            "a pretrained potential without a committee has no extrapolation grades; name other "
            "models in fit.settings.committee, or run without (grade_every: 0)"
        )

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
        predicted = training.labelled_by(bare)
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
    def members(
        self,
        files: dict[str, bytes],
        species: list[str],
        settings: FitSettings,
        frames: FrameSet,
    ) -> list[Calculator]:
        """Return the models; which, the settings say."""
        for frame in frames:
            require_elements(species, frame.to_atoms().get_chemical_symbols())
        model = require_settings(settings, PretrainedSettings)
        others = [get_calculator(m.calculator, m.calculator_kwargs) for m in model.committee]
        return [_model_of(model), *others]

    @override
    def has_stress(self, doc: PotentialDoc) -> bool:
        model = require_settings(doc.fit_settings(), PretrainedSettings)
        return calculator_has_stress(model.calculator)

    @override
    def fingerprint(self, files: dict[str, bytes]) -> str:
        return str(_held(files)["fingerprint"])

    @override
    def unlabelled_error_ev_a(self, settings: FitSettings) -> float:
        return require_settings(settings, PretrainedSettings).force_error_ev_a

    @override
    def calculator(self, doc: PotentialDoc) -> Calculator:
        held = _held(doc.files)
        model = get_calculator(held["calculator"], held["calculator_kwargs"])
        return ShiftedCalculator(model, list(doc.species), held["shifts_ev"])


def _held(files: dict[str, bytes]) -> dict[str, Any]:
    try:
        held: dict[str, Any] = json.loads(files[MODEL_FILE])
    except (KeyError, ValueError) as error:
        raise InputError(f"the pretrained potential cannot be read: {error}") from error
    return held


def _model_of(settings: PretrainedSettings) -> Calculator:
    return get_calculator(settings.calculator, settings.calculator_kwargs)


def _energy(frame: Frame) -> float:
    assert frame.energy_ev is not None
    return frame.energy_ev
