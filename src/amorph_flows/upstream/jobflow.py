"""Additions to jobflow: flows that refer outside, kinds of jobs, writing in one step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jobflow import Flow, Job, JobStore, OnMissing, Response
from jobflow.core.reference import find_and_get_references
from monty.json import MSONable, jsanitize
from typing_extensions import override

from amorph_flows.schemas.base import JobKind

_FOREIGN: dict[str, JobKind] = {
    "atomate2.common": "light",
    "atomate2.lammps": "md",
    "atomate2": "dft",
}


class OpenFlow(Flow):
    """A flow whose jobs may refer to outputs of jobs outside of it that are finished.

    jobflow's FireWorks manager refuses such references in what a running job returns; under the
    other managers they are allowed. Here the uuids referred to count as those of the flow.
    """

    @property
    @override
    def job_uuids(self) -> tuple[str, ...]:
        """Uuids of the flow's jobs and of those that they refer to."""
        own = super().job_uuids
        referred = {reference.uuid for reference in find_and_get_references(self.jobs)}
        return (*own, *sorted(referred - set(own)))


def opened(response: Response[Any]) -> Response[Any]:
    """Return the answer of a running job with its new flows opened.

    The class of a flow is changed where it is: its jobs belong to it, and jobflow lets no new
    flow take them over.

    Parameters
    ----------
    response
        What the job returns.
    """
    for kind in ("replace", "detour", "addition"):
        flow = getattr(response, kind)
        if isinstance(flow, Job) and flow.input_uuids:
            setattr(response, kind, OpenFlow([flow], output=flow.output))
        elif type(flow) is Flow:
            flow.__class__ = OpenFlow
    return response


def without_what_failed(job: Job) -> None:
    """Let a job run with None for what failed before it.

    Not for the jobs that it makes, to which jobflow hands a change of config on otherwise.

    Parameters
    ----------
    job
        The job.
    """
    job.update_config({"on_missing_references": OnMissing.NONE}, dynamic=False)


def set_job_kind(function: Callable[..., Any], kind: JobKind) -> None:
    """Mark a function with the kind of its jobs.

    It must be the innermost function: jobflow unwraps a job's function before it compares it with
    a filter, such as `OfKind`.

    Parameters
    ----------
    function
        The function, before any decorator.
    kind
        The kind.
    """
    function.job_kind = kind  # type: ignore[attr-defined]


def job_kind(function: Callable[..., Any]) -> JobKind:
    """Return the kind of the jobs of a function.

    Jobs of atomate2 that call a code are ``"dft"``; what is not known is ``"light"``.

    Parameters
    ----------
    function
        The job's function, such as `jobflow.Job.function`.
    """
    known: JobKind | None = getattr(function, "job_kind", None)
    if known is not None:
        return known
    parts = str(getattr(function, "__module__", "")).split(".")
    names = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((_FOREIGN[name] for name in names if name in _FOREIGN), "light")


class OfKind(MSONable):
    """Equal to the functions of all jobs of one kind.

    As the ``function_filter`` of `jobflow.Job.update_config` it selects by kind, in jobs that are
    made while the flow runs too. jobflow has filters for names and for one function only, and
    asks ``filter != function``.

    Parameters
    ----------
    kind
        The kind.
    """

    def __init__(self, kind: JobKind) -> None:
        self.kind = kind

    def __eq__(self, other: object) -> bool:
        if isinstance(other, OfKind):
            return self.kind == other.kind
        return callable(other) and job_kind(other) == self.kind

    def __hash__(self) -> int:
        return hash(self.kind)

    def __call__(self) -> None:
        """Make it pass for a function where one is asked for."""


class HeldStore(JobStore):
    """A job store that holds one job's own document until it is asked to write it.

    `jobflow.Job.run` stores the document before it returns which jobs come after: a kill between
    the two would leave a finished job whose consequences nobody knows.

    Parameters
    ----------
    store
        Where everything goes in the end.
    uuid
        The job whose document is held.
    """

    def __init__(self, store: JobStore, uuid: str) -> None:
        super().__init__(store.docs_store, store.additional_stores, load=store.load)
        self._store, self._uuid = store, uuid
        self._save: Any = None
        self.document: dict[str, Any] = {}

    @override
    def update(self, docs: Any, key: Any = None, save: Any = None) -> None:
        """Hold the job's document, or write another one."""
        if getattr(docs, "uuid", None) != self._uuid:
            self._store.update(docs, key=key, save=save)
            return
        self.document = jsanitize(docs, strict=True, allow_bson=True)
        self._save = save

    def commit(self, **fields: Any) -> None:
        """Write the document that is held.

        Parameters
        ----------
        **fields
            What is written with it.
        """
        document = self.document | fields
        self._store.update(document, key=["uuid", "index"], save=self._save)


def call_make(maker: Any, *arguments: Any) -> Any:
    """Run the job of a Maker at once and return its response.

    A Maker of atomate2 has its work in the function under jobflow's decorator.

    Parameters
    ----------
    maker
        A Maker whose ``make`` is a job.
    *arguments
        Those of ``make``.
    """
    return type(maker).make.original(maker, *arguments)
