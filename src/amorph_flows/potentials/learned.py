"""The base class of backends whose potentials are fitted to labels."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeVar

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.errors import AmorphFlowsError, InputError
from amorph_flows.potentials.base import PotentialBackend, get_backend
from amorph_flows.schemas.fits import FitSettings
from amorph_flows.schemas.potential import HowEnded, PotentialDoc

_Settings = TypeVar("_Settings", bound=FitSettings)


class UnfinishedFitError(AmorphFlowsError):
    """A fit that its queue job is too short for; the same call in the same folder goes on."""


@dataclass(frozen=True)
class Fit:
    """Result of a fit.

    Parameters
    ----------
    files
        The potential: contents of its files by name.
    species
        Element symbols in the order of the potential's species numbers.
    n_parameters
        Number of fitted numbers.
    cpu_seconds
        CPU time of the fit, s.
    history
        ``(cpu seconds, loss)`` of the optimiser.
    ended
        What ended the fit.
    reference_energies_ev
        Energy of a lone atom of each element, eV; empty where the potential itself holds them.
    versions
        Of the packages that fitted it.
    """

    files: dict[str, bytes]
    species: list[str]
    n_parameters: int
    cpu_seconds: float
    history: list[tuple[float, float]] = field(default_factory=list)
    ended: HowEnded = "converged"
    reference_energies_ev: dict[str, float] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)


class LearnedBackend(PotentialBackend):
    """One method of machine-learned potentials.

    ``doc.files`` also holds what its grades come from, such as the active set.

    Attributes
    ----------
    settings_type
        Class of the settings of its fits.
    licence
        Of the code that fits, such as ``"BSD-3-Clause"``.
    is_trained
        Whether a fit adapts the model; where it does not, another method takes over from it.
    grades_need
        Frames that `grade_files` gets: those of the training, or labelled ones that the fit did
        not see, where there are any.
    """

    settings_type: ClassVar[type[FitSettings]] = FitSettings
    licence: ClassVar[str] = ""
    is_trained: ClassVar[bool] = True
    grades_need: ClassVar[Literal["training", "held-out"]] = "training"

    @abstractmethod
    def fit(
        self,
        training: FrameSet,
        validation: FrameSet,
        settings: FitSettings,
        start: PotentialDoc | None = None,
    ) -> Fit:
        """Fit a potential.

        Parameters
        ----------
        training
            Labelled frames of one engine.
        validation
            Labelled frames that choose the snapshot; may be empty.
        settings
            Of `settings_type`: model, cutoff, weights and limits.
        start
            The potential to start from; None starts anew. Species may be added.

        Raises
        ------
        InputError
            If there are no labelled frames, the validation frames hold other elements, the
            settings are another backend's, or ``start`` does not fit.
        MissingDependencyError
            If the backend cannot be used here.
        UnfinishedFitError
            If the queue job is about to end; a checkpoint is in the current folder.
        """

    @abstractmethod
    def grade_files(self, fit: Fit, training: FrameSet, settings: FitSettings) -> dict[str, bytes]:
        """Return the files that the extrapolation grade comes from, such as the active set.

        Parameters
        ----------
        fit
            The fitted potential.
        training
            Its training frames, or what `grades_need` says.
        settings
            How it was fitted.
        """

    @abstractmethod
    def grades(self, doc: PotentialDoc, frames: FrameSet) -> FloatArray:
        """Return the extrapolation grade of each frame, the largest of its atoms.

        Parameters
        ----------
        doc
            The potential with the files of its grades.
        frames
            The configurations.

        Returns
        -------
        ndarray
            Shape ``(n_frames,)``.

        Raises
        ------
        InputError
            If those files are damaged or another potential's.
        """

    @abstractmethod
    def select(
        self, doc: PotentialDoc, training: FrameSet, candidates: FrameSet, limit: int
    ) -> list[int]:
        """Return the candidates that the training set needs most, in this order.

        Parameters
        ----------
        doc
            The potential with the files of its grades.
        training
            The frames that it was fitted to; equal candidates are passed over.
        candidates
            Unlabelled configurations.
        limit
            How many to return at most.

        Raises
        ------
        InputError
            If those files are damaged or another potential's.
        """


def get_learned_backend(name: str) -> LearnedBackend:
    """Return the backend of a name, for what only fitted potentials have.

    Parameters
    ----------
    name
        As `get_backend` takes it.

    Raises
    ------
    InputError
        If no backend has this name, or its potentials are not fitted.
    """
    backend = get_backend(name)
    if not isinstance(backend, LearnedBackend):
        raise InputError(
            f"{name!r} potentials are not fitted: they have neither a training set nor "
            "extrapolation grades; name a backend that fits, such as 'mtp'"
        )
    return backend


def graded(doc: PotentialDoc, training: FrameSet) -> PotentialDoc:
    """Return a potential with the files that its grades come from.

    Parameters
    ----------
    doc
        The potential, such as one that came as a file.
    training
        What it was fitted to, or what is to count as known.

    Raises
    ------
    InputError
        If it is a classical one, or there are no frames.
    """
    fit = Fit(doc.files, doc.species, doc.n_parameters, doc.training_cpu_seconds)
    found = get_learned_backend(doc.backend).grade_files(fit, training, doc.fit_settings())
    whole = doc.model_copy(update={"files": doc.files | found, "grade_files": sorted(found)})
    return whole.model_copy(update={"sha256": whole.files_sha256()})


def require_settings(settings: FitSettings, kind: type[_Settings]) -> _Settings:
    """Return settings as those of a method.

    Parameters
    ----------
    settings
        Of any fit.
    kind
        The class of the method.

    Raises
    ------
    InputError
        If they are another method's.
    """
    if not isinstance(settings, kind):
        raise InputError(
            f"settings of {settings.backend!r} ({type(settings).__name__}) were given to a method "
            f"that needs {kind.__name__}"
        )
    return settings
