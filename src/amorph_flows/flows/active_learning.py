"""Active learning: explore, select, label, refit, until no run breaks."""

from __future__ import annotations

from dataclasses import dataclass, field

from jobflow import Flow, Job, Maker
from pymatgen.core import Structure

from amorph_flows.engines import AseEngine, Engine
from amorph_flows.errors import InputError
from amorph_flows.flows.potential import FitPotentialMaker
from amorph_flows.jobs.active_learning.conclude import Start, conclude_turn
from amorph_flows.jobs.active_learning.explore import explore
from amorph_flows.jobs.active_learning.generation import summarise_turn
from amorph_flows.jobs.active_learning.goal import check_learning_goal
from amorph_flows.jobs.active_learning.select import select_candidates
from amorph_flows.jobs.dataset import extend_dataset
from amorph_flows.jobs.fields import (
    require_at_least_one,
    require_not_negative,
    require_positive,
    valid_settings,
)
from amorph_flows.jobs.seeds import seed_of
from amorph_flows.lammps import LammpsMD, check_lammps
from amorph_flows.potentials.base import GradeSettings
from amorph_flows.schemas.active_learning import (
    EarlierTurns,
    ExplorationDoc,
    KeptTurns,
    LearningUntil,
    SelectionDoc,
)
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.upstream.jobflow import without_what_failed


