"""The documents of active learning: one a turn, and one for the loop."""

from __future__ import annotations

from pydantic import Field

from amorph_flows.schemas.base import Document, StageDocument
from amorph_flows.schemas.labelling import QuarantinedCalculation
from amorph_flows.schemas.potential import ErrorSummary
from amorph_flows.schemas.verdict import Verdict


class ExplorationRun(Document):
    """One LAMMPS run of a turn."""

    run: str
    formula: str
    temperature_k: float
    seed: int
    asked_fs: float
    reached_fs: float
    broke: bool = Field(description="whether the grade passed the break threshold")
    failure: str = Field(default="", description="why the run itself failed, if it did")
    max_grade: float
    fraction_above_select: float = Field(description="of the graded steps")
    n_saved: int


class GenerationDoc(StageDocument):
    """One turn of active learning."""

    turn: int
    potential_uuid: str = Field(description="potential that the runs were made with")
    runs: list[ExplorationRun]
    n_candidates: int = Field(description="saved configurations")
    n_refused: int = Field(description="candidates with short contacts")
    n_selected: int = Field(description="chosen by MaxVol for labelling")
    n_labelled: int
    quarantined: list[QuarantinedCalculation] = Field(default_factory=list)
    new_potential_uuid: str = Field(default="", description="refitted potential, if there was one")
    errors_before: ErrorSummary | None = None
    errors_after: ErrorSummary | None = None
    kept: bool = Field(default=True, description="whether the refitted potential was kept")
    reason: str = ""


class ActiveLearningDoc(StageDocument):
    """The loop as a whole."""

    generations: list[GenerationDoc]
    potential_uuid: str = Field(description="the potential that the loop ends with")
    dataset_uuid: str
    verdict: Verdict = Field(description="converged, turns used up or failure budget used up")
