"""Submission of a study to jobflow-remote."""

from __future__ import annotations

from collections.abc import Mapping

from jobflow import Flow
from jobflow.core.flow import get_flow

from amorph_flows.errors import InputError
from amorph_flows.executors._routing import route
from amorph_flows.executors._submitted_jobs import mark, planned
from amorph_flows.executors.workers import Destination


def submit_to_jobflow_remote(flow: Flow, workers: Mapping[str, Destination] | None = None) -> int:
    """Add a study to the database of jobflow-remote and return how many jobs it has.

    Parameters
    ----------
    flow
        The study's flow; its jobs are routed and marked.
    workers
        Where each kind of job runs, as for `route`.

    Raises
    ------
    InputError
        If jobflow-remote is not installed here.
    """
    try:
        from jobflow_remote import submit_flow
    except ImportError as error:
        raise InputError(
            "jobflow-remote is not installed here; it needs pymongo below 4.11, so give it an "
            "environment of its own: pip install amorph-flows jobflow-remote 'pymongo<4.11'"
        ) from error
    whole = route(get_flow(flow), workers)
    jobs = [job for job, _ in whole.iterflow()]
    mark(jobs, planned(whole)[0])
    submit_flow(whole)
    return len(jobs)
