"""Documents of turns of active learning."""

from __future__ import annotations

from dataclasses import dataclass, field

from jobflow import Flow, Maker
from report_study import study_parts

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.jobs.active_learning.conclude import Start, conclude_turn, judge_loop
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.active_learning import (
    EarlierTurns,
    ExplorationRun,
    GenerationDoc,
    KeptTurns,
    LearningUntil,
)
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.labelling import QuarantinedCalculation
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.upstream.jobflow import without_what_failed


def generation(turn: int, broke: bool, labelled: int = 3, failures: int = 0) -> GenerationDoc:
    run = ExplorationRun(
        run=f"run {turn}",
        formula="MgV2O5",
        temperature_k=1200.0,
        seed=1,
        asked_fs=1000.0,
        reached_fs=500.0 if broke else 1000.0,
        broke=broke,
        max_grade=11.0 if broke else 1.5,
        fraction_above_select=0.1,
        n_saved=4,
    )
    return GenerationDoc(
        turn=turn,
        potential_uuid="p",
        runs=[run],
        n_candidates=4,
        n_refused=0,
        n_selected=labelled + failures,
        n_labelled=labelled,
        quarantined=[QuarantinedCalculation(index=i, reason="SCF") for i in range(failures)],
    )


@stage_job(GenerationDoc)
def broken_turn(turn: int, n_runs: int) -> GenerationDoc:
    """Return a turn in which every run broke."""
    doc = generation(turn, broke=True)
    return doc.model_copy(update={"runs": doc.runs * n_runs, "cpu_seconds": 2.0})


@dataclass
class CheapLoop(Maker):
    """Active learning whose turns explore, label and fit nothing."""

    name: str = "cheap loop"
    duration_fs: float = 1000.0
    max_turns: int = 3
    failure_budget: int = 1
    n_runs: int = 8
    until: LearningUntil = field(default_factory=LearningUntil)

    def judge(self, turns: EarlierTurns, last: GenerationDoc) -> Verdict | None:
        """Return how the loop ends."""
        limits = self.max_turns, self.failure_budget, self.duration_fs, self.until
        return judge_loop(turns, last, *limits)

    def turn(
        self,
        turn: int,
        potential: PotentialDoc,
        dataset: DatasetDoc,
        starts: list[Start],
        earlier: EarlierTurns,
        kept_turns: KeptTurns | None = None,
    ) -> Flow:
        """Return the flow of a turn."""
        done = broken_turn(turn, self.n_runs)
        conclude = conclude_turn(
            self,
            turn,
            potential,
            potential,
            dataset,
            dataset,
            done.output,
            starts,
            earlier,
            kept_turns,
        )
        without_what_failed(conclude)
        conclude.name = f"conclude turn {turn}"
        return Flow([done, conclude], output=conclude.output)


@stage_job(PotentialDoc)
def start_potential() -> PotentialDoc:
    """Return a potential without its files."""
    return study_parts().potential.renewed(curves={}, files={})


@stage_job(DatasetDoc)
def start_dataset() -> DatasetDoc:
    """Return a dataset without frames."""
    nothing = {"training": [], "validation": [], "test_random": [], "test_blocks": []}
    return study_parts().dataset.renewed(frames=FrameSet(), **nothing)
