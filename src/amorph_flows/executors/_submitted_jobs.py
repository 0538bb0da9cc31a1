"""Submitted jobs of a study: parents first, each marked with its study."""

from __future__ import annotations

import getpass
from collections.abc import Iterable
from copy import deepcopy
from graphlib import TopologicalSorter

from jobflow import Flow, Job
from monty.json import MontyDecoder

from amorph_flows import __version__
from amorph_flows.runtime.identity import plan

JobsWithParents = list[tuple[Job, list[str]]]

_MARKS = ("study", "preset", "engine", "ion", "formula")


def planned(flow: Flow) -> tuple[str, JobsWithParents]:
    """Return the content-derived uuid of a flow, and its jobs under theirs, parents first.

    Parameters
    ----------
    flow
        The flow; it stays as it is.
    """
    whole = deepcopy(flow)
    jobs = {job.uuid: job for job in plan([whole])}
    parents = {uuid: [p for p in job.parents if p in jobs] for uuid, job in jobs.items()}
    order = TopologicalSorter(parents).static_order()
    decode = MontyDecoder().process_decoded
    return str(whole.uuid), [(decode(jobs[uuid].record), parents[uuid]) for uuid in order]


def mark(jobs: Iterable[Job], study_uuid: str) -> dict[str, str]:
    """Write into jobs, and those that they make later, which study they are of; return the marks.

    Parameters
    ----------
    jobs
        Jobs that `amorph_flows.study.study_file.Study.flow` has marked.
    study_uuid
        Content-derived uuid of the study.
    """
    marks = {
        "study_uuid": study_uuid,
        "amorph_flows": __version__,
        "submitted_by": getpass.getuser(),
    }
    known: dict[str, str] = {}
    for job in jobs:
        known |= {key: job.metadata[key] for key in _MARKS if key in job.metadata}
        job.update_metadata(marks, dynamic=True)
    return known | marks
