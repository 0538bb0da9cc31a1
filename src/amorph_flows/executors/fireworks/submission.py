"""Submission of a study to FireWorks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jobflow import Flow, JobStore
from jobflow.core.flow import get_flow

from amorph_flows.executors._consequences import finished_before
from amorph_flows.executors._routing import route
from amorph_flows.executors._submitted_jobs import JobsWithParents, mark, planned
from amorph_flows.executors.fireworks._superseded import PLANNED, replace_former
from amorph_flows.executors.fireworks.launchpad import (
    find_workflows,
    prepare_launchpad,
    workflow_id,
)
from amorph_flows.executors.workers import Destination
from amorph_flows.store.indexes import ensure_indexes

if TYPE_CHECKING:
    from fireworks import LaunchPad, Workflow


@dataclass(frozen=True)
class Submission:
    """Result of the submission of a study.

    Parameters
    ----------
    study_uuid
        Content-derived uuid of the study: the same study, the same uuid.
    workflow
        Number of its workflow in the database; None where every job was finished already.
    state
        State of the workflow.
    n_jobs
        Jobs that were added.
    n_finished
        Jobs that the store holds finished already; they were left out.
    is_new
        Whether the workflow was added now.
    """

    study_uuid: str
    workflow: int | None
    state: str
    n_jobs: int
    n_finished: int
    is_new: bool


def submit_to_fireworks(
    flow: Flow,
    launchpad: LaunchPad,
    store: JobStore,
    workers: Mapping[str, Destination] | None = None,
    *,
    again: bool = False,
) -> Submission:
    """Add a study to a FireWorks database, unless it is there already.

    Jobs get content-derived uuids as in `run_study`, and those that the store holds finished under
    theirs are left out, so an edited study computes only what the edit reaches. Documents of
    former forms of the study that this one does not stand on are listed no more.

    Parameters
    ----------
    flow
        The study's flow.
    launchpad
        The database.
    store
        The workers' job store, connected.
    workers
        Where each kind of job runs, as for `route`.
    again
        Whether to compute everything again, under new uuids, where the study is there already.
    """
    prepare_launchpad(launchpad)
    ensure_indexes(store)
    whole = route(get_flow(flow), workers)
    study_uuid, jobs = planned(whole)
    finished: set[str] = set()
    if again:
        jobs = list(whole.iterflow())
    else:
        for earlier in find_workflows(launchpad, study_uuid=study_uuid):
            there = earlier["metadata"].get(PLANNED, ())
            replace_former(launchpad, store, jobs[0][0].metadata, there)
            return Submission(study_uuid, workflow_id(earlier), earlier["state"], 0, 0, False)
        finished = _finished_jobs(jobs, store)
    everything = [job.uuid for job, _ in jobs]
    replace_former(launchpad, store, jobs[0][0].metadata, everything)
    if len(finished) == len(jobs):
        return Submission(study_uuid, None, "COMPLETED", 0, len(finished), False)
    marks: dict[str, Any] = mark([job for job, _ in jobs], study_uuid)
    marks[PLANNED] = everything
    workflow = to_workflow(jobs, finished, name=whole.name, metadata=marks)
    number = min(launchpad.add_wf(workflow).values())
    return Submission(study_uuid, number, "READY", len(workflow.fws), len(finished), True)


def _finished_jobs(jobs: JobsWithParents, store: JobStore) -> set[str]:
    """Return the uuids of jobs that need not run: their output and all before it is stored.

    Parameters
    ----------
    jobs
        Jobs with content-derived uuids, parents first.
    store
        A connected job store.
    """
    criteria = {"uuid": {"$in": [job.uuid for job, _ in jobs]}}
    keys = ["uuid", "index", "completed_at"]
    last = {d["uuid"]: d for d in store.query(criteria, keys, sort={"index": 1})}
    finished: dict[str, str] = {}
    for job, parents in jobs:
        document = last.get(job.uuid)
        if document is None or not all(parent in finished for parent in parents):
            continue
        made = document["completed_at"]
        stale = any(finished[parent] > made for parent in parents)
        if not stale and _has_output(store, job.uuid, document["index"]):
            finished[job.uuid] = made
    return set(finished)


def to_workflow(jobs: JobsWithParents, finished: set[str], **settings: Any) -> Workflow:
    """Return the FireWorks workflow of some jobs without the finished ones.

    As `jobflow.managers.fireworks.flow_to_workflow`; the job store is left to the workers'
    configuration, so no address of a database enters the jobs.

    Parameters
    ----------
    jobs
        The jobs, parents first.
    finished
        uuids of jobs to leave out.
    **settings
        Name and metadata of the workflow.
    """
    from fireworks import Workflow
    from jobflow.managers.fireworks import job_to_firework

    made: dict[str, Any] = {}
    for job, parents in jobs:
        if job.uuid not in finished:
            job_to_firework(job, None, [p for p in parents if p not in finished], made)
    return Workflow(list(made.values()), **settings)


def _has_output(store: JobStore, uuid: str, index: int) -> bool:
    """Return whether the last document of a job is whole, references in it included."""
    if finished_before(store, uuid, index) is None:
        return False
    try:
        return store.get_output(uuid, which=index, load=False) is not None
    except ValueError:
        return False
