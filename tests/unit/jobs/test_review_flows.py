"""What jobs make of failed runs, half-written files, refits and short samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from jobflow import OnMissing
from report_study import study_parts, verdict
from test_generation import generation

from amorph_flows.datasets import ErrorStatistics
from amorph_flows.datasets.cfg import write_cfg
from amorph_flows.datasets.frames import Frame, FrameSet, Provenance
from amorph_flows.flows import FitPotentialMaker, MeltQuenchMaker
from amorph_flows.jobs.active_learning import generation as turns
from amorph_flows.jobs.active_learning.conclude import CONVERGED_FS, judge_loop
from amorph_flows.jobs.active_learning.explore import MAX_SAVED, _saved_frames
from amorph_flows.jobs.active_learning.select import select_candidates
from amorph_flows.jobs.melt_quench import collect_quench
from amorph_flows.jobs.production_md import WIDTH_QUESTION
from amorph_flows.jobs.transport import collect_transport
from amorph_flows.jobs.voltage import collect_voltages, take_snapshots
from amorph_flows.lammps.dump import reference_of
from amorph_flows.lammps.grades import summarise
from amorph_flows.potentials.base import GradeSettings
from amorph_flows.report.results import result_rows
from amorph_flows.schemas.active_learning import ExplorationDoc
from amorph_flows.schemas.labelling import LabelDoc, RelaxDoc
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.schemas.verdict import doubts
from amorph_flows.schemas.voltage import SnapshotDoc
from amorph_flows.structures import v2o5

PARTS = study_parts()
ENGINE = PARTS.potential.engine


def _refit(monkeypatch: pytest.MonkeyPatch, errors: list[float | None]):
    """Return the document of a turn whose two potentials have some validation errors."""
    summaries = iter(
        None
        if error is None
        else ErrorStatistics(
            n_frames=1,
            energy_rmse_mev_atom=1.0,
            energy_mae_mev_atom=1.0,
            force_rmse_ev_a=error,
            force_mae_ev_a=error,
        )
        for error in errors
    )
    monkeypatch.setattr(turns, "_validation_errors", lambda *_: next(summaries))
    refitted = PARTS.potential.model_copy(update={"sha256": "0" * 64, "job_uuid": "refit"})
    run = ExplorationDoc(run=generation(1, broke=True).runs[0], frames=FrameSet())
    return turns.summarise_turn(1, PARTS.potential, refitted, PARTS.dataset, [run], None, [], 1.2)


@pytest.mark.parametrize(
    ("after", "kept"), [(0.1, True), (0.11, True), (0.13, False), (None, False), (np.nan, False)]
)
def test_a_refit_is_kept_only_if_its_error_is_known_and_small(
    monkeypatch: pytest.MonkeyPatch, after: float | None, kept: bool
) -> None:
    assert _refit(monkeypatch, [0.1, after]).kept is kept


def test_nothing_is_chosen_where_no_run_broke() -> None:
    run = ExplorationDoc(run=generation(1, broke=False).runs[0], frames=_saved([2.5, 3.0]))
    choice = select_candidates.original(PARTS.potential, PARTS.dataset, [run], limit=5, n_batches=2)
    assert choice.n_candidates == 2
    assert [len(batch.frames) for batch in choice.batches] == [0, 0]


def test_a_turn_without_a_broken_run_says_that_it_fitted_nothing() -> None:
    run = ExplorationDoc(run=generation(1, broke=False).runs[0], frames=FrameSet())
    same, dataset = PARTS.potential, PARTS.dataset.model_copy(update={"validation": []})
    turn = turns.summarise_turn(1, same, same, dataset, [run], None, [], 1.2)
    assert turn.new_potential_uuid == ""
    assert "no run broke" in turn.reason


def test_a_loop_without_runs_has_not_converged() -> None:
    empty = generation(1, broke=False).model_copy(update={"runs": []})
    ended = judge_loop([empty], 1, 5, CONVERGED_FS)
    assert ended is not None
    assert not ended.believable


def _saved(grades: list[float]) -> FrameSet:
    return FrameSet(
        Frame(np.array([12]), np.zeros((1, 3)), np.eye(3) * 5, provenance=Provenance(grade=g))
        for g in grades
    )


def test_frames_before_a_half_written_one_are_kept(tmp_path: Path) -> None:
    file = write_cfg(tmp_path / "selected.cfg", _saved([2.5, 3.0, 4.0]), ["Mg"])
    file.write_text(file.read_text()[:-20])
    potential = PARTS.potential.model_copy(update={"species": ["Mg"]})
    frames, damage = _saved_frames(file, potential, "run", 300.0, GradeSettings())
    assert [frame.provenance.grade for frame in frames] == [2.5, 3.0]
    assert str(file) in damage


def test_a_run_that_saves_thousands_offers_some_and_its_break(tmp_path: Path) -> None:
    grades = [*np.linspace(2.1, 9, 10 * MAX_SAVED), 10.5, 3.0]
    file = write_cfg(tmp_path / "selected.cfg", _saved(grades), ["Mg"])
    potential = PARTS.potential.model_copy(update={"species": ["Mg"]})
    frames, damage = _saved_frames(file, potential, "run", 300.0, GradeSettings())
    assert not damage
    assert MAX_SAVED // 2 <= len(frames) <= MAX_SAVED + 1
    assert frames[-1].provenance.grade == 10.5


def test_snapshots_know_the_length_of_the_run_without_its_equilibration(tmp_path: Path) -> None:
    dump = tmp_path / "run.lammpstrj"
    lines = []
    for time_ps in (50.0, 50.5, 51.0):
        lines += ["ITEM: UNITS", "metal"] if not lines else []
        lines += ["ITEM: TIME", f"{time_ps}", "ITEM: TIMESTEP", f"{time_ps * 500:.0f}"]
        lines += ["ITEM: NUMBER OF ATOMS", "2", "ITEM: BOX BOUNDS pp pp pp", *["0 5"] * 3]
        lines += ["ITEM: ATOMS id type xu yu zu", "1 1 0 0 0", "2 2 2 2 2"]
    dump.write_text("\n".join(lines) + "\n")
    run = PARTS.production[0].model_copy(
        update={
            "trajectory": reference_of(dump, ["Mg", "O"]),
            "equilibration_fs": 50_000.0,
            "production_fs": 1000.0,
            "verdicts": [
                verdict("inside the training set?", False, "it extrapolated"),
                verdict(WIDTH_QUESTION, False, "as narrow as the cell of engine MD"),
            ],
        }
    )
    snapshots = take_snapshots.original(run, "Mg2+", 300.0)
    assert snapshots.sampled_fs == 1000.0
    assert doubts(snapshots.verdicts) == ["it extrapolated"]


def test_jobs_that_can_do_without_a_failed_run_are_told_so() -> None:
    fit = FitPotentialMaker().make([])
    assert fit.jobs[0].config.on_missing_references is OnMissing.NONE
    quench = MeltQuenchMaker().make(v2o5())
    assert quench.jobs[-1].config.on_missing_references is OnMissing.NONE


def test_a_failed_branch_does_not_lose_the_quench() -> None:
    crystal = v2o5()
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.normal(scale=0.3, size=(20, len(crystal), 3)), axis=0)
    frames = FrameSet(
        Frame(
            np.array(crystal.atomic_numbers),
            crystal.cart_coords + shift,
            np.array(crystal.lattice.matrix),
            provenance=Provenance(run="hold", time_fs=100.0 * i, temperature_k=900.0),
        )
        for i, shift in enumerate(walk)
    )
    label = LabelDoc(engine=ENGINE, frames=frames, structure=crystal, job_uuid="label")
    stage = MDStage(name="m", start_temperature_k=1, end_temperature_k=1, duration_fs=1)
    doc = collect_quench.original(crystal, [stage], 1.0, [label], [900.0, 300.0], [None, label])
    assert [branch.temperature_k for branch in doc.branches] == [300.0]


def test_a_crystal_that_failed_leaves_the_voltages_of_the_amorphous_form() -> None:
    magnesium = PARTS.quench.crystal.copy()
    magnesium.replace_species({"V": "Mg", "O": "Mg"})
    metal = RelaxDoc(
        engine=ENGINE,
        structure=magnesium,
        energy_ev=-1.5 * len(magnesium),
        max_force_ev_a=0.0,
        converged=True,
        n_steps=1,
    )
    full = Frame(np.array([12, 8]), np.array([[0.0, 0, 0], [2, 2, 2]]), np.eye(3) * 5, -8.0)
    empty = Frame(
        full.numbers[1:],
        full.positions[1:],
        full.cell,
        -4.0,
        provenance=Provenance(parent=full.content_hash),
    )
    snapshot = SnapshotDoc(
        structure_source="engine MD",
        temperature_k=300.0,
        sampled_fs=1.0,
        frames=FrameSet(),
        source_uuid="run",
        verdicts=[verdict("inside the training set?", False, "it extrapolated")],
    )
    label = LabelDoc(engine=ENGINE, frames=FrameSet([full, empty]))
    doc = collect_voltages.original("Mg2+", metal, None, None, "given", [snapshot], [label])
    crystal, amorphous = doc.points
    assert crystal.voltage_v is None
    assert not crystal.verdicts[0].believable
    assert amorphous.voltage_v == pytest.approx((8.0 - 4.0 - 1.5) / 2)
    assert amorphous.change_v is None
    assert "it extrapolated" in doubts(amorphous.verdicts)


def test_transport_of_no_run_is_a_refusal_that_the_report_can_show() -> None:
    transport = collect_transport.original([None, None], "Mg2+")
    assert not transport.believable
    parts = PARTS.model_copy(update={"production": [], "transport": transport})
    rows = [row for row in result_rows(parts) if row.quantity == "activation_energy"]
    assert rows[0].value is None
    assert rows[0].verdict == "refused"
    assert "very production run failed" in rows[0].reason


def test_a_grade_that_is_no_number_breaks_a_run() -> None:
    summary = summarise(np.array([[0, 1.0], [10, np.nan]]), 2.0, 10.0)
    assert summary.broke
    assert summary.fraction_above_select == 0.5
