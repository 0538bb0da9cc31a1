"""Superseded documents of a submitted study: those of its former forms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from jobflow import JobStore

from amorph_flows.executors.fireworks._job_links import reachable
from amorph_flows.executors.fireworks.launchpad import find_workflows
from amorph_flows.executors.fireworks.status import read_fireworks
from amorph_flows.store.superseded import supersede

if TYPE_CHECKING:
    from fireworks import LaunchPad

PLANNED = "planned"
"""Key of a workflow's metadata: the jobs that the study was made of when it was submitted."""


def replace_former(
    launchpad: LaunchPad, store: JobStore, marks: Mapping[str, Any], planned: Iterable[str]
) -> int:
    """Mark the documents that a study does not stand on any more; return how many.

    Parameters
    ----------
    launchpad
        The database that the study was submitted to, now and before.
    store
        The workers' job store, connected.
    marks
        Metadata of its jobs: which study it is and where it is; without, nothing is marked.
    planned
        uuids of the jobs that it was made of when it was submitted.
    """
    if not ("study" in marks and "home" in marks):
        return 0
    current = with_descendants(launchpad, marks["study"], planned)
    return supersede(store, marks["study"], marks["home"], current)


def with_descendants(launchpad: LaunchPad, study: str, planned: Iterable[str]) -> set[str]:
    """Return the uuids of jobs and of all jobs that they made while they ran.

    Parameters
    ----------
    launchpad
        The database.
    study
        Name of the study, all of whose workflows are looked through.
    planned
        uuids of the jobs.
    """
    made: dict[str, set[str]] = defaultdict(set)
    for workflow in find_workflows(launchpad, study=study):
        for parent, child in _made(launchpad, workflow):
            made[parent].add(child)
    return reachable(planned, lambda uuid: made[uuid])


def _made(launchpad: LaunchPad, workflow: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Yield the links of a workflow that lead to jobs made while it ran, as pairs of uuids."""
    uuids = {
        fw["fw_id"]: fw["spec"]["_tasks"][0]["job"]["uuid"]
        for fw in read_fireworks(launchpad, workflow)
    }
    planned = set(workflow["metadata"].get(PLANNED, ()))
    for parent, children in workflow["links"].items():
        for child in children:
            if uuids[child] not in planned:
                yield uuids[int(parent)], uuids[child]
