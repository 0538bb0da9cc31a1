"""Real services, started by the tests that need them and stopped at the end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import mongo_server
import pytest
import slurm_cluster
from slurm_cluster import SlurmCluster

KINDS = (
    [mongo_server.URI_VARIABLE]
    if os.environ.get(mongo_server.URI_VARIABLE)
    else ["secantus", "java"]
)


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


@pytest.fixture(scope="module", params=KINDS)
def any_mongo_uri(
    request: pytest.FixtureRequest, server_uri_of: Callable[[str], str]
) -> Iterator[str]:
    """The address of an empty database, on each server in turn."""
    yield from _database(server_uri_of(request.param))


@pytest.fixture
def mongo_uri(server_uri_of: Callable[[str], str]) -> Iterator[str]:
    """The address of an empty database on the server that imitates MongoDB best."""
    yield from _database(server_uri_of(KINDS[0]))


def _database(server_uri: str) -> Iterator[str]:
    uri = mongo_server.database_uri(server_uri)
    yield uri
    mongo_server.drop_database(uri)


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
