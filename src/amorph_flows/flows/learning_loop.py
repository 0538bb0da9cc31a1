"""A turn of active learning, whatever its runs are and whenever it ends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from typing import Any

from jobflow import Flow, Job, Maker

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.datasets import refuse_unphysical
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.engines import AseEngine, Engine
from amorph_flows.errors import InputError
from amorph_flows.flows.potential import FitPotentialMaker
from amorph_flows.jobs.active_learning.conclude import Start, conclude_turn
from amorph_flows.jobs.active_learning.generation import summarise_turn
from amorph_flows.jobs.active_learning.goal import check_learning_goal
from amorph_flows.jobs.active_learning.select import select_candidates
from amorph_flows.jobs.dataset import extend_dataset
from amorph_flows.jobs.fields import require_at_least_one, require_not_negative, require_positive
from amorph_flows.lammps import check_lammps
from amorph_flows.potentials.base import GradeSettings
from amorph_flows.schemas.active_learning import (
    EarlierTurns,
    ExplorationDoc,
    GenerationDoc,
    KeptTurns,
    LearningUntil,
    SelectionDoc,
)
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.upstream.jobflow import without_what_failed


@dataclass
class LearningLoop(Maker, ABC):
    """Explore, select, label, refit, until nothing is left to learn.

    Which runs explore, and when the loop ends, is told by `explorations` and `judge`.

    Parameters
    ----------
    name
        Name of the flow.
    engine
        Engine of the labels.
    fit
        How the potential is refitted.
    select_grade, stop_grade
        Grades that save a configuration and stop a run.
    grade_every
        Steps between grades.
    max_selected
        Configurations labelled in a turn, at most.
    min_contact_a, max_force_ev_a
        Candidates with a shorter contact, Å, are not labelled, and new labels with one or with a
        larger force, eV/Å, not trained on; None: no limit.
    max_turns
        Turns at most.
    failure_budget
        Failed labels and runs at most, over all turns.
    label_jobs
        Jobs that share the labels of a turn.
    worse_factor
        A refit whose validation error of forces is larger than the one before by this factor is
        undone.
    seed
        Seed that all runs derive from.
    until
        What is asked for besides, and the budget.
    """

    name: str = "active learning"
    engine: Engine = field(default_factory=AseEngine)
    fit: FitPotentialMaker = field(default_factory=FitPotentialMaker)
    select_grade: float = 2.0
    stop_grade: float = 10.0
    grade_every: int = 10
    max_selected: int = 100
    min_contact_a: float | None = 1.25
    max_force_ev_a: float | None = 30.0
    max_turns: int = 10
    failure_budget: int = 20
    label_jobs: int = 2
    worse_factor: float = 1.2
    seed: int = 0
    until: LearningUntil = field(default_factory=LearningUntil)

    @property
    def only_after_a_break(self) -> bool:
        """Whether saved configurations are left alone where no run broke."""
        return True

    @property
    def held_out_fraction(self) -> float:
        """Share of each turn's labels that errors are measured on instead of training."""
        return 0.0

    @abstractmethod
    def explorations(
        self, turn: int, potential: PotentialDoc, starts: list[Start]
    ) -> tuple[list[Job], list[ExplorationDoc | None]]:
        """Return the jobs that explore, with what they need first, and references to the runs.

        Parameters
        ----------
        turn
            Its number, from 1.
        potential
            Reference to the potential.
        starts
            Formula, temperature (K) and structure or composition of each run.
        """

    def judge(self, turns: EarlierTurns, last: GenerationDoc) -> Verdict | None:
        """Return how the loop ends and how often its runs looked at the grade; None: it goes on.

        Parameters
        ----------
        turns
            The turns so far.
        last
            The last of them.
        """
        verdict = self.ending(turns, last)
        if verdict is None:
            return None
        looked = "every step" if self.grade_every == 1 else f"every {self.grade_every} steps"
        return replace(
            verdict,
            reason=f"{verdict.reason}; grades were looked at {looked}",
            numbers={**verdict.numbers, "grade_every": self.grade_every},
        )

    @abstractmethod
    def ending(self, turns: EarlierTurns, last: GenerationDoc) -> Verdict | None:
        """Return how the loop ends, or None where it goes on.

        Parameters
        ----------
        turns
            The turns so far.
        last
            The last of them.
        """

    def stability(self, turn: int, refitted: PotentialDoc, starts: list[Start]) -> list[Job]:
        """Return the jobs that test the refit, the last of them its run; by default none.

        Parameters
        ----------
        turn
            Its number, from 1.
        refitted
            Reference to the refit.
        starts
            As of the explorations.
        """
        return []

    def check_loop(self) -> None:
        """Refuse settings that no loop could have.

        Raises
        ------
        InputError, MissingDependencyError
            If a field is out of its range or LAMMPS cannot run here.
        """
        require_positive(stop_grade=self.stop_grade, worse_factor=self.worse_factor)
        require_not_negative(failure_budget=self.failure_budget)
        require_at_least_one(
            grade_every=self.grade_every,
            max_selected=self.max_selected,
            max_turns=self.max_turns,
            label_jobs=self.label_jobs,
        )
        refuse_unphysical(FrameSet(), self.min_contact_a, self.max_force_ev_a)
        if not self.select_grade > 0:
            raise InputError(f"select_grade is {self.select_grade:g}; give more than 0")
        check_learning_goal(self.until, self.fit.validation_fraction)
        check_lammps()

    def turn(
        self,
        turn: int,
        potential: PotentialDoc,
        dataset: DatasetDoc,
        starts: list[Start],
        earlier: EarlierTurns,
        kept_turns: KeptTurns | None = None,
    ) -> Flow:
        """Return the flow of one turn; its output is an `ActiveLearningOutcome`.

        Parameters
        ----------
        turn
            Its number, from 1.
        potential, dataset
            References to the potential and the dataset that it starts from.
        starts
            Formula, temperature (K) and structure or composition of each run.
        earlier
            References to earlier turns.
        kept_turns
            Reference to those before them, in the turn after they were kept.
        """
        runs, explored = self.explorations(turn, potential, starts)
        select = self._select(turn, potential, dataset, explored)
        label = self._label(turn, select.output)
        labels = [job.output for job in label]
        extend = self._extend(turn, dataset, labels)
        refit = self.fit.refit(extend.output, potential)
        test = self.stability(turn, refit.output, starts)
        summarise = summarise_turn(
            turn,
            potential,
            refit.output,
            extend.output if self.held_out_fraction else dataset,
            explored,
            select.output,
            labels,
            self.worse_factor,
            test[-1].output if test else None,
        )
        without_what_failed(summarise)
        summarise.name = f"{self.name}: summary of turn {turn}"
        conclude = conclude_turn(
            self,
            turn,
            potential,
            refit.output,
            dataset,
            extend.output,
            summarise.output,
            starts,
            earlier,
            kept_turns,
        )
        without_what_failed(conclude)
        conclude.name = f"{self.name}: conclude turn {turn}"
        jobs = [*runs, select, *label, extend, refit, *test, summarise, conclude]
        return Flow(jobs, output=conclude.output, name=f"{self.name}: turn {turn}")

    def grade(self, **changes: Any) -> GradeSettings:
        """Return when an exploration saves a configuration and when it stops.

        Parameters
        ----------
        **changes
            Other fields of `GradeSettings`.
        """
        return GradeSettings(
            every=self.grade_every, select=self.select_grade, stop=self.stop_grade, **changes
        )

    def _select(
        self,
        turn: int,
        potential: PotentialDoc,
        dataset: DatasetDoc,
        explored: list[ExplorationDoc | None],
    ) -> Job:
        job = select_candidates(
            potential,
            dataset,
            explored,
            limit=self.max_selected,
            n_batches=self.label_jobs,
            min_contact_a=self.min_contact_a,
            force_error_ev_a=self.until.force_error_ev_a,
            only_after_a_break=self.only_after_a_break,
        )
        without_what_failed(job)
        job.name = f"{self.name}: select, turn {turn}"
        return job

    def _label(self, turn: int, selection: SelectionDoc) -> list[Job]:
        jobs = []
        for n in range(self.label_jobs):
            batch = selection.batches[n].frames
            job = self.engine.static(batch, run=f"{self.name} turn {turn} batch {n + 1}")
            job.name = f"{self.name}: label, turn {turn} batch {n + 1}"
            jobs.append(job)
        return jobs

    def _extend(self, turn: int, dataset: DatasetDoc, labels: list[LabelDoc | None]) -> Job:
        job = extend_dataset(
            dataset,
            labels,
            min_contact_a=self.min_contact_a,
            max_force_ev_a=self.max_force_ev_a,
            held_out_fraction=self.held_out_fraction,
        )
        without_what_failed(job)
        job.name = f"{self.name}: dataset, turn {turn}"
        return job
