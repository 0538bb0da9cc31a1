"""Many turns of active learning under FireWorks, more than are referred to one by one."""

from __future__ import annotations

from fireworks_home import FireworksHome
from jobflow import Flow
from turns import CheapLoop, start_dataset, start_potential

from amorph_flows.executors.fireworks.submission import submit_to_fireworks
from amorph_flows.schemas.active_learning import BLOCK, ActiveLearningOutcome, EarlierTurns
from amorph_flows.store import latest

N_TURNS = BLOCK + 2


def test_the_outcome_has_all_turns(fireworks_home: FireworksHome) -> None:
    home = fireworks_home
    potential, dataset = start_potential(), start_dataset()
    first = CheapLoop(max_turns=N_TURNS).turn(
        1, potential.output, dataset.output, [], EarlierTurns()
    )
    with home.store() as store:
        submit_to_fireworks(Flow([potential, dataset, first]), home.launchpad, store)
    home.run("rlaunch", "-s", "rapidfire", folder="worker")
    states = home.states()
    assert set(states.values()) == {"COMPLETED"}
    assert len(states) == 2 + 2 * N_TURNS + 2  # what is kept of a block, and the outcome
    with home.store() as store:
        outcome = latest(store, ActiveLearningOutcome)
    turns = outcome.loop.generations
    assert [turn.turn for turn in turns] == list(range(1, N_TURNS + 1))
    assert outcome.loop.verdict.answer == "TURNS_USED_UP"
