"""Flows that a running job makes: they may refer to jobs that are finished."""

from __future__ import annotations

from typing import Any

from jobflow import Flow, Job, Response
from jobflow.core.reference import find_and_get_references


class OpenFlow(Flow):
    """A flow whose jobs may refer to outputs of jobs outside of it that are finished.

    jobflow's FireWorks manager refuses such references in what a running job returns; under the
    other managers they are allowed. Here the uuids referred to count as those of the flow.
    """

    @property
    def job_uuids(self) -> tuple[str, ...]:
        """Uuids of the flow's jobs and of those that they refer to."""
        own = super().job_uuids
        referred = {reference.uuid for reference in find_and_get_references(self.jobs)}
        return (*own, *sorted(referred - set(own)))


def opened(response: Response[Any]) -> Response[Any]:
    """Return the answer of a running job with its new flows opened.

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
            # its jobs belong to it: a new flow could not take them over
            flow.__class__ = OpenFlow
    return response
