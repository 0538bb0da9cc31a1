"""State of a running study: a small file in its folder that is safe to read at any time."""

from __future__ import annotations

import fcntl
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from amorph_flows.errors import InputError
from amorph_flows.files import replace_file
from amorph_flows.runtime.progress import read_progress

STATE_FILE = "study.json"
_LOCK_FILE = ".study.lock"

JobCondition = Literal["waiting", "running", "done", "failed", "blocked", "stopped"]
StudyCondition = Literal["running", "complete", "failed", "interrupted"]


class JobState(BaseModel):
    """One job of a study."""

    model_config = ConfigDict(extra="forbid")

    uuid: str
    index: int
    name: str
    function: str = Field(description="import path of the job's function")
    stage: str = Field(default="", description="stage whose document the job makes")
    document: str = Field(default="", description="class of that document")
    kind: str = Field(default="", description="dft, md, fit or light")
    state: JobCondition = "waiting"
    started: float | None = Field(default=None, description="seconds since 1970")
    finished: float | None = Field(default=None, description="seconds since 1970")
    expected: float | None = Field(
        default=None, description="seconds that jobs of the same function took, median"
    )
    folder: str = Field(default="", description="the job's folder, inside the study's")
    reason: str = Field(default="", description="why it failed or cannot run")
    reused: bool = Field(default=False, description="whether it was finished before this run")
    firework: int | None = Field(default=None, description="its FireWork, where it was submitted")
    firework_state: str = Field(default="", description="state of the FireWork")
    worker: str = Field(default="", description="FireWorks worker, or host, that took it")

    @property
    def elapsed(self) -> float:
        """Seconds since the start, or from start to end."""
        if self.started is None:
            return 0.0
        return (self.finished or time.time()) - self.started


class StudyState(BaseModel):
    """A study: its jobs and their progress."""

    model_config = ConfigDict(extra="forbid")

    title: str = ""
    state: StudyCondition = "running"
    flow: str = Field(default="", description="uuid of the flow: the same study, the same uuid")
    started: float = Field(default_factory=time.time, description="seconds since 1970")
    finished: float | None = None
    pid: int = Field(default_factory=os.getpid)
    processes: int = 1
    manager: Literal["local", "fireworks", "jobflow-remote"] = "local"
    workflow: int | None = Field(default=None, description="its FireWorks workflow")
    jobs: list[JobState] = Field(default_factory=list)
    fingerprint: str = Field(
        default="", description="of what a complete study was made from, so that it is recognised"
    )

    def write(self, folder: Path) -> None:
        """Replace the state file of a folder in one step.

        Parameters
        ----------
        folder
            The study's folder.
        """
        replace_file(folder / STATE_FILE, self.model_dump_json(indent=1))

    @classmethod
    def read(cls, folder: Path) -> StudyState:
        """Return the state of the study in a folder.

        Parameters
        ----------
        folder
            The study's folder.

        Raises
        ------
        InputError
            If the folder holds no study or its state file is damaged.
        """
        path = folder / STATE_FILE
        try:
            state = cls.model_validate_json(path.read_text())
        except OSError as error:
            raise InputError(f"{folder} holds no study ({path.name} is missing)") from error
        except ValidationError as error:
            raise InputError(f"{path} is damaged; start the study again to renew it") from error
        if state.state == "running" and not is_locked(folder):
            state.state = "interrupted"
            for job in state.jobs:
                if job.state == "running":
                    job.state, job.started = "waiting", None
        return state

    def count(self, *conditions: JobCondition) -> int:
        """Return how many jobs are in one of some conditions."""
        return sum(job.state in conditions for job in self.jobs)

    def failures(self) -> list[str]:
        """Return each failed job with its reason and folder."""
        failed = [job for job in self.jobs if job.state == "failed"]
        return [f"{job.name}: {job.reason} (files: {job.folder})" for job in failed]

    def estimate(self) -> None:
        """Set what each unfinished job is expected to take from those of its function."""
        for job in self.jobs:
            if job.state in ("waiting", "running"):
                job.expected = self._typical(job.function)

    def _typical(self, function: str) -> float | None:
        took = [
            job.finished - job.started
            for job in self.jobs
            if job.function == function and job.state == "done" and job.started and job.finished
        ]
        return median(took) if took else None


class StepProgress(BaseModel):
    """Progress of a running job."""

    done: float
    total: float
    note: str = ""
    goal: str = Field(default="", description="what is asked for, and what was found so far")
    reached: bool | None = Field(
        default=None, description="whether it is reached; None while the job runs"
    )
    expected: float = Field(description="seconds for the whole job at the speed so far")


def step_progress(job: JobState) -> StepProgress | None:
    """Return the progress that a running job reports, or None if it reports none.

    Parameters
    ----------
    job
        A job with a folder.
    """
    progress = read_progress(Path(job.folder)) if job.folder and job.started else None
    if progress is None:
        return None
    try:
        step = StepProgress.model_validate(
            {key: progress[key] for key in ("done", "total", "note")}
            | {key: progress[key] for key in ("goal", "reached") if key in progress}
            | {"expected": 0.0}
        )
    except (KeyError, ValidationError):
        return None
    if step.done > 0:
        step.expected = job.elapsed * step.total / step.done
    return step


def goals(state: StudyState) -> list[tuple[JobState, StepProgress]]:
    """Return the jobs of a study that have a goal, each with how far it is from it.

    Of a job that others took the place of, what was found last is told.

    Parameters
    ----------
    state
        Of the study.
    """
    found = {}
    for job in state.jobs:
        if job.state not in ("running", "done"):
            continue
        step = step_progress(job)
        if step and step.goal and (job.state == "running" or step.reached is not None):
            found[job.uuid] = job, step
    return list(found.values())


def job_folder(study: Path, name: str, uuid: str, index: int) -> Path:
    """Return the folder of a job: the one it had before, else a new one with the next number.

    Parameters
    ----------
    study
        The study's folder.
    name
        Name of the job.
    uuid, index
        Identity of the job.
    """
    home = study / "jobs"
    home.mkdir(exist_ok=True)
    tail = f"{uuid.replace('-', '')[:8]}" + (f"-{index}" if index > 1 else "")
    for folder in home.glob(f"*-{tail}"):
        return folder
    slug = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()[:40] or "job"
    number = 1 + max((int(f.name.split("-")[0]) for f in home.glob("[0-9]*-*")), default=0)
    folder = home / f"{number:03d}-{slug}-{tail}"
    folder.mkdir()
    return folder


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a study's folder, so that no second process runs the same study.

    Parameters
    ----------
    folder
        The study's folder.

    Raises
    ------
    InputError
        If another process holds it.
    """
    with (folder / _LOCK_FILE).open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "another process"
            raise InputError(
                f"the study in {folder} is already running (process {holder}); "
                "`amorph status` shows how far it is"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def is_locked(folder: Path) -> bool:
    """Return whether a process is running the study in a folder.

    Parameters
    ----------
    folder
        The study's folder.
    """
    try:
        with (folder / _LOCK_FILE).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
