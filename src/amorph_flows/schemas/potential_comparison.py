"""The documents of a comparison of methods: one for each fit, and one for all."""

from __future__ import annotations

from enum import auto
from typing import Any, ClassVar, Literal, get_args

from pydantic import Field

from amorph_flows.analysis.verdict import Answer, Verdict
from amorph_flows.datasets.errors import ErrorStatistics
from amorph_flows.datasets.grade_check import GradeCheck
from amorph_flows.schemas.base import Document, JobKind, StageDocument
from amorph_flows.schemas.fits import AnyFitSettings
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.schemas.potential import HowEnded

ObservableName = Literal["volume", "elastic", "rdf", "voltage"]
OBSERVABLES: tuple[ObservableName, ...] = get_args(ObservableName)
"""What the calculations of a comparison may be of."""


class MethodVerdict(Answer):
    """Answers to the questions about a method."""

    GENERALISES = auto()
    OVERFITS = auto()
    NOT_TESTED = auto()


class Observable(Document):
    """A quantity computed with a potential, beside that of the engine of its labels."""

    name: str = Field(description="such as 'volume'; 'overlap of RDFs' is 1 where they agree")
    unit: str = ""
    value: float
    reference: float | None = Field(default=None, description="of the engine; none: not computed")
    error: float | None = Field(default=None, description="value minus reference")
    note: str = Field(default="", description="why not to trust it, where there is a reason")


class MeasuredFit(StageDocument):
    """One fit of a comparison and what was measured of it."""

    job_kind: ClassVar[JobKind] = "fit"

    method: str = Field(description="the model and its cutoff, for people")
    settings: AnyFitSettings
    trial: int = Field(default=0, description="which of the settings that the method may try")
    n_training: int = Field(description="training frames")
    potential_uuid: str = ""
    failure: str = Field(default="", description="why there is no potential, if there is none")
    licence: str = ""
    n_parameters: int = 0
    ended: HowEnded = "converged"
    fit_cpu_seconds: float | None = Field(default=None, description="of the fit and its grades")
    fit_wall_seconds: float | None = None
    peak_memory_mb: float | None = None
    cores: int | None = Field(default=None, description="that the fit could use")
    errors: dict[str, ErrorStatistics] = Field(
        default_factory=dict, description="by part: training, validation, test_random, test_blocks"
    )
    errors_by_formula: dict[str, dict[str, ErrorStatistics]] = Field(
        default_factory=dict, description="by part, then by reduced formula"
    )
    grade_check: GradeCheck | None = None
    md_us_atom_step: float | None = Field(
        default=None, description="CPU time of MD in LAMMPS for an atom and step, µs"
    )
    observables: list[Observable] = Field(default_factory=list)
    curves: dict[str, Any] = Field(default_factory=dict, description="parity of the test frames")

    @property
    def force_error_ev_a(self) -> float | None:
        """Error of forces on the hardest test frames that there are, eV/Å."""
        for part in ("test_blocks", "test_random", "validation"):
            if part in self.errors:
                return self.errors[part].force_rmse_ev_a
        return None


class Recommendation(Document):
    """Which method to take, and why."""

    method: str = Field(description="empty where no fit succeeded")
    reasons: list[str]
    front: list[str] = Field(
        description="methods that no other beats in both force error and time of MD"
    )


class PotentialComparisonDoc(StageDocument):
    """Methods of potentials fitted to the same frames, and which one to take."""

    dataset_uuid: str = ""
    engine: EngineInfo = Field(description="of the labels")
    sizes: list[int] = Field(description="training frames; each subset holds the smaller ones")
    seed: int = Field(description="of the order in which frames join the subsets")
    n_test: dict[str, int] = Field(description="frames of each held-out part")
    fits: list[MeasuredFit]
    recommendation: Recommendation
    verdicts: list[Verdict] = Field(default_factory=list)
    files: dict[str, str] = Field(default_factory=dict, description="the page")

    def best(self, size: int | None = None) -> list[MeasuredFit]:
        """Return the best trial of each method with so many frames, by validation errors.

        Parameters
        ----------
        size
            Training frames; None: the most.
        """
        wanted = self.sizes[-1] if size is None else size
        found: dict[str, MeasuredFit] = {}
        for fit in self.fits:
            if fit.n_training != wanted or fit.failure or not fit.errors:
                continue
            backend = fit.settings.backend
            if backend not in found or _choice(fit) < _choice(found[backend]):
                found[backend] = fit
        return list(found.values())


def _choice(fit: MeasuredFit) -> float:
    part = fit.errors.get("validation") or fit.errors["training"]
    return part.force_rmse_ev_a
