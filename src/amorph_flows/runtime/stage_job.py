"""The decorator of every job, which completes its document and splits off its bulk data."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

from jobflow import CURRENT_JOB, Job, Response, job

from amorph_flows.runtime.cpu_time import cpu_seconds, earlier_cpu_seconds, hand_on_cpu_seconds
from amorph_flows.runtime.progress import goal_of, progress_of_job, progress_towards
from amorph_flows.runtime.runner import write_runner
from amorph_flows.schemas.base import BLOB_KEYS, JobKind, StageDocument
from amorph_flows.store.keys import search_keys
from amorph_flows.upstream.jobflow import opened, set_job_kind

P = ParamSpec("P")

_SCHEMAS = "amorph_flows.schemas."


def stage_job(
    output_schema: type[StageDocument], *, kind: JobKind | None = None, **job_settings: Any
) -> Callable[[Callable[P, Any]], Callable[P, Job]]:
    """Make a function or method a jobflow job whose output is a document of a stage.

    The fields `BLOB_KEYS` of the document go to the ``data`` store. The job's uuid, its folder
    and its CPU time (child processes and the jobs that it goes on from included) are filled in
    where the function left them empty; what queries filter by goes to the metadata
    (`amorph_flows.store.keys`).

    Parameters
    ----------
    output_schema
        The document that the function returns, alone or as the output of a `Response`.
    kind
        What the job mostly does, which tells its worker (`amorph_flows.executors.route`); None:
        what such a document says, `StageDocument.job_kind`.
    **job_settings
        More arguments of `jobflow.job`.

    Examples
    --------
    >>> @stage_job(LabelDoc)
    ... def label(frames: FrameSet) -> LabelDoc: ...
    >>> label(frames).output.structure
    """

    def decorate(function: Callable[P, Any]) -> Callable[P, Job]:
        set_job_kind(function, kind or output_schema.job_kind)

        @wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> Any:
            started = cpu_seconds()
            write_runner(CURRENT_JOB.job)
            running = CURRENT_JOB.job
            goal = goal_of(running.metadata) if running is not None else ""
            with progress_of_job(Path.cwd()), progress_towards(goal):
                returned = function(*args, **kwargs)
            if isinstance(returned, StageDocument):
                return _with_origin(returned, started)
            if not isinstance(returned, Response):
                return returned
            rest = returned.replace
            if isinstance(rest, Job) and (home := rest.function_kwargs.get("prev_dir")):
                hand_on_cpu_seconds(Path(home), cpu_seconds() - started)
            if isinstance(returned.output, StageDocument):
                returned.output = _with_origin(returned.output, started)
            return opened(returned)

        return job(run, data=BLOB_KEYS, output_schema=output_schema, **job_settings)

    return decorate


def stage_of(module: str) -> str:
    """Return the stage whose documents a module defines, empty for other modules.

    Parameters
    ----------
    module
        Its import path.
    """
    return module.removeprefix(_SCHEMAS) if module.startswith(_SCHEMAS) else ""


def current_job_uuid() -> str:
    """Return the uuid of the job that runs in this process, empty outside of one."""
    current = CURRENT_JOB.job
    return str(current.uuid) if current is not None else ""


def _with_origin(document: StageDocument, started: float) -> StageDocument:
    directory, took = document.directory or str(Path.cwd()), document.cpu_seconds
    if took is None:
        took = cpu_seconds() - started + earlier_cpu_seconds(Path(directory))
    filled: dict[str, Any] = {
        "job_uuid": document.job_uuid or current_job_uuid(),
        "directory": directory,
        "cpu_seconds": took,
    }
    running = CURRENT_JOB.job
    if running is not None:
        running.metadata = {**running.metadata, **search_keys(document, running.metadata)}
    return document.model_copy(update=filled)
