"""Active learning: explore, select, label, refit, until no run breaks."""

from __future__ import annotations

from dataclasses import dataclass

from jobflow import Flow, Job
from pymatgen.core import Structure

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.flows.learning_loop import LearningLoop
from amorph_flows.jobs.active_learning.conclude import Start, judge_loop
from amorph_flows.jobs.active_learning.explore import explore
from amorph_flows.jobs.fields import (
    require_at_least_one,
    require_not_negative,
    require_positive,
    valid_settings,
)
from amorph_flows.jobs.seeds import seed_of
from amorph_flows.lammps import LammpsMD
from amorph_flows.schemas.active_learning import EarlierTurns, ExplorationDoc, GenerationDoc
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.potential import PotentialDoc


@dataclass
class ActiveLearningMaker(LearningLoop):
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
        What is asked for besides that no run breaks, and the budget. Where the potential is not
        as accurate as asked, saved configurations are labelled though no run broke.
    """

    duration_fs: float = 4_000_000.0
    equilibration_fs: float = 0.0
    time_step_fs: float = 2.0
    damping_fs: float = 200.0
    n_seeds: int = 1

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
        )
        require_not_negative(equilibration_fs=self.equilibration_fs)
        require_at_least_one(n_seeds=self.n_seeds)
        self.check_loop()
        with valid_settings():
            self.md(300.0, 0)
        self.engine.check(structure)

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

    def explorations(
        self, turn: int, potential: PotentialDoc, starts: list[Start]
    ) -> tuple[list[Job], list[ExplorationDoc | None]]:
        """Return the runs of a turn, from every start with every seed, and their references.

        Parameters
        ----------
        turn
            Its number, from 1.
        potential
            Reference to the potential.
        starts
            Formula, temperature (K) and structure of each run.
        """
        jobs = []
        for formula, temperature_k, structure in starts:
            for n in range(self.n_seeds):
                md = self.md(temperature_k, seed_of(self.seed, turn, formula, temperature_k, n))
                job = explore(potential, structure, formula, temperature_k, md, self.grade(), turn)
                job.name = f"{self.name}: explore {formula} {temperature_k:g} K, turn {turn}"
                jobs.append(job)
        return jobs, [job.output for job in jobs]

    def ending(self, turns: EarlierTurns, last: GenerationDoc) -> Verdict | None:
        """Return how the loop ends, or None where it goes on.

        Parameters
        ----------
        turns
            The turns so far.
        last
            The last of them.
        """
        return judge_loop(
            turns, last, self.max_turns, self.failure_budget, self.duration_fs, self.until
        )

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
