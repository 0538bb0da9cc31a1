"""Two hundred turns of active learning: what a turn hands on does not grow with their number."""

from __future__ import annotations

import json
from pathlib import Path

from jobflow import Flow, JobStore
from maggma.stores import MemoryStore
from turns import CheapLoop, start_dataset, start_potential

from amorph_flows.executors import run_study
from amorph_flows.schemas.active_learning import BLOCK, ActiveLearningOutcome, EarlierTurns

N_TURNS = 200


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
    assert max(sizes[-2 * BLOCK :]) <= 1.01 * max(sizes[BLOCK : 3 * BLOCK])
    final = max(written.values())
    assert sorted(written.values())[-2] < 0.05 * final
