"""The documents of active learning: one a turn, and one for the loop."""

from __future__ import annotations

from enum import auto
from typing import Any, ClassVar, Self

from jobflow import OutputReference
from pydantic import Field

from amorph_flows.analysis.verdict import Answer, Verdict
from amorph_flows.datasets.errors import ErrorStatistics
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.datasets.grade_check import GradeCheck
from amorph_flows.schemas.base import Document, JobKind, StageDocument
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.labelling import QuarantinedCalculation
from amorph_flows.schemas.potential import PotentialDoc


class LearningUntil(Document):
    """What active learning is to reach besides that no run breaks, and what it may take at most.

    Examples
    --------
    >>> LearningUntil(force_error_ev_a=0.15, budget_core_hours=20)
    """

    force_error_ev_a: float | None = Field(
        default=None,
        description="root-mean-square error of forces on the validation frames at most, eV/Å",
    )
    budget_core_hours: float | None = Field(
        default=None, description="CPU time of all turns, after which no other begins, h"
    )

    @property
    def is_set(self) -> bool:
        """Whether anything is asked for."""
        return self.force_error_ev_a is not None or self.budget_core_hours is not None

    @property
    def asked(self) -> list[str]:
        """What is to be reached, in words."""
        error = self.force_error_ev_a
        return ["no run breaks", *([] if error is None else [f"force error {error:g} eV/Å"])]


class LearningVerdict(Answer):
    """How active learning ended."""

    CONVERGED = auto()
    UNBROKEN_BUT_SHORT = auto()
    FAILURE_BUDGET_USED_UP = auto()
    TURNS_USED_UP = auto()
    CORE_HOURS_USED_UP = auto()
    NOTHING_TO_LEARN = auto()


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
    damage: str = Field(
        default="", description="why the last saved configuration was dropped, if it was"
    )


class GenerationDoc(StageDocument):
    """One turn of active learning; its CPU time is that of all its jobs."""

    turn: int
    potential_uuid: str = Field(description="potential that the runs were made with")
    runs: list[ExplorationRun]
    n_candidates: int = Field(description="saved configurations")
    n_refused: int = Field(description="candidates with short contacts")
    n_selected: int = Field(description="chosen by MaxVol for labelling")
    n_labelled: int
    quarantined: list[QuarantinedCalculation] = Field(default_factory=list)
    new_potential_uuid: str = Field(default="", description="refitted potential, if there was one")
    grade_check: GradeCheck | None = Field(
        default=None,
        description="of what was labelled: grades against errors of the potential that ran",
    )
    errors_before: ErrorStatistics | None = None
    errors_after: ErrorStatistics | None = None
    stability: ExplorationRun | None = Field(
        default=None, description="run that tests the refitted potential, where the loop has one"
    )
    kept: bool = Field(default=True, description="whether the refitted potential was kept")
    reason: str = ""

    @property
    def n_failed(self) -> int:
        """Number of its labels and runs that failed."""
        return len(self.quarantined) + sum(bool(run.failure) for run in self.runs)


class EarlierTurns(Document):
    """The turns before one, by reference: as large after two hundred turns as after twenty.

    Parameters
    ----------
    n_turns
        How many there were.
    n_failed
        Labels and runs that failed in them.
    cpu_seconds
        CPU time of all their jobs, s.
    latest
        uuids of the documents of the latest ones, `BLOCK` at most.
    before
        uuid of the `KeptTurns` of those before them; empty where there are none.
    """

    n_turns: int = 0
    n_failed: int = 0
    cpu_seconds: float = 0.0
    latest: list[str] = Field(default_factory=list)
    before: str = ""

    def with_turn(self, turn: GenerationDoc) -> Self:
        """Return these and one more.

        Parameters
        ----------
        turn
            Its document.
        """
        return self.model_copy(
            update={
                "n_turns": self.n_turns + 1,
                "n_failed": self.n_failed + turn.n_failed,
                "cpu_seconds": self.cpu_seconds + (turn.cpu_seconds or 0.0),
                "latest": [*self.latest, turn.job_uuid],
            }
        )

    @property
    def references(self) -> list[OutputReference]:
        """References to their documents, in order; the first one may be to `KeptTurns`."""
        uuids = [self.before] if self.before else []
        return [OutputReference(uuid) for uuid in (*uuids, *self.latest)]


class KeptTurns(StageDocument):
    """References to turns that are no longer handed on one by one.

    They become the documents, and those in other `KeptTurns`, where this is loaded.
    """

    turns: list[Any]

    @property
    def generations(self) -> list[GenerationDoc]:
        """The documents, in order."""
        return flat_turns(self.turns)


def flat_turns(turns: list[GenerationDoc | KeptTurns]) -> list[GenerationDoc]:
    """Return the documents of turns, those that are kept in others as well, in order.

    Parameters
    ----------
    turns
        As they were loaded.
    """
    return [
        one
        for turn in turns
        for one in (turn.generations if isinstance(turn, KeptTurns) else [turn])
    ]


BLOCK = 16
"""Turns whose documents are referred to one by one."""


class ActiveLearningDoc(StageDocument):
    """The loop as a whole."""

    generations: list[GenerationDoc]
    potential_uuid: str = Field(description="the potential that the loop ends with")
    dataset_uuid: str
    verdict: Verdict = Field(description="converged, turns used up or failure budget used up")
    goal: Verdict | None = Field(
        default=None, description="whether it reached its goal, where it has one"
    )


class ExplorationDoc(StageDocument):
    """One LAMMPS run of a turn and the configurations that it saved."""

    job_kind: ClassVar[JobKind] = "md"

    run: ExplorationRun
    frames: FrameSet = Field(description="saved configurations with their grades, unlabelled")


class FrameBatch(Document):
    """Frames that one job labels."""

    frames: FrameSet


class SelectionDoc(StageDocument):
    """Configurations chosen for labelling, in one batch for each labelling job."""

    n_candidates: int
    n_refused: int
    batches: list[FrameBatch]

    @property
    def n_selected(self) -> int:
        """Number of chosen configurations."""
        return sum(len(batch.frames) for batch in self.batches)


class ActiveLearningOutcome(StageDocument):
    """The loop and what it ends with."""

    loop: ActiveLearningDoc
    potential: PotentialDoc
    dataset: DatasetDoc
