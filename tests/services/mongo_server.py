"""MongoDB servers for tests, each a process of its own with its data in a folder."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

from processes import Process, free_port, wait_until
from pymongo import MongoClient
from pymongo.errors import PyMongoError

RECIPES = Path(__file__).parent / "recipes"
URI_VARIABLE = "AMORPH_TEST_MONGO_URI"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "amorph_flows" / "tests"
"""What tests download or build once."""


class MongoServer(ABC):
    """A server that can be killed and started again with its data."""

    kind: ClassVar[str]

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        folder.mkdir(parents=True, exist_ok=True)
        self._process: Process | None = None

    @property
    def uri(self) -> str:
        """Its address, without a database."""
        return f"mongodb://127.0.0.1:{self.port}/"

    @abstractmethod
    def command(self) -> list[str | Path]:
        """Return what starts it."""

    def start(self) -> None:
        """Start it and return when it answers."""
        process = self._process = Process(self.command(), self.folder / "server.log", self.folder)

        def ready() -> bool:
            if not process.alive:
                raise RuntimeError(f"{self.kind} ended while starting:\n{process.tail()}")
            return answers(self.uri)

        wait_until(ready, f"{self.kind} answers on {self.uri}")

    def kill(self) -> None:
        """End it with SIGKILL, as a machine does that loses power."""
        assert self._process is not None
        self._process.kill()

    def stop(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.stop()


class SecantusServer(MongoServer):
    """SecantusDB: GPL-2.0, therefore never imported, only started.

    Like `mongod` without ``journal=true`` it may lose the writes of the last moments before it is
    killed; `synced` makes each one reach the disk.
    """

    kind = "secantus"
    synced = False

    def command(self) -> list[str | Path]:
        settings = self.folder / "secantusd.toml"
        settings.write_text("# empty, so that no settings of the machine are read\n")
        return [
            *(Path(sys.executable).with_name("secantusd-py"), "--config", settings),
            *("--host", "127.0.0.1", "--port", str(self.port)),
            *("--storage-path", self.folder / "data", "--log-level", "WARNING"),
            *(("--sync-on-commit",) if self.synced else ()),
        ]


class JavaServer(MongoServer):
    """mongo-java-server on an H2 database."""

    kind = "java"

    def command(self) -> list[str | Path]:
        return [
            *("java", "-XX:+UseSerialGC", "-cp", f"{java_jars()}/*", RECIPES / "JavaMongo.java"),
            *(str(self.port), self.folder / "data.mv"),
        ]


def java_jars() -> Path:
    """Return the folder with the jars of mongo-java-server, downloaded by Maven once."""
    folder = CACHE / "java-mongo-1.47.0"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / ".java-mongo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            unfinished = folder.with_name(f".{folder.name}.new")
            shutil.rmtree(unfinished, ignore_errors=True)
            subprocess.run(
                [
                    *("mvn", "--quiet", "--batch-mode", "--file", RECIPES / "pom.xml"),
                    *("dependency:copy-dependencies", f"-DoutputDirectory={unfinished}"),
                ],
                check=True,
            )
            unfinished.rename(folder)
    return folder


def why_not(kind: str) -> str:
    """Return why a kind of server cannot be started here, or nothing."""
    if kind == "secantus" and not Path(sys.executable).with_name("secantusd-py").exists():
        return "secantusdb is not installed; pip install 'amorph-flows[test]'"
    if kind == "java":
        missing = [name for name in ("java", "mvn") if shutil.which(name) is None]
        if missing:
            return f"mongo-java-server needs {' and '.join(missing)}"
    return ""


def make_server(kind: str, folder: Path) -> MongoServer:
    """Return a server of a kind, not yet started."""
    return {"secantus": SecantusServer, "java": JavaServer}[kind](folder)


def answers(uri: str) -> bool:
    """Return whether a server answers at an address."""
    try:
        with MongoClient(uri, serverSelectionTimeoutMS=500) as client:
            client.admin.command("ping")
    except PyMongoError:
        return False
    return True


def database_uri(server_uri: str) -> str:
    """Return the address of a database of a server that nothing else uses."""
    address, _, options = server_uri.partition("?")
    scheme, _, rest = address.partition("://")
    host = rest.partition("/")[0]
    return f"{scheme}://{host}/amorph_test_{uuid4().hex[:12]}" + (f"?{options}" if options else "")


def drop_database(uri: str) -> None:
    """Remove the database of an address."""
    with MongoClient(uri) as client:
        client.drop_database(client.get_default_database())
