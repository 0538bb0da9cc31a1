"""Batch active learning: from a composition to a potential that lasts, without a crystal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from jobflow import Flow, Job
from pymatgen.core import Structure

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.errors import InputError
from amorph_flows.flows.learning_loop import LearningLoop
from amorph_flows.flows.potential import FitPotentialMaker
from amorph_flows.jobs.active_learning.batch import judge_batch_loop
from amorph_flows.jobs.active_learning.conclude import Start
from amorph_flows.jobs.active_learning.explore import explore
from amorph_flows.jobs.fields import (
    require_at_least_one,
    require_not_negative,
    require_positive,
    valid_settings,
)
from amorph_flows.jobs.random_structure import RandomStructureMaker
from amorph_flows.jobs.sampling import SamplingMaker
from amorph_flows.jobs.seeds import seed_of
from amorph_flows.lammps import NVT, LammpsMD
from amorph_flows.potentials import default_settings
from amorph_flows.schemas.active_learning import EarlierTurns, ExplorationDoc, GenerationDoc
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.structures import CompositionLike, read_mixture

FALLING = {"half_above_hull_ev": 1.0, "half_at_force_ev_a": 10.0}
"""Where the weights of frames of random packings have fallen to a half."""


def hot_packings() -> RandomStructureMaker:
    """Return packings of about 100 atoms, each also compressed and expanded (section 2.2.1)."""
    return RandomStructureMaker(name="packing", n_atoms=100, scales=(0.8, 1.0, 1.2))


def hot_runs() -> SamplingMaker:
    """Return engine MD of 200 fs with a frame every 40 fs (section 2.2.2)."""
    return SamplingMaker(
        name="hot MD", duration_fs=200.0, time_step_fs=2.0, frame_stride=20, hot_frame_stride=20
    )


def fit_to_hot_frames() -> FitPotentialMaker:
    """Return a fit that leaves out what no MD would reach, and gives high frames little weight.

    Of the published configurations 8 % have a force above 30 eV/Å and 0.4 % one above 100 eV/Å.
    Half of them are more than 1 eV/atom above the hull. motep, which takes the place of the
    compiled kernel where there is no compiler, weighs all frames alike.
    """
    settings = default_settings()
    if settings.weighs_frames:
        settings = settings.model_copy(update=FALLING)
    return FitPotentialMaker(settings=settings, max_force_ev_a=100.0, min_contact_a=0.8)


@dataclass
class BatchActiveLearningMaker(LearningLoop):
    """Fit a potential to a composition diagram, from random packings alone.

    Christensen et al., J. Mater. Chem. A (2025), section 2.2. Engine MD of packings at a high
    temperature gives the first labels and fit. Each turn packs the same compositions anew, melts
    and quenches them with the potential, and saves configurations with an atom of a grade above
    ``select_grade``; a run ends above ``stop_grade`` and is not repeated. Those that D-optimality
    chooses from the whole batch are labelled, and the potential is refitted. The loop ends when
    few runs of a turn break, its refit keeps a large packing together at the high temperature and
    the error on held-out frames no longer falls, or the turns, failures or core-hours are used up.

    Parameters
    ----------
    name
        Name of the flow.
    engine
        Engine of the labels.
    fit
        How the potential is fitted and refitted; its limits refuse frames.
    packing
        How each composition is packed.
    sampling
        Engine MD of the first packings.
    temperature_k
        Temperature of the first runs, of the melts and of the test, K.
    melt_fs
        How long a melt is held, fs.
    cooling_rate_k_ps
        Cooling rate, K/ps.
    end_temperature_k
        What melts are cooled to, K; the paper has 0, to which no thermostat can cool.
    time_step_fs, damping_fs
        Time step and damping of the thermostat, fs.
    frame_every_k
        Cooling between the frames that are kept of a quench, K.
    test_atoms, test_fs
        Atoms and length, fs, of the run that tests a refit.
    held_out
        Share of each batch of labels that is held out.
    least_gain
        Share by which a refit has to lower the error on held-out frames for another turn.
    most_broken
        Share of the runs of the last turn that may have broken.
    select_grade, stop_grade
        Grades that save a configuration and stop a run.
    grade_every
        Steps between grades.
    max_selected
        Configurations labelled in a turn, at most.
    max_turns
        Turns at most.
    failure_budget
        Failed labels and runs at most, over all turns; first potentials break many runs.
    label_jobs
        Jobs that share the labels of a turn.
    worse_factor
        A refit whose validation error of forces is larger than the one before by this factor is
        undone.
    seed
        Seed that all packings and runs derive from.
    until
        What is asked for besides, and the budget.

    Examples
    --------
    >>> flow = BatchActiveLearningMaker().make({"Na2O": 0.25, "FeO": 0.5, "P2O5": 0.25})
    >>> flow = BatchActiveLearningMaker().make(composition_grid(["NaO0.5", "FeO", "PO2.5"], 0.1))
    """

    name: str = "batch active learning"
    fit: FitPotentialMaker = field(default_factory=fit_to_hot_frames)
    packing: RandomStructureMaker = field(default_factory=hot_packings)
    sampling: SamplingMaker = field(default_factory=hot_runs)
    temperature_k: float = 5000.0
    melt_fs: float = 10_000.0
    cooling_rate_k_ps: float = 10.0
    end_temperature_k: float = 1.0
    time_step_fs: float = 2.0
    damping_fs: float = 100.0
    frame_every_k: float = 1000.0
    test_atoms: int = 3003
    test_fs: float = 10_000.0
    held_out: float = 0.1
    least_gain: float = 0.05
    most_broken: float = 0.1
    select_grade: float = 2.5
    stop_grade: float = 30.0
    max_selected: int = 500
    max_turns: int = 10
    failure_budget: int = 1000
    label_jobs: int = 4

    @property
    def only_after_a_break(self) -> bool:
        """Whether saved configurations are left alone where no run broke: never."""
        return False

    @property
    def held_out_fraction(self) -> float:
        """Share of each turn's labels that errors are measured on instead of training."""
        return self.held_out

    def check(self, composition: CompositionLike | Sequence[CompositionLike]) -> None:
        """Refuse settings with which no loop could run.

        Parameters
        ----------
        composition
            One or several.

        Raises
        ------
        InputError, MissingDependencyError
            If a field is out of its range, a composition cannot be packed, or the engine or LAMMPS
            cannot run here.
        """
        require_positive(
            temperature_k=self.temperature_k,
            melt_fs=self.melt_fs,
            cooling_rate_k_ps=self.cooling_rate_k_ps,
            end_temperature_k=self.end_temperature_k,
            frame_every_k=self.frame_every_k,
            test_fs=self.test_fs,
        )
        require_not_negative(least_gain=self.least_gain)
        for name, share in (("held_out", self.held_out), ("most_broken", self.most_broken)):
            if not 0 <= share < 1:
                raise InputError(f"{name} is {share:g}; give a share from 0 to below 1")
        require_at_least_one(test_atoms=self.test_atoms)
        self.check_loop()
        with valid_settings():
            self.md(0)
        sampling = replace(self.sampling, engine=self.engine)
        for one in _several(composition):
            self.packing.check(one)
            mixture = read_mixture(one, self.packing.oxidation_states)
            symbols = [element.symbol for element in mixture.formula_unit]
            cell = Structure([[9, 0, 0], [0, 9, 0], [0, 0, 9]], symbols, [[0, 0, 0]] * len(symbols))
            self.fit.check(cell)
            sampling.check(cell)

    def make(
        self,
        composition: CompositionLike | Sequence[CompositionLike],
        prev_dir: str | None = None,
    ) -> Flow:
        """Return the flow; its output is an `ActiveLearningOutcome`.

        Parameters
        ----------
        composition
            Formula or mixture of oxides, or several; the first one is that of the test.
        prev_dir
            Not used: nothing is taken from an earlier calculation.
        """
        self.check(composition)
        starts = [
            (read_mixture(one, self.packing.oxidation_states).formula, self.temperature_k, one)
            for one in _several(composition)
        ]
        packings, cells = self._packings(0, starts)
        sampling = replace(self.sampling, engine=self.engine)
        first = [
            sampling.make(cell, self.temperature_k, f"{formula} x{scale:g}")
            for formula, scale, cell in cells
        ]
        fit = self.fit.make([run.output for run in first])
        turn = self.turn(1, fit.output["potential"], fit.output["dataset"], starts, EarlierTurns())
        return Flow([*packings, *first, fit, turn], output=turn.output, name=self.name)

    def explorations(
        self, turn: int, potential: PotentialDoc, starts: list[Start]
    ) -> tuple[list[Job], list[ExplorationDoc | None]]:
        """Return a fresh packing and a melt-quench of every composition and size.

        Parameters
        ----------
        turn
            Its number, from 1.
        potential
            Reference to the potential.
        starts
            Formula, temperature (K) and composition.
        """
        jobs, cells = self._packings(turn, starts)
        runs = []
        for formula, scale, cell in cells:
            seed = seed_of(self.seed, turn, formula, scale, "quench")
            run = explore(
                potential, cell, formula, self.temperature_k, self.md(seed), self.grade(), turn
            )
            run.name = f"{self.name}: explore {formula} x{scale:g}, turn {turn}"
            runs.append(run)
        return [*jobs, *runs], [run.output for run in runs]

    def stability(self, turn: int, refitted: PotentialDoc, starts: list[Start]) -> list[Job]:
        """Return a large packing of the first composition, and its run with the refit.

        Parameters
        ----------
        turn
            Its number, from 1.
        refitted
            Reference to the refit.
        starts
            Formula, temperature (K) and composition.
        """
        formula, temperature_k, composition = starts[0]
        large = replace(self.packing, n_atoms=self.test_atoms, scales=(1.0,))
        pack = large.make(composition, seed_of(self.seed, turn, "test"))
        pack.name = f"{self.name}: packing of the test, turn {turn}"
        md = LammpsMD.held(
            temperature_k,
            self.test_fs,
            time_step_fs=self.time_step_fs,
            damping_fs=self.damping_fs,
            frame_stride=max(1, round(self.test_fs / self.time_step_fs / 10)),
            seed=seed_of(self.seed, turn, "test"),
        )
        cell = pack.output.structure
        run = explore(refitted, cell, formula, temperature_k, md, self.grade(save=False), turn)
        run.name = f"{self.name}: test of the refit, turn {turn}"
        return [pack, run]

    def ending(self, turns: EarlierTurns, last: GenerationDoc) -> Verdict | None:
        """Return how the loop ends, or None where it goes on.

        Parameters
        ----------
        turns
            The turns so far.
        last
            The last of them.
        """
        return judge_batch_loop(
            turns,
            last,
            self.max_turns,
            self.failure_budget,
            self.least_gain,
            self.most_broken,
            self.until,
        )

    def md(self, seed: int) -> LammpsMD:
        """Return a melt-quench with the potential.

        Parameters
        ----------
        seed
            Seed of the velocities.
        """
        cooling_fs = 1e3 * (self.temperature_k - self.end_temperature_k) / self.cooling_rate_k_ps
        every_fs = 1e3 * self.frame_every_k / self.cooling_rate_k_ps
        shared = {"time_step_fs": self.time_step_fs, "damping_fs": self.damping_fs}
        stride = max(1, round(every_fs / self.time_step_fs))
        melt = NVT(
            temperature_k=self.temperature_k,
            duration_fs=self.melt_fs,
            velocities="draw",
            frame_stride=stride,
            **shared,
        )
        quench = NVT(
            temperature_k=self.temperature_k,
            end_temperature_k=self.end_temperature_k,
            duration_fs=cooling_fs,
            frame_stride=stride,
            **shared,
        )
        return LammpsMD(stages=(melt, quench), seed=seed)

    def _packings(
        self, turn: int, starts: list[Start]
    ) -> tuple[list[Job], list[tuple[str, float, Structure]]]:
        """Return the jobs that pack, and formula, scale and reference to each copy."""
        jobs, cells = [], []
        for number, (formula, _, composition) in enumerate(starts):
            job = self.packing.make(composition, seed_of(self.seed, turn, formula, number))
            job.name = f"{self.name}: packing {formula}, turn {turn}"
            jobs.append(job)
            cells += [
                (formula, scale, job.output.samples[i].structure)
                for i, scale in enumerate(self.packing.scales)
            ]
        return jobs, cells


def _several(
    composition: CompositionLike | Sequence[CompositionLike],
) -> list[CompositionLike]:
    """Return compositions as a list, where one is given as well."""
    return list(composition) if isinstance(composition, list | tuple) else [composition]
