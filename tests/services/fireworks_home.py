"""A folder of FireWorks configuration that points at one database, and workers that read it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from fireworks import LaunchPad
from jobflow import Flow, Job, JobStore
from jobflow.managers.fireworks import flow_to_workflow
from processes import Process, wait_until

_HERE = Path(__file__).parent
_FLOWS = _HERE.parent / "flows"


class FireworksHome:
    """Launch pad, workers and job store in one database.

    The defaults of FireWorks wait for minutes between looks at the queue; here it is a second.
    """

    def __init__(self, folder: Path, uri: str) -> None:
        self.folder, self.uri = folder, uri
        self._running: list[Process] = []
        folder.mkdir(parents=True, exist_ok=True)
        address = {"host": uri, "name": self.database, "uri_mode": True}
        self._write("my_launchpad.yaml", address | {"strm_lvl": "ERROR"})
        self._write("my_fworker.yaml", {"name": "any", "category": "", "query": "{}"})
        self._write(
            "FW_config.yaml",
            {
                "LAUNCHPAD_LOC": str(folder / "my_launchpad.yaml"),
                "FWORKER_LOC": str(folder / "my_fworker.yaml"),
                "QUEUE_UPDATE_INTERVAL": 1,
                "RAPIDFIRE_SLEEP_SECS": 1,
            },
        )
        stores = {"docs_store": "MongoStore", "data": "GridFSStore"}
        described = {
            name: {"type": kind, "uri": uri, "database": self.database, "collection_name": name}
            for name, kind in stores.items()
        }
        blobs = described.pop("data")
        self._write(
            "jobflow.yaml", {"JOB_STORE": described | {"additional_stores": {"data": blobs}}}
        )
        self.launchpad = LaunchPad.from_file(str(folder / "my_launchpad.yaml"))

    @property
    def database(self) -> str:
        """Name of the database."""
        return self.uri.partition("?")[0].rpartition("/")[2]

    @property
    def environment(self) -> dict[str, str]:
        """Variables of every process that works for this launch pad."""
        path = os.pathsep.join(
            [str(_HERE), str(_FLOWS), *filter(None, [os.environ.get("PYTHONPATH")])]
        )
        return {
            "FW_CONFIG_FILE": str(self.folder / "FW_config.yaml"),
            "JOBFLOW_CONFIG_FILE": str(self.folder / "jobflow.yaml"),
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PYTHONPATH": path,
            "OMP_NUM_THREADS": "1",
        }

    @contextmanager
    def store(self) -> Iterator[JobStore]:
        """Open the job store."""
        stores = yaml.safe_load((self.folder / "jobflow.yaml").read_text())["JOB_STORE"]
        store = JobStore.from_dict_spec(stores)
        store.connect()
        yield store
        store.close()

    def add(self, flow: Flow | Job) -> None:
        """Add a flow to the launch pad."""
        self.launchpad.add_wf(flow_to_workflow(flow))

    def reset(self) -> None:
        """Empty the launch pad and make its indexes."""
        self.launchpad.reset("", require_password=False)

    def close(self) -> None:
        """Close the connection of the launch pad."""
        self.launchpad.connection.close()

    def command(self, name: str, *arguments: str | Path, folder: str = ".") -> Process:
        """Start a program of the environment in a folder below this one."""
        program, where = Path(sys.executable).with_name(name), self.folder / folder
        where.mkdir(exist_ok=True)
        process = Process([program, *arguments], where / f"{name}.log", where, self.environment)
        self._running.append(process)
        return process

    @contextmanager
    def workers(self, n: int) -> Iterator[list[Process]]:
        """Keep processes that take jobs as soon as they are ready, until the end of the block."""
        launch = ("rapidfire", "--nlaunches", "infinite", "--sleep", "1")
        running = [self.command("rlaunch", *launch, folder=f"worker{i}") for i in range(n)]
        try:
            yield running
        finally:
            for process in running:
                process.kill()
                self._running.remove(process)

    def wait(self, seconds: float) -> dict[int, str]:
        """Wait until every workflow has ended and return the state of each FireWork."""
        ended = {"COMPLETED", "FIZZLED", "DEFUSED", "ARCHIVED", "PAUSED"}

        def over() -> bool:
            for process in self._running:
                if not process.alive:
                    raise RuntimeError(f"a worker ended:\n{process.tail()}")
            return {w["state"] for w in self.launchpad.workflows.find({}, {"state": 1})} <= ended

        try:
            wait_until(over, seconds, "every workflow has ended", every=0.5)
        except TimeoutError as error:
            raise TimeoutError(f"{error}: {self.summary()}") from None
        return self.states()

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

    def _write(self, name: str, content: dict[str, Any]) -> None:
        (self.folder / name).write_text(yaml.safe_dump(content))