@dataclass
class ActiveLearningMaker(Maker):
    """Improve a potential where its own MD extrapolates (Choyal et al. 2025, section 2.2).

    Each turn runs LAMMPS MD from every start with every seed. Configurations with a grade above
    ``select_grade`` are saved and a run stops above ``stop_grade``. If one broke, MaxVol chooses
    which configurations are labelled, and the potential is refitted; if none did, the loop ends
    with the potential that they ran with. It also ends when the turns or the failure budget are
    used up. A turn that makes the potential worse is undone.

    Parameters
    ----------
    name
        Name of the flow.
    engine
        Engine of the labels.
    fit
        How the potential is refitted.
    duration_fs
        How long every run must last unbroken, fs.
    equilibration_fs
        NVE with Langevin at its beginning, fs.
    time_step_fs, damping_fs
        Time step and damping of the thermostats, fs.
    n_seeds
        Runs from each start.
    select_grade, stop_grade
        Grades that save a configuration and stop a run.
    grade_every
        Steps between grades.
    max_selected
        Configurations labelled in a turn, at most.
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
        What is asked for besides that no run breaks, and the budget. Where the potential is not
        as accurate as asked, saved configurations are labelled though no run broke.
    """

    name: str = "active learning"
    engine: Engine = field(default_factory=AseEngine)
    fit: FitPotentialMaker = field(default_factory=FitPotentialMaker)
    duration_fs: float = 4_000_000.0
    equilibration_fs: float = 0.0
    time_step_fs: float = 2.0
    damping_fs: float = 200.0
    n_seeds: int = 1
    select_grade: float = 2.0
    stop_grade: float = 10.0
    grade_every: int = 10
    max_selected: int = 100
    max_turns: int = 10
    failure_budget: int = 20
    label_jobs: int = 2
    worse_factor: float = 1.2
    seed: int = 0
    until: LearningUntil = field(default_factory=LearningUntil)

    def check(self, structure: Structure) -> None:
        """Refuse settings with which no loop could run.

        Parameters
        ----------
        structure
            A structure where runs start, or one of the same elements.

        Raises
        ------
        InputError, MissingDependencyError
            If a field is out of its range, or the engine or LAMMPS cannot run here.
        """
        require_positive(
            duration_fs=self.duration_fs,
            time_step_fs=self.time_step_fs,
            damping_fs=self.damping_fs,
            stop_grade=self.stop_grade,
            worse_factor=self.worse_factor,
        )
        require_not_negative(
            equilibration_fs=self.equilibration_fs, failure_budget=self.failure_budget
        )
        require_at_least_one(
            n_seeds=self.n_seeds,
            grade_every=self.grade_every,
            max_selected=self.max_selected,
            max_turns=self.max_turns,
            label_jobs=self.label_jobs,
        )
        if not self.select_grade > 0:
            raise InputError(f"select_grade is {self.select_grade:g}; give more than 0")
        check_learning_goal(self.until, self.fit.validation_fraction)
        with valid_settings():
            self.md(300.0, 0)
        self.engine.check(structure)
        check_lammps()

    def make(
        self, potential: PotentialDoc, dataset: DatasetDoc | None, starts: list[Start]
    ) -> Flow:
        """Return the flow; its output is an `ActiveLearningOutcome`.

        Parameters
        ----------
        potential
            Reference to the potential to start from, or a pretrained one, which the first labels
            replace by a fit with the settings of `fit`.
        dataset
            Reference to the dataset that it was fitted to; None: there is no data yet.
        starts
            Formula, temperature (K) and structure, or a reference to it, of each run.
        """
        data = DatasetDoc.empty(self.engine.info()) if dataset is None else dataset
        return self.turn(1, potential, data, starts, EarlierTurns())

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
            Formula, temperature (K) and structure of each run.
        earlier
            References to earlier turns.
        kept_turns
            Reference to those before them, in the turn after they were kept.
        """
        runs = self._explore(turn, potential, starts)
        explored = [job.output for job in runs]
        select = self._select(turn, potential, dataset, explored)
        label = self._label(turn, select.output)
        labels = [job.output for job in label]
        extend = self._extend(turn, dataset, labels)
        refit = self.fit.refit(extend.output, potential)
        summarise = summarise_turn(
            turn,
            potential,
            refit.output,
            dataset,
            explored,
            select.output,
            labels,
            self.worse_factor,
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
        jobs = [*runs, select, *label, extend, refit, summarise, conclude]
        return Flow(jobs, output=conclude.output, name=f"{self.name}: turn {turn}")

    def _explore(self, turn: int, potential: PotentialDoc, starts: list[Start]) -> list[Job]:
        jobs = []
        for formula, temperature_k, structure in starts:
            for n in range(self.n_seeds):
                md = self.md(temperature_k, seed_of(self.seed, turn, formula, temperature_k, n))
                job = explore(potential, structure, formula, temperature_k, md, self.grade(), turn)
                job.name = f"{self.name}: explore {formula} {temperature_k:g} K, turn {turn}"
                jobs.append(job)
        return jobs

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
            min_contact_a=self.fit.min_contact_a,
            force_error_ev_a=self.until.force_error_ev_a,
        )
        without_what_failed(job)
        job.name = f"{self.name}: select, turn {turn}"
        return job

    def _label(self, turn: int, selection: SelectionDoc) -> list[Job]:
        jobs = []
        for n in range(self.label_jobs):
            batch = selection.batches[n].frames
            job = self.engine.static(batch, run=f"active learning turn {turn} batch {n + 1}")
            job.name = f"{self.name}: label, turn {turn} batch {n + 1}"
            jobs.append(job)
        return jobs

    def _extend(self, turn: int, dataset: DatasetDoc, labels: list[LabelDoc | None]) -> Job:
        job = extend_dataset(
            dataset,
            labels,
            min_contact_a=self.fit.min_contact_a,
            max_force_ev_a=self.fit.max_force_ev_a,
        )
        without_what_failed(job)
        job.name = f"{self.name}: dataset, turn {turn}"
        return job

    def md(self, temperature_k: float, seed: int) -> LammpsMD:
        """Return the settings of one exploration.

        Parameters
        ----------
        temperature_k
            Temperature, K.
        seed
            Seed of the velocities.
        """
        n_steps = round(self.duration_fs / self.time_step_fs)
        return LammpsMD.held(
            temperature_k,
            self.duration_fs,
            equilibration_fs=self.equilibration_fs,
            time_step_fs=self.time_step_fs,
            damping_fs=self.damping_fs,
            frame_stride=max(1, n_steps // 100),
            seed=seed,
        )

    def grade(self) -> GradeSettings:
        """Return when an exploration saves a configuration and when it stops."""
        return GradeSettings(every=self.grade_every, select=self.select_grade, stop=self.stop_grade)
