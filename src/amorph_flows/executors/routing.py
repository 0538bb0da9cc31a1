"""Which worker runs a job: one call sends every kind of job of a flow to its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from jobflow import Flow, Job
from monty.json import MSONable

from amorph_flows.executors.workers import Destination, check_workers
from amorph_flows.runtime.stage_job import job_kind
from amorph_flows.schemas.base import JobKind

KIND_KEY = "job_kind"

FlowOrJob = TypeVar("FlowOrJob", Flow, Job)


class OfKind(MSONable):
    """Equal to the functions of all jobs of one kind.

    As the ``function_filter`` of `jobflow.Job.update_config` it selects by kind, in jobs that are
    made while the flow runs too: jobflow compares it with the job's function.

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


def route(flow: FlowOrJob, workers: Mapping[str, Destination] | None = None) -> FlowOrJob:
    """Send every job of a flow to its worker, jobs that are made while it runs too.

    Jobs are of four kinds: ``"dft"`` asks an engine for energies and forces, ``"md"`` runs LAMMPS,
    ``"fit"`` fits a potential with its active set, ``"light"`` is all else (controllers, analysis,
    reports). A kind without a destination goes to the worker that is named as the kind.

    Parameters
    ----------
    flow
        The flow; it is changed and returned.
    workers
        A destination for each kind: the name of a worker, or a `Worker` or its fields.

    Raises
    ------
    InputError
        If a kind is unknown or a destination has an unknown or wrong field.

    Examples
    --------
    >>> flow = AmorphousElectrodeMaker.from_preset("choyal2025").make(v2o5())
    >>> route(flow, {"dft": Worker(name="vasp", queueadapter={"nodes": 4}), "light": "login"})
    """
    for kind, worker in check_workers(workers).items():
        config = {
            "manager_config": worker.manager_config() | {KIND_KEY: kind},
            "pass_manager_config": False,
        }
        flow.update_config(config, function_filter=OfKind(kind), dynamic=True)
    return flow
