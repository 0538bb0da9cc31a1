"""Moment tensor potentials: what both backends share, such as the start of a fit and grades."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from typing import ClassVar

from typing_extensions import override

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets import FrameSet
from amorph_flows.errors import InputError
from amorph_flows.potentials.d_optimality import DOptimalBackend, Gradients
from amorph_flows.potentials.learned import Fit, require_settings
from amorph_flows.potentials.mtp import MTPPotential, parse_mtp
from amorph_flows.potentials.mtp._start import named_text, starting_potential
from amorph_flows.potentials.training_frames import check_elements
from amorph_flows.schemas.fits import FitSettings, MTPSettings
from amorph_flows.schemas.potential import HowEnded, PotentialDoc

POTENTIAL_FILE = "potential.mtp"


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


class MomentTensorBackend(DOptimalBackend):
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
        text = None if start is None else _text(start.files)
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
    def graded_by(
        self, files: dict[str, bytes], species: list[str]
    ) -> tuple[FloatArray, Gradients]:
        """Return all parameters."""
        potential = parsed_potential(_text(files), tuple(species))
        return potential.parameters, self.gradients(potential)


def potential_of(doc: PotentialDoc) -> MTPPotential:
    """Return the potential of a document, with its species.

    Parameters
    ----------
    doc
        Of a moment tensor potential.
    """
    return parsed_potential(_text(doc.files), tuple(doc.species))


def _text(files: dict[str, bytes]) -> str:
    try:
        return files[POTENTIAL_FILE].decode("utf-8")
    except KeyError:
        held = ", ".join(files) or "no file"
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
