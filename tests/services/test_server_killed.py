"""The database server is killed in the middle of a study and started again."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import mongo_server
import pytest
from fireworks_home import FireworksHome
from mongo_server import SecantusServer
from processes import Process
from toy_study import write_study

from amorph_flows.schemas.study import StudyDoc
from amorph_flows.store import latest

ENOUGH = 8


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SecantusServer]:
    """A server for this test alone."""
    if reason := mongo_server.why_not("secantus"):
        pytest.skip(reason)
    server = SecantusServer(tmp_path / "server")
    server.synced = True
    server.start()
    yield server
    server.stop()


def test_nothing_finished_is_lost_and_the_study_ends(
    server: SecantusServer, tmp_path: Path
) -> None:
    study = write_study(tmp_path / "study")
    with closing(FireworksHome(tmp_path / "home", f"{server.uri}killed")) as home:
        home.reset()
        home.run("amorph", "submit", study)
        with home.workers(1) as workers:  # two could get one launch number from this server
            home.wait_for(lambda: len(completed(home)) >= ENOUGH, "some jobs are done")
            server.kill()
            time.sleep(2)
            server.start()
            done = completed(home)
            assert len(done) >= ENOUGH
            to_the_end(home, workers)
        assert set(home.states().values()) == {"COMPLETED"}
        after = completed(home)
        assert {number: after[number] for number in done} == done
        with home.store() as store:
            assert "report.json" in latest(store, StudyDoc).files


def completed(home: FireworksHome) -> dict[int, tuple[list[int], str]]:
    """Return the launches of each completed job and when its document was written."""
    fireworks = home.launchpad.fireworks.find(
        {"state": "COMPLETED"}, {"fw_id": 1, "launches": 1, "spec._tasks.job.uuid": 1}
    )
    done = {fw["fw_id"]: fw for fw in fireworks}
    with home.store() as store:
        written = {d["uuid"]: d["completed_at"] for d in store.query({}, ["uuid", "completed_at"])}
    return {
        number: (fw["launches"], written[fw["spec"]["_tasks"][0]["job"]["uuid"]])
        for number, fw in done.items()
    }


def to_the_end(home: FireworksHome, workers: list[Process]) -> None:
    """Do what a user does: start workers that have ended, and `amorph rescue`."""
    end = time.monotonic() + 1800
    while not home.is_over():
        assert time.monotonic() < end, home.summary()
        for worker in [w for w in workers if not w.alive]:
            workers.remove(worker)
            home.end(worker)
            workers.append(home.worker(f"{Path(worker.log).parent.name}x"))
        json.loads(home.run("amorph", "rescue", "--failed", "--json"))
        time.sleep(5)
