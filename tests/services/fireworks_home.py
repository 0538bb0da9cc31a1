"""A folder of FireWorks configuration that points at one database, and workers that read it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import yaml
from fireworks import LaunchPad
from jobflow import Flow, Job, JobStore
from jobflow.managers.fireworks import flow_to_workflow
from processes import Process, wait_until

from amorph_flows.cli.init import init
from amorph_flows.store import open_store

_HERE = Path(__file__).parent


class FireworksHome:
    """Launch pad, workers and job store in one database.

    The files are those of `amorph init fireworks`, with what is marked ``CHANGE_ME`` filled in, and
    looking at the queue each second.
    """

    def __init__(self, folder: Path, uri: str) -> None:
        self.folder, self.uri = folder, uri
        self.environment = _environment(folder)
        self._running: list[Process] = []
        folder.mkdir(parents=True, exist_ok=True)
        with redirect_stdout(StringIO()):
            init("fireworks", folder)
        secrets = dict.fromkeys(("username", "password", "authsource", "port"))
        self.edit("my_launchpad.yaml", host=uri, name=self.database, uri_mode=True, **secrets)
        self.edit("FW_config.yaml", QUEUE_UPDATE_INTERVAL=1, RAPIDFIRE_SLEEP_SECS=1)
        place = {"uri": uri, "database": self.database}
        documents = {"type": "MongoStore", "collection_name": "documents", **place}
        blobs = {"type": "GridFSStore", "collection_name": "blobs", **place}
        store = {"docs_store": documents, "additional_stores": {"data": blobs}}
        self.edit("jobflow.yaml", JOB_STORE=store)
        self.launchpad = LaunchPad.from_file(str(folder / "my_launchpad.yaml"))

    @property
    def database(self) -> str:
        """Name of the database."""
        return self.uri.partition("?")[0].rpartition("/")[2]

    @contextmanager
    def store(self) -> Iterator[JobStore]:
        """Open the job store."""
        store = open_store(self.uri)
        try:
            yield store
        finally:
            store.close()

    def add(self, flow: Flow | Job) -> None:
        """Add a flow to the launch pad."""
        self.launchpad.add_wf(flow_to_workflow(flow))

    def reset(self) -> None:
        """Empty the launch pad and make its indexes."""
        self.launchpad.reset("", require_password=False)

    def close(self) -> None:
        """End what was started and close the connection of the launch pad."""
        for process in list(self._running):
            self.end(process)
        self.launchpad.connection.close()

    def command(self, name: str, *arguments: str | Path, folder: str = ".") -> Process:
        """Start a program of the environment in a folder below this one."""
        program, where = Path(sys.executable).with_name(name), self.folder / folder
        where.mkdir(exist_ok=True)
        process = Process([program, *arguments], where / f"{name}.log", where, self.environment)
        self._running.append(process)
        return process

    def run(self, name: str, *arguments: str | Path, folder: str = ".") -> str:
        """Return what a program of the environment prints in a folder below this one."""
        where = self.folder / folder
        where.mkdir(exist_ok=True)
        ended = subprocess.run(
            [Path(sys.executable).with_name(name), *arguments],
            cwd=where,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def end(self, process: Process) -> None:
        """Kill a process that `command` has started."""
        process.kill()
        self._running.remove(process)

    def worker(self, folder: str) -> Process:
        """Start a process that takes jobs as soon as they are ready."""
        return self.command(
            "rlaunch", "rapidfire", "--nlaunches", "infinite", "--sleep", "1", folder=folder
        )

    @contextmanager
    def workers(self, n: int) -> Iterator[list[Process]]:
        """Keep some workers until the end of the block."""
        running = [self.worker(f"worker{i}") for i in range(n)]
        try:
            yield running
        finally:
            for process in running:
                self.end(process)

    def is_over(self) -> bool:
        """Return whether every workflow has ended."""
        ended = {"COMPLETED", "FIZZLED", "DEFUSED", "ARCHIVED", "PAUSED"}
        return {w["state"] for w in self.launchpad.workflows.find({}, {"state": 1})} <= ended

    def wait(self) -> dict[int, str]:
        """Wait until every workflow has ended and return the state of each FireWork."""
        self.wait_for(self.is_over, "every workflow has ended")
        return self.states()

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something while every process of this folder lives."""

        def holds() -> bool:
            for process in self._running:
                if not process.alive:
                    raise RuntimeError(f"{process.log.parent.name} ended:\n{process.tail()}")
            return condition()

        try:
            wait_until(holds, what, every=0.5)
        except TimeoutError as error:
            raise TimeoutError(f"{error}: {self.summary()}") from None

    def states(self) -> dict[int, str]:
        """Return the state of each FireWork."""
        found = self.launchpad.fireworks.find({}, {"fw_id": 1, "state": 1})
        return {fw["fw_id"]: fw["state"] for fw in found}

    def summary(self) -> dict[str, list[str]]:
        """Return the names of FireWorks by state."""
        found: dict[str, list[str]] = {}
        for fw in self.launchpad.fireworks.find({}, {"name": 1, "state": 1}):
            found.setdefault(fw["state"], []).append(fw["name"])
        return found

    def edit(self, name: str, /, **changes: Any) -> None:
        """Change keys of a configuration file; None takes one out."""
        file = self.folder / name
        content = yaml.safe_load(file.read_text()) | changes
        kept = {key: value for key, value in content.items() if value is not None}
        file.write_text(yaml.safe_dump(kept))


def _environment(folder: Path) -> dict[str, str]:
    """Return the variables of every process that works for the launch pad of a folder."""
    modules = [str(_HERE), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        "FW_CONFIG_FILE": str(folder / "FW_config.yaml"),
        "JOBFLOW_CONFIG_FILE": str(folder / "jobflow.yaml"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join(modules),
        "OMP_NUM_THREADS": "1",
    }
