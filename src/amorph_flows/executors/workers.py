"""The workers that run the jobs of each kind, as a study file names them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from amorph_flows.errors import InputError, unknown_name
from amorph_flows.schemas.base import JobKind

KINDS: tuple[JobKind, ...] = get_args(JobKind)


class Worker(BaseModel):
    """Where jobs of one kind run, under FireWorks and under jobflow-remote.

    Parameters
    ----------
    name
        Name of the worker: its FireWorks category and its name in jobflow-remote where these are
        not given; empty: the name of the kind.
    category
        Only a FireWorks worker of this category takes the jobs (``_category``).
    fworker
        Only the FireWorks worker of this name takes them (``_fworker``).
    queueadapter
        What differs from the worker's queue adapter, such as ``{"walltime": "24:00:00"}``
        (``_queueadapter``); heeded by ``qlaunch`` in reservation mode only.
    worker
        Name of the jobflow-remote worker.
    resources
        What jobflow-remote asks the queue for.
    exec_config
        Execution configuration of jobflow-remote: its name, or its fields.

    Examples
    --------
    >>> Worker(name="dft", queueadapter={"walltime": "48:00:00"})
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: str = ""
    category: str = Field(default="", alias="_category")
    fworker: str = Field(default="", alias="_fworker")
    queueadapter: dict[str, Any] = Field(default_factory=dict, alias="_queueadapter")
    worker: str = ""
    resources: dict[str, Any] = Field(default_factory=dict)
    exec_config: str | dict[str, Any] = ""

    def manager_config(self) -> dict[str, Any]:
        """Return the settings that both workflow managers read from a job."""
        settings = {
            "_category": self.category or self.name,
            "_fworker": self.fworker,
            "_queueadapter": self.queueadapter,
            "worker": self.worker or self.name,
            "resources": self.resources,
            "exec_config": self.exec_config,
        }
        return {key: value for key, value in settings.items() if value}


Destination = str | Worker | Mapping[str, Any]


def check_workers(workers: Mapping[str, Destination] | None) -> dict[JobKind, Worker]:
    """Return the worker of each kind.

    Parameters
    ----------
    workers
        A destination for each kind: the name of a worker, or a `Worker` or its fields.

    Raises
    ------
    InputError
        If a kind is unknown or a destination has an unknown or wrong field.
    """
    given = dict(workers or {})
    for kind in given:
        if kind not in KINDS:
            raise unknown_name("job kind", kind, KINDS)
    return {kind: _worker(kind, given.get(kind, kind)) for kind in KINDS}


def _worker(kind: JobKind, destination: Destination) -> Worker:
    if isinstance(destination, Worker):
        return _named(destination, kind)
    if isinstance(destination, str) and destination:
        return Worker(name=destination)
    if not isinstance(destination, Mapping):
        raise InputError(
            f"the worker of {kind!r} must be a name or have fields such as "
            f"category, got {destination!r}"
        )
    try:
        return _named(Worker.model_validate(dict(destination)), kind)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            known = ", ".join(Worker.model_fields)
            raise InputError(
                f"the worker of {kind!r} has an unknown field {field!r}; known fields: {known}"
            ) from error
        raise InputError(
            f"the worker of {kind!r}: {field}: {first['msg']}, got {first['input']!r}"
        ) from error


def _named(worker: Worker, kind: JobKind) -> Worker:
    return worker if worker.name else worker.model_copy(update={"name": kind})
