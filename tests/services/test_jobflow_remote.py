"""The toy study through jobflow-remote, with the numbers of run_locally."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from processes import Process, wait_until
from pymongo import MongoClient
from pymongo.database import Database
from remote_environment import CannotBeBuiltError, remote_environment
from toy_study import ENGINE, numbers, write_study

from amorph_flows.schemas.study import StudyDoc
from amorph_flows.store import latest, open_store

KINDS = ("dft", "md", "fit", "light")
HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def programs() -> Path:
    """The folder with the programs of the environment that has jobflow-remote."""
    try:
        return remote_environment()
    except CannotBeBuiltError as error:
        pytest.skip(f"no environment for jobflow-remote: {error}")


@pytest.fixture
def uri(new_mongo_uri: Callable[..., str]) -> str:
    """The address of an empty database."""
    return new_mongo_uri()


@pytest.fixture
def database(uri: str) -> Iterator[Database[dict[str, Any]]]:
    """The empty database."""
    with MongoClient(uri) as client:
        yield client.get_default_database()


def test_numbers_are_those_of_run_locally(
    programs: Path,
    uri: str,
    database: Database[dict[str, Any]],
    tmp_path: Path,
    local_report: dict[str, Any],
) -> None:
    environment = write_project(tmp_path, uri, database.name, programs)
    study = write_study(tmp_path / "study", engine=ENGINE)

    def run(name: str, *arguments: str | Path) -> None:
        command = [programs / name, *arguments]
        ended = subprocess.run(
            command, env={**os.environ, **environment}, capture_output=True, text=True
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr

    run("jf", "admin", "reset", "--yes")
    run("amorph", "submit", study, "--manager", "jobflow-remote")
    runner = Process(
        [programs / "jf", "runner", "run"], tmp_path / "runner.log", tmp_path, environment
    )
    try:
        wait_until(lambda: ended(database, runner), "the flow has ended", every=1)
    except TimeoutError:
        pytest.fail(f"{states(database)}\n{runner.tail()}")
    finally:
        runner.stop()
    assert set(states(database)) == {"COMPLETED"}, failures(database)
    with closing(open_store(uri)) as store:
        report = json.loads(latest(store, StudyDoc).files["report.json"])
    assert numbers(report) == numbers(local_report)
    workers = {job["worker"] for job in database["jobs"].find({}, {"worker": 1})}
    assert workers == set(KINDS)


def ended(database: Database[dict[str, Any]], runner: Process) -> bool:
    """Return whether nothing will change any more."""
    assert runner.alive, runner.tail()
    failed = {"FAILED", "REMOTE_ERROR"} & set(states(database))
    flow = database["flows"].find_one({}, {"state": 1})
    return bool(failed) or (flow is not None and flow["state"] == "COMPLETED")


def states(database: Database[dict[str, Any]]) -> list[str]:
    """Return the states of jobs."""
    return sorted(job["state"] for job in database["jobs"].find({}, {"state": 1}))


def failures(database: Database[dict[str, Any]]) -> list[Any]:
    """Return the reasons of failed jobs."""
    kept = {"error": 1, "remote.error": 1, "job.name": 1}
    return list(database["jobs"].find({"state": {"$in": ["FAILED", "REMOTE_ERROR"]}}, kept))


def write_project(folder: Path, uri: str, database: str, programs: Path) -> dict[str, str]:
    """Write a project with a local worker for each kind of job; return its variables."""
    modules = os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])])

    def store(kind: str, collection: str) -> dict[str, str]:
        place = {"uri": uri, "database": database, "collection_name": collection}
        return {"type": kind, **place}

    worker = {
        "type": "local",
        "scheduler_type": "shell",
        "work_dir": str(folder / "work"),
        "max_jobs": 1,
        "pre_run": f"export PATH={programs}:$PATH PYTHONPATH={modules} OMP_NUM_THREADS=1",
    }
    project = {
        "name": "amorph",
        "base_dir": str(folder / "project"),
        "log_level": "debug",
        "runner": {
            **dict.fromkeys(("delay_checkout", "delay_check_run_status"), 1),
            "delay_advance_status": 1,
            "delay_refresh_limited": 1,
            "max_step_attempts": 2,
            "delta_retry": [2, 5],
        },
        "workers": dict.fromkeys(KINDS, worker),
        "queue": {"store": store("MongoStore", "jobs")},
        "jobstore": {
            "docs_store": store("MongoStore", "documents"),
            "additional_stores": {"data": store("GridFSStore", "blobs")},
        },
    }
    projects = folder / "projects"
    projects.mkdir()
    (projects / "amorph.yaml").write_text(yaml.safe_dump(json.loads(json.dumps(project))))
    return {
        "JFREMOTE_PROJECTS_FOLDER": str(projects),
        "JFREMOTE_PROJECT": "amorph",
        "JFREMOTE_CONFIG_FILE": str(folder / "none.yaml"),
        "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
        "PYTHONPATH": modules,
        "OMP_NUM_THREADS": "1",
    }
