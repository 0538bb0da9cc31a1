"""Routing: every job of a flow is sent to the worker for its kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from jobflow import Flow, Job

from amorph_flows.executors.workers import Destination, check_workers
from amorph_flows.upstream.jobflow import OfKind

KIND_KEY = "job_kind"

FlowOrJob = TypeVar("FlowOrJob", Flow, Job)


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
    >>> flow = AmorphousElectrodeMaker.from_preset("demo").make(v2o5())
    >>> route(flow, {"dft": Worker(name="vasp", queueadapter={"nodes": 4}), "light": "login"})
    """
    for kind, worker in check_workers(workers).items():
        config = {
            "manager_config": worker.manager_config() | {KIND_KEY: kind},
            "pass_manager_config": False,
        }
        flow.update_config(config, function_filter=OfKind(kind), dynamic=True)
    return flow
