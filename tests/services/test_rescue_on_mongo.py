"""`amorph rescue` and `amorph submit`: what they do again and what they leave alone."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fireworks_home import FireworksHome
from jobflow import Flow, OnMissing
from processes import wait_until
from service_jobs import (
    add_up,
    executions,
    go_on_without,
    many_labels,
    number,
    slow_label,
    succeed_if,
)

from amorph_flows.executors.fireworks.launchpad import find_workflows
from amorph_flows.executors.fireworks.rescue import Rescue, Rescuer
from amorph_flows.executors.fireworks.submission import Submission, submit_to_fireworks
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.store import find_documents, load_document


def submit(home: FireworksHome, flow: Flow, **settings: Any) -> Submission:
    with home.store() as store:
        return submit_to_fireworks(flow, home.launchpad, store, **settings)


def rescued(home: FireworksHome, *options: str) -> dict[str, dict[str, Any]]:
    done = json.loads(home.run("amorph", "rescue", "--json", *options))
    return {one["name"]: one for one in done}


def run_all(home: FireworksHome, folder: str = "worker") -> dict[int, str]:
    """Run what is ready, until nothing is."""
    home.run("rlaunch", "-s", "rapidfire", folder=folder)
    return home.states()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder that jobs leave a line in."""
    folder = tmp_path / "markers"
    folder.mkdir()
    return folder


@pytest.fixture
def killed(fireworks_home: FireworksHome, place: Path) -> FireworksHome:
    """A worker that was killed with SIGKILL in the middle of a job."""
    slow = slow_label(str(place), "slow", 600.0)
    submit(fireworks_home, Flow([slow]))
    worker = fireworks_home.worker("worker")
    wait_until((place / "slow").exists, "the job runs")
    assert rescued(fireworks_home)["slow_label"]["what"] == "alive"
    fireworks_home.end(worker)
    return fireworks_home


def test_a_killed_job_is_rerun_by_one_of_two_rescuers(killed: FireworksHome) -> None:
    assert rescued(killed, "--dry-run")["slow_label"]["what"] == "rerun"
    assert set(killed.states().values()) == {"RUNNING"}

    def rescue(_: int) -> list[Rescue]:
        (workflow,) = find_workflows(killed.launchpad)
        return list(Rescuer(killed.launchpad, silence_s=3600.0).rescue(workflow))

    with ThreadPoolExecutor(2) as pool:
        done = [one.what for answer in pool.map(rescue, range(2)) for one in answer]
    assert done.count("rerun") == 1
    assert set(done) <= {"rerun", "skipped"}
    assert set(killed.states().values()) == {"READY"}
    assert killed.launchpad.launches.count_documents({"state": "RUNNING"}) == 0


def test_a_job_that_was_taken_and_never_launched_is_released(
    fireworks_home: FireworksHome, place: Path
) -> None:
    submit(fireworks_home, Flow([number(str(place), "one", 3)]))
    now = datetime.now(UTC)
    for silence, expected in ((1.0, {}), (600.0, {"number": "released"})):
        taken = {"state": "RESERVED", "updated_on": now - timedelta(seconds=silence)}
        fireworks_home.launchpad.fireworks.update_one({}, {"$set": taken})
        for option in (["--dry-run"], []):
            done = rescued(fireworks_home, *option)
            assert {name: one["what"] for name, one in done.items()} == expected
    assert set(run_all(fireworks_home).values()) == {"COMPLETED"}


def test_a_failed_job_is_rerun_on_demand(fireworks_home: FireworksHome, place: Path) -> None:
    home, good = fireworks_home, place / "good"
    submit(home, Flow([succeed_if(str(place), "picky", str(good))]))
    assert set(run_all(home).values()) == {"FIZZLED"}
    assert rescued(home) == {}
    done = rescued(home, "--failed")["succeed_if"]
    assert done["what"] == "rerun"
    assert "good is not there" in done["reason"]
    good.touch()
    assert set(run_all(home).values()) == {"COMPLETED"}
    assert executions(place) == {"picky": 2, "good": 0}


def test_a_failed_job_that_the_study_went_on_without_is_left_alone(
    fireworks_home: FireworksHome, place: Path
) -> None:
    home, here = fireworks_home, str(place)
    fails = succeed_if(here, "picky", str(place / "good"))
    after = go_on_without(here, "after", fails.output)
    after.update_config({"on_missing_references": OnMissing.NONE})
    submit(home, Flow([fails, after]))
    states = run_all(home)
    assert sorted(set(states.values())) == ["COMPLETED", "FIZZLED"]
    done = rescued(home, "--failed")["succeed_if"]
    assert done["what"] == "skipped"
    assert "go_on_without has made further jobs" in done["reason"]
    assert home.states() == states


def test_a_submitted_flow_is_added_once_and_computed_again_on_demand(
    fireworks_home: FireworksHome, place: Path
) -> None:
    home = fireworks_home

    def flow() -> Flow:
        one = number(str(place), "one", 1)
        return Flow([one, add_up(str(place), "sum", [one.output, 2])])

    first = submit(home, flow())
    assert (first.is_new, first.n_jobs) == (True, 2)
    assert set(run_all(home).values()) == {"COMPLETED"}
    second = submit(home, flow())
    assert (second.is_new, second.workflow, second.state) == (False, first.workflow, "COMPLETED")
    third = submit(home, flow(), again=True)
    assert third.is_new
    assert (third.study_uuid, third.n_jobs) == (first.study_uuid, 2)
    run_all(home)
    assert executions(place) == {"one": 2, "sum": 2}


def test_an_edited_flow_computes_what_the_edit_reaches(
    fireworks_home: FireworksHome, place: Path
) -> None:
    home = fireworks_home
    for summand in (2, 3):
        one = number(str(place), "one", 1)
        submission = submit(
            home, Flow([one, add_up(str(place), f"sum{summand}", [one.output, summand])])
        )
        assert submission.is_new
        run_all(home)
    assert (submission.n_jobs, submission.n_finished) == (1, 1)
    assert executions(place) == {"one": 1, "sum2": 1, "sum3": 1}


def test_documents_of_a_former_form_are_listed_no_more(
    fireworks_home: FireworksHome, place: Path
) -> None:
    home = fireworks_home

    def flow(n_last: int) -> Flow:
        first = many_labels(str(place), "first", 2)
        last = many_labels(str(place), "last", n_last, first.output.n_steps)
        flow = Flow([first, last])
        flow.update_metadata({"study": "mine", "home": str(place)}, dynamic=True)
        return flow

    def listed() -> set[int]:
        with home.store() as store:
            return {
                document.n_steps
                for summary in find_documents(store, study="mine")
                for document in [load_document(store, summary["uuid"])]
                if isinstance(document, LabelDoc)
            }

    assert submit(home, flow(3)).is_new
    run_all(home)
    assert listed() == {2, 3}
    assert submit(home, flow(5)).n_finished == 1
    assert listed() == {2}
    run_all(home)
    assert listed() == {2, 5}
    assert not submit(home, flow(3)).is_new
    assert listed() == {2, 3}
    submit(home, flow(5), again=True)
    assert listed() == set()
    run_all(home)
    assert listed() == {2, 5}
