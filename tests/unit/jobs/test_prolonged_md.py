"""What comes after a piece of engine MD with a goal."""

from __future__ import annotations

import numpy as np
import pytest
from jobflow import Flow, OutputReference, Response
from unfitted_backend import potential

from amorph_flows.analysis.steadiness import EnergyThresholds, judge_energy
from amorph_flows.datasets.frames import Frame, FrameSet, Provenance
from amorph_flows.engines import AseEngine, PotentialEngine
from amorph_flows.errors import InputError
from amorph_flows.jobs.md_goal import held_frames
from amorph_flows.jobs.prolonged_md import go_on_or_end
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.schemas.until import Extension, Until
from amorph_flows.structures import v2o5

TOY = AseEngine(calculator="toy")
CELL = v2o5() * (1, 3, 2)
MELT = MDStage(
    name="melt at 1000 K",
    start_temperature_k=1000,
    end_temperature_k=1000,
    duration_fs=2000,
    frame_stride=10,
)
GOAL = Until(verdict="melted?", budget_ps=50)


def piece(number: int, temperature_k: float, duration_fs: float, step_a: float) -> LabelDoc:
    """Return a run whose atoms walk at random, or shake about their places."""
    n_steps = round(duration_fs / 20)
    first = 0 if number == 1 else 1
    rng = np.random.default_rng(number)
    steps = rng.normal(scale=step_a or 0.05, size=(n_steps + 1, len(CELL), 3))
    shifts = np.cumsum(steps, axis=0) if step_a else steps
    frames = FrameSet(
        Frame(
            np.array(CELL.atomic_numbers),
            CELL.cart_coords + shifts[i],
            np.array(CELL.lattice.matrix),
            energy_ev=-1.0 * len(CELL),
            forces=np.zeros((len(CELL), 3)),
            provenance=Provenance(
                run="melt", step=10 * i, time_fs=20.0 * i, temperature_k=temperature_k
            ),
        )
        for i in range(first, n_steps + 1)
    )
    stage = MELT.model_copy(
        update={
            "start_temperature_k": temperature_k,
            "end_temperature_k": temperature_k,
            "duration_fs": duration_fs,
        }
    )
    return LabelDoc(
        engine=TOY.info(),
        run="melt",
        stage=stage,
        seed=3,
        n_steps=10 * n_steps,
        frames=frames,
        structure=CELL,
        job_uuid=f"piece {number}",
        cpu_seconds=36.0,
    )


def extension(from_fs: float, to_fs: float, temperature_k: float) -> Extension:
    return Extension(
        reason="solid",
        question="melted?",
        from_fs=from_fs,
        to_fs=to_fs,
        temperature_k=temperature_k,
        core_hours=0.01,
    )


def following(answer: object) -> tuple[Flow, MDStage, list[Extension]]:
    """Return the flow that goes on, the stage of its piece and the extensions so far."""
    assert isinstance(answer, Response)
    flow = answer.replace
    assert isinstance(flow, Flow)
    md, end = flow.jobs
    _, pieces, _, _, extensions, _ = end.function_args
    assert all(type(one).__name__ == "OutputReference" for one in pieces)
    return flow, md.function_args[1], extensions


def test_a_solid_is_made_hotter() -> None:
    _, stage, extensions = following(
        go_on_or_end.original(TOY, [piece(1, 1000, 2000, 0.0)], MELT, GOAL, [])
    )
    assert stage.start_temperature_k == stage.end_temperature_k == 1250
    assert stage.duration_fs == 1000
    assert [one.temperature_k for one in extensions] == [1250]
    assert "not melted" in extensions[0].reason


def test_a_melt_is_made_twice_as_hot_at_most() -> None:
    pieces = [piece(1, 1000, 2000, 0.0), piece(2, 1900, 2000, 0.0)]
    _, stage, _ = following(
        go_on_or_end.original(TOY, pieces, MELT, GOAL, [extension(2000, 4000, 1900)])
    )
    assert stage.end_temperature_k == 2000


