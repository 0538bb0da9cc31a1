"""The document of a fitted potential."""

from __future__ import annotations

from dataclasses import asdict
from typing import ClassVar, Literal, Self

from pydantic import Field

from amorph_flows.datasets.errors import error_statistics
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.schemas.base import Document, JobKind, StageDocument
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.schemas.verdict import Verdict


class FitSettings(Document):
    """How a moment tensor potential is fitted; weights as in MLIP-2."""

    level: int = Field(default=16, ge=2, le=28, description="level of the potential, even")
    cutoff: float = Field(default=7.0, gt=0, description="cutoff radius, Å")
    min_distance: float | None = Field(
        default=None, gt=0, description="start of the radial basis, Å; None: from the frames"
    )
    radial_size: int = Field(default=8, ge=2, description="Chebyshev terms of a radial function")
    energy_weight: float = Field(default=1.0, ge=0)
    force_weight: float = Field(default=0.01, ge=0)
    stress_weight: float = Field(default=0.001, ge=0)
    max_seconds: float = Field(default=3600.0, gt=0, description="wall time of the optimiser, s")
    max_steps: int = Field(default=2000, ge=1, description="steps of the optimiser")
    choose_on: Literal["validation", "test"] = Field(
        default="validation",
        description="frames that choose the snapshot; 'test' is the paper's choice and is flagged",
    )
    seed: int = 0


class ErrorSummary(Document):
    """Errors of a potential on some frames."""

    n_frames: int
    energy_rmse_mev_atom: float
    energy_mae_mev_atom: float
    force_rmse_ev_a: float
    force_mae_ev_a: float
    stress_rmse_gpa: float | None = None
    stress_mae_gpa: float | None = None

    @classmethod
    def of(cls, labelled: FrameSet, predicted: FrameSet) -> Self:
        """Return the errors of predicted labels.

        Parameters
        ----------
        labelled
            Frames with reference labels.
        predicted
            The same configurations with predicted labels.
        """
        return cls(**asdict(error_statistics(labelled, predicted)))


class PotentialDoc(StageDocument):
    """A fitted potential with its errors and the active set for its extrapolation grade."""

    job_kind: ClassVar[JobKind] = "fit"

    backend: str = Field(description="name in the registry of potentials, such as 'mtp'")
    species: list[str] = Field(description="element symbols in the order of the species numbers")
    settings: FitSettings
    engine: EngineInfo = Field(description="engine of the labels")
    files: dict[str, str] = Field(description="'potential' and 'active_set', as text")
    sha256: str = Field(description="of the potential's text")
    n_parameters: int
    n_training_frames: int
    errors: dict[str, ErrorSummary] = Field(
        description="by part: training, validation, test_random, test_blocks"
    )
    curves: dict[str, object] = Field(
        default_factory=dict, description="parity data and loss history for the report"
    )
    training_cpu_seconds: float
    dataset_uuid: str = ""
    parent_uuid: str = Field(default="", description="potential that the fit started from")
    verdicts: list[Verdict] = Field(default_factory=list)
