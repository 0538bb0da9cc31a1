"""Real services, started by the tests that need them and stopped at the end."""

from __future__ import annotations

import fcntl
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import mongo_server
import pytest
import slurm_cluster
from fireworks_home import FireworksHome
from processes import Process
from slurm_cluster import SlurmCluster
from toy_study import ENGINE, write_study

KINDS = (
    [mongo_server.URI_VARIABLE]
    if os.environ.get(mongo_server.URI_VARIABLE)
    else ["secantus", "java"]
)
QUEUE_KIND = KINDS[-1]
"""Server of a launch pad. SecantusDB 0.7 gave 1200 claims of four processes 830 numbers, so that
two launchers may share the number of a launch.
"""


@pytest.fixture(scope="session")
def server_uri_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Start a MongoDB server of a kind once a session and return its address."""
    started: dict[str, str] = {}
    with ExitStack() as stack:

        def uri_of(kind: str) -> str:
            if kind == mongo_server.URI_VARIABLE:
                return os.environ[kind]
            if reason := mongo_server.why_not(kind):
                pytest.skip(reason)
            if kind not in started:
                server = mongo_server.make_server(kind, tmp_path_factory.mktemp(kind))
                stack.callback(server.stop)
                server.start()
                started[kind] = server.uri
            return started[kind]

        yield uri_of


@pytest.fixture(scope="session")
def new_mongo_uri(server_uri_of: Callable[[str], str]) -> Iterator[Callable[..., str]]:
    """Return the address of a new database, by default on the most faithful server."""
    with ExitStack() as stack:

        def make(kind: str = KINDS[0]) -> str:
            uri = mongo_server.database_uri(server_uri_of(kind))
            stack.callback(mongo_server.drop_database, uri)
            return uri

        yield make


@pytest.fixture(scope="module", params=KINDS)
def any_mongo_uri(request: pytest.FixtureRequest, new_mongo_uri: Callable[..., str]) -> str:
    """The address of a new database, on each server in turn."""
    return new_mongo_uri(request.param)


@pytest.fixture(scope="session")
def new_queue_uri(new_mongo_uri: Callable[..., str]) -> Callable[[], str]:
    """Return the address of a new database in which several launchers may claim jobs at once."""
    return lambda: new_mongo_uri(QUEUE_KIND)


@pytest.fixture
def fireworks_home(tmp_path: Path, new_queue_uri: Callable[[], str]) -> Iterator[FireworksHome]:
    """FireWorks with an empty launch pad."""
    with closing(FireworksHome(tmp_path / "home", new_queue_uri())) as home:
        home.reset()
        yield home


@pytest.fixture(scope="session")
def local_report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report of the toy study by run_locally, computed once for all processes of the tests."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "run_locally"
    shared.mkdir(exist_ok=True)
    report = shared / "report.json"
    with (shared / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not report.exists():
            study = write_study(shared, engine=ENGINE)
            script = Path(__file__).with_name("run_locally.py")
            command = [sys.executable, script, study, report]
            run = Process(command, shared / "log", environment={"OMP_NUM_THREADS": "1"})
            assert run.wait() == 0, run.tail()
    return json.loads(report.read_text())


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlurmCluster]:
    """A Slurm of one node, for this process of the tests alone."""
    if reason := slurm_cluster.why_not():
        pytest.skip(reason)
    cluster = SlurmCluster(tmp_path_factory.mktemp("slurm"))
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
