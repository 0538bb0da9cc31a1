"""Moment tensor potentials: what both backends share, such as the start of a fit and grades."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import ClassVar

import numpy as np
from typing_extensions import override

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets import FrameSet
from amorph_flows.errors import InputError
from amorph_flows.potentials.d_optimality import (
    ActiveSet,
    Gradients,
    choose_candidates,
    find_active_set,
)
from amorph_flows.potentials.learned import Fit, LearnedBackend, require_settings
from amorph_flows.potentials.mtp import MTPPotential, parse_mtp
from amorph_flows.potentials.mtp._start import named_text, starting_potential
from amorph_flows.potentials.training_frames import check_elements
from amorph_flows.schemas.fits import FitSettings, MTPSettings
from amorph_flows.schemas.potential import HowEnded, PotentialDoc

POTENTIAL_FILE = "potential.mtp"
ACTIVE_SET_FILE = "active_set.txt"


@dataclass(frozen=True)
class Trained:
    """Result of a training.

    Parameters
    ----------
    potential
        The snapshot with the lowest loss on the validation frames.
    history
        ``(CPU seconds, loss)`` on the training frames, one a step.
    cpu_seconds
        CPU time, s.
    ended
        What ended it.
    """

    potential: MTPPotential
    history: list[tuple[float, float]]
    cpu_seconds: float
    ended: HowEnded


class MomentTensorBackend(LearnedBackend):
    """A backend whose potentials are ``.mtp`` files; a subclass trains, differentiates and runs."""

    settings_type: ClassVar[type[FitSettings]] = MTPSettings
    packages: ClassVar[tuple[str, ...]]

    @abstractmethod
    def train(
        self,
        potential: MTPPotential,
        training: FrameSet,
        validation: FrameSet,
        settings: MTPSettings,
    ) -> Trained:
        """Train a potential by linear least squares, then BFGS in a Gauss-Newton metric.

        Parameters
        ----------
        potential
            Where to start, with its species.
        training
            Labelled frames of these species.
        validation
            Labelled frames that choose the snapshot; may be empty.
        settings
            Weights and limits.
        """

    @abstractmethod
    def gradients(self, potential: MTPPotential) -> Gradients:
        """Return a function for the gradients of a frame's atomic energies by all parameters.

        Parameters
        ----------
        potential
            With its species. The gradients have the shape ``(n_atoms, n_parameters)`` and the
            order of ``potential.parameters``.
        """

    @override
    def fit(
        self,
        training: FrameSet,
        validation: FrameSet,
        settings: FitSettings,
        start: PotentialDoc | None = None,
    ) -> Fit:
        model = require_settings(settings, MTPSettings)
        self.check()
        text = None if start is None else _text(start)
        potential = starting_potential(training, model, text)
        held_out = validation.labelled()
        check_elements(held_out, potential.species)
        trained = self.train(potential, training, held_out, model)
        return Fit(
            files={POTENTIAL_FILE: named_text(trained.potential).encode()},
            species=list(potential.species),
            n_parameters=potential.n_parameters,
            cpu_seconds=trained.cpu_seconds,
            history=trained.history,
            ended=trained.ended,
            versions={name: version(name) for name in self.packages},
        )

    @override
    def grade_files(self, fit: Fit, training: FrameSet, settings: FitSettings) -> dict[str, bytes]:
        """Return the active set over all parameters."""
        text = fit.files[POTENTIAL_FILE].decode()
        potential = parsed_potential(text, tuple(fit.species))
        gradients = self.gradients(potential)
        found = find_active_set(potential.parameters, (gradients(frame) for frame in training))
        return {ACTIVE_SET_FILE: found.text().encode()}

    @override
    def grades(self, doc: PotentialDoc, frames: FrameSet) -> FloatArray:
        active, gradients = active_set_of(doc), self.gradients(potential_of(doc))
        return np.array([active.grade(gradients(frame)).max() for frame in frames])

    @override
    def select(
        self, doc: PotentialDoc, training: FrameSet, candidates: FrameSet, limit: int
    ) -> list[int]:
        """Return the candidates that MaxVol adds to the active set, most needed first."""
        gradients = self.gradients(potential_of(doc))
        return choose_candidates(active_set_of(doc), gradients, training, candidates, limit)


def potential_of(doc: PotentialDoc) -> MTPPotential:
    """Return the potential of a document, with its species.

    Parameters
    ----------
    doc
        Of a moment tensor potential.
    """
    return parsed_potential(_text(doc), tuple(doc.species))


def active_set_of(doc: PotentialDoc) -> ActiveSet:
    """Return the active set of a document.

    Parameters
    ----------
    doc
        Of a moment tensor potential.

    Raises
    ------
    InputError
        If the active set is missing, damaged or another potential's.
    """
    active = _parsed_active_set(doc.files.get(ACTIVE_SET_FILE, b""))
    active.check(potential_of(doc).parameters)
    return active


def _text(doc: PotentialDoc) -> str:
    try:
        return doc.files[POTENTIAL_FILE].decode("utf-8")
    except KeyError:
        held = ", ".join(doc.files) or "no file"
        raise InputError(
            f"the potential has no {POTENTIAL_FILE}, only {held}: it is no moment tensor potential"
        ) from None
    except UnicodeDecodeError as error:
        raise InputError(f"{POTENTIAL_FILE} of the potential is not text ({error})") from error


# a run that is graded as it goes asks for the same texts again and again
@lru_cache(maxsize=4)
def parsed_potential(text: str, species: tuple[str, ...]) -> MTPPotential:
    """Return the potential of an ``.mtp`` text, parsed once.

    Parameters
    ----------
    text
        The contents of the file.
    species
        Element symbols in the order of the species numbers.
    """
    return parse_mtp(text, species=species)


@lru_cache(maxsize=4)
def _parsed_active_set(content: bytes) -> ActiveSet:
    return ActiveSet.parse(content.decode("utf-8", errors="replace"))
