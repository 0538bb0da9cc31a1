"""The base class of backends whose potentials are fitted to labels."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.errors import InputError
from amorph_flows.potentials.base import PotentialBackend, get_backend
from amorph_flows.schemas.potential import FitSettings, PotentialDoc


@dataclass(frozen=True)
class Fit:
    """Result of a fit.

    Parameters
    ----------
    potential
        The potential as text.
    species
        Element symbols in the order of the potential's species numbers.
    n_parameters
        Number of fitted numbers.
    cpu_seconds
        CPU time of the fit, s.
    history
        ``(cpu seconds, loss)`` of the optimiser.
    """

    potential: str
    species: list[str]
    n_parameters: int
    cpu_seconds: float
    history: list[tuple[float, float]] = field(default_factory=list)


class LearnedBackend(PotentialBackend):
    """One method of machine-learned potentials.

    ``doc.files`` also holds the potential's active set, from which its grades come.
    """

    @abstractmethod
    def fit(
        self,
        training: FrameSet,
        validation: FrameSet,
        settings: FitSettings,
        start: str | None = None,
    ) -> Fit:
        """Fit a potential.

        Parameters
        ----------
        training
            Labelled frames of one engine.
        validation
            Labelled frames that choose the snapshot; may be empty.
        settings
            Level, cutoff, weights and limits.
        start
            Text of the potential to start from; None starts anew. Species may be added.

        Raises
        ------
        InputError
            If there are no labelled frames, the validation frames hold other elements, or
            ``start`` does not fit.
        MissingDependencyError
            If the backend cannot be used here.
        """

    @abstractmethod
    def active_set(self, potential: str, species: list[str], frames: FrameSet) -> str:
        """Return the active set for the extrapolation grade, as text.

        Parameters
        ----------
        potential
            Text of the potential.
        species
            Its element symbols.
        frames
            The training frames.
        """

    @abstractmethod
    def grades(self, doc: PotentialDoc, frames: FrameSet) -> FloatArray:
        """Return the extrapolation grade of each frame, the largest of its atoms.

        Parameters
        ----------
        doc
            The potential with its active set.
        frames
            The configurations.

        Returns
        -------
        ndarray
            Shape ``(n_frames,)``.

        Raises
        ------
        InputError
            If the active set is damaged or another potential's.
        """

    @abstractmethod
    def select(
        self, doc: PotentialDoc, training: FrameSet, candidates: FrameSet, limit: int
    ) -> list[int]:
        """Return the candidates that MaxVol adds to the active set, most needed first.

        Parameters
        ----------
        doc
            The potential with its active set.
        training
            The frames that it was fitted to; equal candidates are passed over.
        candidates
            Unlabelled configurations.
        limit
            How many to return at most.

        Raises
        ------
        InputError
            If the active set is damaged or another potential's.
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
