"""A whole study through FireWorks on Slurm, each kind of job on a worker of its own.

One label of each turn fails, a second user reads while it runs, and its numbers are those of
run_locally.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fireworks_home import FireworksHome
from slurm_cluster import KINDS, SlurmCluster
from slurm_workers import describe_workers, queue_launchers
from toy_study import ENGINE, numbers, write_study

from amorph_flows.schemas.active_learning import ActiveLearningOutcome
from amorph_flows.schemas.labelling import LabelDoc
from amorph_flows.schemas.study import StudyDoc
from amorph_flows.store import find_documents, latest, load_document

READER = Path(__file__).with_name("second_user.py")


@dataclass(frozen=True)
class Ended:
    """A study that has come to its end."""

    home: FireworksHome
    study: Path
    states: dict[int, str]
    read_while_running: list[dict[str, Any]]
    n_read: int


@pytest.fixture(scope="module")
def ended(
    slurm: SlurmCluster,
    new_queue_uri: Callable[[], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Ended]:
    """The toy study, submitted by `amorph submit` and run by what `qlaunch` puts into the queue."""
    folder = tmp_path_factory.mktemp("slurm-study")
    study = write_study(folder, engine=ENGINE)
    stop, log = folder / "stop", folder / "read.jsonl"
    log.touch()
    with closing(FireworksHome(folder / "home", new_queue_uri())) as home:
        home.reset()
        describe_workers(home)
        home.run("amorph", "submit", study)
        reader = home.command("python", READER, home.uri, stop, log, folder="reader")
        with queue_launchers(home, slurm):
            states = home.wait()
        read = [json.loads(line) for line in log.read_text().splitlines()]
        stop.touch()
        assert reader.wait() == 0, reader.tail()
        last = json.loads(log.read_text().splitlines()[-1])
        yield Ended(home, study, states, read, last["found"])


def test_every_job_completes(ended: Ended) -> None:
    assert set(ended.states.values()) == {"COMPLETED"}
    told = json.loads(ended.home.run("amorph", "status", ended.study, "--json"))
    assert told["state"] == "complete"


def test_each_kind_of_job_ran_once_on_its_worker_in_the_queue(ended: Ended) -> None:
    launchpad = ended.home.launchpad
    kinds = set()
    for firework in launchpad.fireworks.find({}):
        launches = list(launchpad.launches.find({"launch_id": {"$in": firework["launches"]}}))
        assert [launch["fw_id"] for launch in launches] == [firework["fw_id"]], (
            firework["launches"],
            [(launch["launch_id"], launch["fw_id"]) for launch in launchpad.launches.find({})],
        )
        (launch,) = launches
        kind = firework["spec"]["_category"]
        assert launch["fworker"]["name"] == kind
        assert "FW_submit.script" in [p.name for p in Path(launch["launch_dir"]).parent.iterdir()]
        kinds.add(kind)
    assert kinds == set(KINDS)


def test_numbers_are_those_of_run_locally(ended: Ended, local_report: dict[str, Any]) -> None:
    with ended.home.store() as store:
        report = json.loads(latest(store, StudyDoc).files["report.json"])
    assert numbers(report) == numbers(local_report)


def test_failed_labels_are_set_aside_with_their_reason(ended: Ended) -> None:
    with ended.home.store() as store:
        labels = [
            load_document(store, summary["uuid"])
            for summary in find_documents(store, stage="labelling")
        ]
        turns = [
            load_document(store, summary["uuid"])
            for summary in find_documents(store, stage="active_learning")
        ]
    failed = [one for doc in labels if isinstance(doc, LabelDoc) for one in doc.quarantined]
    assert failed
    assert all("did not converge" in one.reason for one in failed)
    assert all(Path(one.directory).is_dir() for one in failed)
    assert any(isinstance(turn, ActiveLearningOutcome) and turn.loop.generations for turn in turns)


def test_a_second_user_reads_while_it_runs(ended: Ended) -> None:
    counts = [line["found"] for line in ended.read_while_running]
    assert len(counts) > 5
    assert counts == sorted(counts)
    read = {name for line in ended.read_while_running for name in line["new"]}
    assert {"LabelDoc", "DatasetDoc", "PotentialDoc", "TrajectoryDoc"} <= read
    with ended.home.store() as store:
        assert ended.n_read == len(list(find_documents(store)))
