"""Two hundred turns of active learning: what a turn hands on does not grow with their number."""

from __future__ import annotations

import json
from pathlib import Path

from jobflow import Flow, JobStore
from maggma.stores import MemoryStore
from report_study import study_parts
from turns import CheapLoop

from amorph_flows.datasets.frames import FrameSet
from amorph_flows.executors import run_study
from amorph_flows.runtime.stage_job import stage_job
from amorph_flows.schemas.active_learning import ActiveLearningOutcome, EarlierTurns
from amorph_flows.schemas.dataset import DatasetDoc
from amorph_flows.schemas.potential import PotentialDoc

N_TURNS = 200


@stage_job(PotentialDoc)
def start_potential() -> PotentialDoc:
    return study_parts().potential.renewed(curves={}, files={})


@stage_job(DatasetDoc)
def start_dataset() -> DatasetDoc:
    nothing = {"training": [], "validation": [], "test_random": [], "test_blocks": []}
    return study_parts().dataset.renewed(frames=FrameSet(), **nothing)


def test_two_hundred_turns(tmp_path: Path) -> None:
    store = JobStore(MemoryStore(), additional_stores={"data": MemoryStore()})
    store.connect()
    potential, dataset = start_potential(), start_dataset()
    first = CheapLoop(max_turns=N_TURNS).turn(
        1, potential.output, dataset.output, [], EarlierTurns()
    )
    flow = Flow([potential, dataset, first])
    outputs = run_study(flow, store, tmp_path)
    outcome = outputs[first.output.uuid]
    assert isinstance(outcome, ActiveLearningOutcome)
    loop = outcome.loop
    assert [turn.turn for turn in loop.generations] == list(range(1, N_TURNS + 1))
    assert loop.verdict.answer == "TURNS_USED_UP"
    assert loop.verdict.numbers["turns"] == N_TURNS
    assert len({turn.job_uuid for turn in loop.generations}) == N_TURNS

    handed_on, written = {}, {}
    for held in store.query({}, load=False):
        name = held["name"]
        if name.startswith("conclude turn") and held["execution"]:
            handed_on[int(name.split()[-1])] = len(held["execution"])
        written[held["uuid"], held["index"]] = len(json.dumps(held.get("output"), default=str))
    sizes = [handed_on[turn] for turn in range(2, N_TURNS)]
    block = 16
    assert max(sizes[-2 * block :]) <= 1.01 * max(sizes[block : 3 * block])
    final = max(written.values())
    assert sorted(written.values())[-2] < 0.05 * final