def test_what_melted_is_held_at_its_own_temperature_again() -> None:
    pieces = [piece(1, 1000, 2000, 0.0), piece(2, 1250, 2000, 0.8)]
    before = [extension(2000, 4000, 1250)]
    _, stage, extensions = following(go_on_or_end.original(TOY, pieces, MELT, GOAL, before))
    assert stage.end_temperature_k == 1000
    assert stage.duration_fs == 1000  # a quarter longer
    assert extensions[-1].reason.endswith("but at 1250 K")
    pieces.append(piece(3, 1000, 1000, 0.8))
    done = go_on_or_end.original(TOY, [*pieces, piece(4, 1000, 400, 0.8)], MELT, GOAL, [
        *extensions, extension(5000, 5400, 1000)
    ])  # fmt: skip
    assert isinstance(done, LabelDoc)
    assert done.verdicts[0].answer == "REACHED"
    assert {frame.provenance.temperature_k for frame in held_frames(done)} == {1000}
    assert held_frames(done)[0].provenance.time_fs == 4020
    assert done.frames[-1].provenance.step == 2700
    assert [frame.provenance.time_fs for frame in done.frames] == [20.0 * i for i in range(271)]
    assert (done.n_steps, done.cpu_seconds) == (2700, 144.0)
    assert done.stage.duration_fs == 5400


def test_a_piece_that_failed_ends_the_run_with_what_there_is() -> None:
    done = go_on_or_end.original(
        TOY, [piece(1, 1000, 2000, 0.0), None], MELT, GOAL, [extension(2000, 3000, 1250)]
    )
    assert isinstance(done, LabelDoc)
    assert done.verdicts[0].answer == "ENDED_EARLY"
    assert done.extensions == []
    assert len(done.frames) == 101


def test_a_budget_of_core_hours_ends_the_run() -> None:
    goal = Until(verdict="melted?", budget_core_hours=0.0101)
    done = go_on_or_end.original(TOY, [piece(1, 1000, 2000, 0.0)], MELT, goal, [])
    assert isinstance(done, LabelDoc)
    assert done.verdicts[0].answer == "CORE_HOURS_USED_UP"


def test_what_is_handed_on_does_not_grow_with_the_frames() -> None:
    short, long = (
        following(go_on_or_end.original(TOY, [piece(1, 1000, fs, 0.0)], MELT, GOAL, []))[0]
        for fs in (2000, 8000)
    )
    sizes = [sum(len(str(job.as_dict())) for job in flow.jobs) for flow in (short, long)]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.02)


def test_an_engine_hands_on_a_reference_to_its_potential() -> None:
    assert TOY.by_reference() is TOY
    named = PotentialEngine("pedone", elements=["Na", "O"])
    assert named.by_reference() is named
    fitted = potential("unfitted_backend:Unfitted", ["Na", "O"])
    held = PotentialEngine(fitted.model_copy(update={"job_uuid": "a1"})).by_reference()
    assert held.potential == OutputReference("a1", output_schema=PotentialDoc)


@pytest.mark.parametrize(
    ("slope_ev", "noise_ev", "answer"),
    [
        (0.0, 0.002, "ENERGY_STEADY"),
        (-0.2, 0.002, "ENERGY_FALLS"),
        (0.2, 0.002, "ENERGY_RISES"),
        (0.0, 0.2, "ENERGY_UNCERTAIN"),
    ],
)
def test_energy_steady(slope_ev: float, noise_ev: float, answer: str) -> None:
    time = np.linspace(0, 1, 400)
    noise = np.random.default_rng(0).normal(scale=noise_ev, size=time.shape)
    verdict = judge_energy(slope_ev * time + noise, 600.0)
    assert verdict.answer == answer
    assert verdict.passed is (answer == "ENERGY_STEADY")
    error = verdict.numbers["error_ev_atom"]
    assert verdict.numbers["drift_ev_atom"] == pytest.approx(slope_ev / 2, abs=1.5 * error)


def test_an_interval_of_the_change_holds_it_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    held = 0
    for _ in range(400):
        energies = np.linspace(0, -0.04, 200) + rng.normal(scale=0.02, size=200)
        numbers = judge_energy(energies, 300.0).numbers
        held += abs(numbers["drift_ev_atom"] + 0.02) <= numbers["error_ev_atom"]
    assert 0.92 <= held / 400 <= 0.98


def test_too_few_frames_tell_nothing_of_the_energy() -> None:
    verdict = judge_energy([0.0] * 20, 300.0)
    assert (verdict.answer, verdict.numbers) == ("ENERGY_UNCERTAIN", {})
    assert "20 frames are too few (32 are needed)" in verdict.reason
    with pytest.raises(InputError, match="n_blocks is 2"):
        judge_energy([0.0] * 20, 300.0, EnergyThresholds(n_blocks=2))
