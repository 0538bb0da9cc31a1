"""The document of a potential, fitted or classical."""

from __future__ import annotations

from enum import auto
from typing import ClassVar, Literal

from pydantic import Field

from amorph_flows.analysis.verdict import Answer, Verdict
from amorph_flows.datasets.errors import ErrorStatistics
from amorph_flows.errors import InputError
from amorph_flows.schemas.base import Document, JobKind, StageDocument
from amorph_flows.schemas.labelling import EngineInfo


class LossWeights(Document):
    """Weights of the squared errors in the loss of a fit, as in MLIP-2."""

    energy_weight: float = Field(default=1.0, ge=0, description="of the energy per atom, 1/eV²")
    force_weight: float = Field(default=0.01, ge=0, description="of the force on an atom, Å²/eV²")
    stress_weight: float = Field(
        default=0.001, ge=0, description="of stress times volume per atom, 1/eV²"
    )


class FitSettings(LossWeights):
    """How a moment tensor potential is fitted."""

    level: int = Field(default=16, ge=2, le=28, description="level of the potential, even")
    cutoff: float = Field(default=7.0, gt=0, description="cutoff radius, Å")
    min_distance: float | None = Field(
        default=None, gt=0, description="start of the radial basis, Å; None: from the frames"
    )
    radial_size: int = Field(default=8, ge=2, description="Chebyshev terms of a radial function")
    max_seconds: float = Field(default=3600.0, gt=0, description="wall time of the optimiser, s")
    max_steps: int = Field(default=2000, ge=1, description="steps of the optimiser")
    choose_on: Literal["validation", "test"] = Field(
        default="validation",
        description="frames that choose the snapshot; 'test' is the paper's choice and is flagged",
    )
    seed: int = 0


class ClassicalSettings(Document):
    """Cutoffs and the Coulomb sum of a classical potential."""

    pair_cutoff: float = Field(default=5.5, gt=0, description="of the pair terms, Å")
    coulomb: Literal["damped-shifted", "pppm"] = Field(
        default="damped-shifted",
        description="damped, shifted force (Fennell and Gezelter 2006), or PPPM's Ewald sum",
    )
    coulomb_cutoff: float = Field(
        default=8.0, gt=0, description="of the damped Coulomb force; of PPPM's sum in space, Å"
    )
    damping: float = Field(
        default=0.25, gt=0, description="damping of the damped, shifted force, 1/Å"
    )
    accuracy: float = Field(
        default=1e-5,
        gt=0,
        lt=1,
        description="of PPPM's forces, relative to that between two unit charges 1 Å apart",
    )

    @property
    def cutoff(self) -> float:
        """The largest cutoff, Å."""
        return max(self.pair_cutoff, self.coulomb_cutoff)


class PotentialVerdict(Answer):
    """Answers to the questions about a fitted potential."""

    ACCURATE = auto()
    INACCURATE = auto()
    NOT_TESTED = auto()
    ENOUGH = auto()
    FEW = auto()
    CHOSEN_ON_TEST = auto()


class PotentialDoc(StageDocument):
    """A potential; a fitted one has errors and the active set for its extrapolation grade."""

    job_kind: ClassVar[JobKind] = "fit"

    backend: str = Field(description="name in the registry of potentials, such as 'mtp'")
    species: list[str] = Field(description="element symbols in the order of the species numbers")
    settings: FitSettings | ClassicalSettings
    engine: EngineInfo = Field(description="engine of the labels; a classical potential itself")
    files: dict[str, str] = Field(
        description="'potential' and, of a fitted one, 'active_set', as text"
    )
    sha256: str = Field(description="of the potential's text")
    n_parameters: int
    n_training_frames: int
    errors: dict[str, ErrorStatistics] = Field(
        description="by part: training, validation, test_random, test_blocks"
    )
    curves: dict[str, object] = Field(
        default_factory=dict, description="parity data and loss history for the report"
    )
    training_cpu_seconds: float
    dataset_uuid: str = ""
    parent_uuid: str = Field(default="", description="potential that the fit started from")
    verdicts: list[Verdict] = Field(default_factory=list)

    @property
    def is_classical(self) -> bool:
        """Whether its parameters were given, not fitted: it has no training set and no grades."""
        return isinstance(self.settings, ClassicalSettings)

    @property
    def method(self) -> str:
        """What a person calls it, such as ``"MTP"`` or ``"pedone"``."""
        if self.is_classical:
            return self.engine.name
        return {"mtp": "MTP", "motep": "MTP"}.get(self.backend, self.backend.rpartition(":")[2])

    def fit_settings(self) -> FitSettings:
        """Return how the potential was fitted.

        Raises
        ------
        InputError
            If it is a classical one.
        """
        if isinstance(self.settings, ClassicalSettings):
            raise InputError(
                f"the {self.backend} potential {self.engine.name!r} is not fitted; "
                "give a fitted potential"
            )
        return self.settings
