"""What a turn of active learning chooses, keeps and says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from report_study import study_parts
from turns import generation
from unfitted_backend import potential

from amorph_flows.datasets.cfg import write_cfg
from amorph_flows.datasets.frames import Frame, FrameSet, Provenance
from amorph_flows.jobs.active_learning import generation as turns
from amorph_flows.jobs.active_learning.explore import MAX_SAVED, _saved_frames
from amorph_flows.jobs.active_learning.select import select_candidates
from amorph_flows.jobs.dataset import extend_dataset
from amorph_flows.potentials.base import GradeSettings
from amorph_flows.schemas.active_learning import ExplorationDoc
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.testing.alloy import alloy_frames

PARTS = study_parts()


def _still_dataset() -> DatasetDoc:
    """Return a dataset of one validation frame, whose atoms have no forces."""
    still = Frame(
        np.array([12, 12]), np.array([[0.0, 0, 0], [3, 0, 0]]), np.eye(3) * 9, 0.0, np.zeros((2, 3))
    )
    parts = {"training": [], "validation": [0], "test_random": [], "test_blocks": []}
    return PARTS.dataset.model_copy(update={"frames": FrameSet([still]), **parts})


def _refit(before: str, after: str):
    """Return the document of a turn between potentials with some force on atoms that have none."""
    dataset = _still_dataset()
    old, new = (
        potential("unfitted_backend:ConstantForce", ["Mg"], force=force)
        for force in (before, after)
    )
    run = ExplorationDoc(run=generation(1, broke=True).runs[0], frames=FrameSet())
    return turns.summarise_turn.original(1, old, new, dataset, [run], None, [], 1.2)


@pytest.mark.parametrize(
    ("after", "kept"),
    [("0.09", True), ("0.11", True), ("0.13", False), ("", False), ("nan", False)],
)
def test_a_refit_is_kept_only_if_its_error_is_known_and_small(after: str, kept: bool) -> None:
    turn = _refit("0.1", after)
    assert turn.kept is kept
    assert turn.errors_before is not None
    assert turn.errors_before.force_rmse_ev_a == pytest.approx(0.1)


def _saved(grades: list[float]) -> FrameSet:
    return FrameSet(
        Frame(np.array([12]), np.zeros((1, 3)), np.eye(3) * 5, provenance=Provenance(grade=g))
        for g in grades
    )


def test_nothing_is_chosen_where_no_run_broke() -> None:
    run = ExplorationDoc(run=generation(1, broke=False).runs[0], frames=_saved([2.5, 3.0]))
    choice = select_candidates.original(PARTS.potential, PARTS.dataset, [run], limit=5, n_batches=2)
    assert choice.n_candidates == 2
    assert [len(batch.frames) for batch in choice.batches] == [0, 0]


@pytest.mark.parametrize(
    ("force", "asked", "chosen"),
    [("0.05", None, 0), ("0.05", 0.1, 0), ("0.5", None, 0), ("0.5", 0.1, 2)],
)
def test_where_no_run_broke_an_inaccurate_potential_goes_on_learning(
    force: str, asked: float | None, chosen: int
) -> None:
    run = ExplorationDoc(run=generation(1, broke=False).runs[0], frames=_saved([2.5, 3.0]))
    choice = select_candidates.original(
        potential("unfitted_backend:ConstantForce", ["Mg"], force=force),
        _still_dataset(),
        [run],
        limit=5,
        force_error_ev_a=asked,
    )
    assert choice.n_selected == chosen


def test_a_turn_without_a_broken_run_says_that_it_fitted_nothing() -> None:
    run = ExplorationDoc(run=generation(1, broke=False).runs[0], frames=FrameSet())
    same, dataset = PARTS.potential, PARTS.dataset.model_copy(update={"validation": []})
    turn = turns.summarise_turn.original(1, same, same, dataset, [run], None, [], 1.2)
    assert turn.new_potential_uuid == ""
    assert "no run broke" in turn.reason


def test_frames_before_a_half_written_one_are_kept(tmp_path: Path) -> None:
    file = write_cfg(tmp_path / "selected.cfg", _saved([2.5, 3.0, 4.0]), ["Mg"])
    file.write_text(file.read_text()[:-20])
    mg_potential = PARTS.potential.model_copy(update={"species": ["Mg"]})
    frames, damage = _saved_frames(file, mg_potential, "run", 300.0, GradeSettings())
    assert [frame.provenance.grade for frame in frames] == [2.5, 3.0]
    assert str(file) in damage


def test_a_run_that_saves_thousands_offers_some_and_its_break(tmp_path: Path) -> None:
    grades = [*np.linspace(2.1, 9, 10 * MAX_SAVED), 10.5, 3.0]
    file = write_cfg(tmp_path / "selected.cfg", _saved(grades), ["Mg"])
    mg_potential = PARTS.potential.model_copy(update={"species": ["Mg"]})
    frames, damage = _saved_frames(file, mg_potential, "run", 300.0, GradeSettings())
    assert not damage
    assert MAX_SAVED // 2 <= len(frames) <= MAX_SAVED + 1
    assert frames[-1].provenance.grade == 10.5


def test_a_share_of_new_labels_is_held_out_evenly() -> None:
    frames = FrameSet(alloy_frames(20, seed=5))
    engine = PARTS.dataset.engine
    labels = LabelDoc(job_uuid="new", engine=engine, frames=frames)
    before = DatasetDoc.empty(engine)
    found = extend_dataset.original(before, [labels], 0.5, 1e3, held_out_fraction=0.1)
    assert len(found.validation) == 2
    assert found.validation[1] - found.validation[0] == 10
    assert sorted([*found.training, *found.validation]) == list(range(20))
    everything = extend_dataset.original(before, [labels], 0.5, 1e3)
    assert (everything.training, everything.validation) == (list(range(20)), [])


def test_configurations_of_unbroken_runs_are_chosen_where_the_loop_says_so() -> None:
    run = ExplorationDoc(run=generation(1, broke=False).runs[0], frames=_saved([2.5, 3.0]))
    exact = potential("unfitted_backend:ConstantForce", ["Mg"], force="0")
    choice = select_candidates.original(
        exact, _still_dataset(), [run], limit=5, only_after_a_break=False
    )
    assert choice.n_selected == 2
