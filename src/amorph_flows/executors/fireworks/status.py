"""Status of a submitted study, from the FireWorks database alone, without its documents."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from amorph_flows.executors.fireworks.launchpad import workflow_id
from amorph_flows.executors.state import JobCondition, JobState, StudyCondition, StudyState
from amorph_flows.runtime.stage_job import stage_of
from amorph_flows.store.opening import masked

if TYPE_CHECKING:
    from fireworks import LaunchPad

_CONDITIONS: dict[str, JobCondition] = {
    "COMPLETED": "done",
    "FIZZLED": "failed",
    "RUNNING": "running",
    "ARCHIVED": "stopped",
    "DEFUSED": "stopped",
    "PAUSED": "stopped",
}
_TASK = "spec._tasks.job"
_FIREWORK_KEYS = [
    *(
        "fw_id",
        "state",
        "name",
        "launches",
        "updated_on",
        "spec.job_kind",
        "spec._allow_fizzled_parents",
    ),
    *(f"{_TASK}.uuid", f"{_TASK}.index"),
    *(f"{_TASK}.function.@module", f"{_TASK}.function.@callable"),
    *(f"{_TASK}.output_schema.@module", f"{_TASK}.output_schema.@callable"),
]
_HISTORY = ("state", "created_on", "updated_on", "reservation_id")
_LAUNCH_KEYS = [
    *("launch_id", "fw_id", "state", "launch_dir", "host", "fworker.name"),
    *(f"state_history.{key}" for key in _HISTORY),
    "action.stored_data._exception._stacktrace",
]
_ERROR_LINE = re.compile(
    r"(?:[\w.]+\.)?(\w+(?:Error|Exception|Exit|Failure|Interrupt|Warning)\b.*)"
)
_OURS = re.compile(r"amorph_flows\.errors\.\w+: (.+)")
_LONGEST_REASON = 600


def read_submitted_state(launchpad: LaunchPad, workflow: Mapping[str, Any]) -> StudyState:
    """Return the state of a submitted study.

    Parameters
    ----------
    launchpad
        The database.
    workflow
        As `amorph_flows.executors.fireworks.launchpad.find_workflows` yields it.
    """
    fireworks = read_fireworks(launchpad, workflow)
    launches = read_launches(launchpad, fireworks)
    jobs = {fw["fw_id"]: _job(fw, launches.get(fw["fw_id"])) for fw in fireworks}
    _block(jobs, fireworks, workflow["links"])
    times = [moment for job in jobs.values() for moment in (job.started, job.finished) if moment]
    condition = _condition(jobs, workflow)
    state = StudyState(
        title=workflow["metadata"].get("study") or workflow["name"],
        state=condition,
        flow=workflow["metadata"].get("study_uuid", ""),
        started=seconds(workflow["created_on"]) or 0.0,
        finished=max(times, default=None) if condition in ("complete", "failed") else None,
        pid=0,
        processes=max(1, sum(job.state == "running" for job in jobs.values())),
        manager="fireworks",
        workflow=workflow_id(dict(workflow)),
        jobs=[jobs[number] for number in sorted(jobs)],
    )
    state.estimate()
    return state


def read_fireworks(launchpad: LaunchPad, workflow: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the FireWorks of a workflow with their states, without their inputs.

    Parameters
    ----------
    launchpad
        The database.
    workflow
        As `amorph_flows.executors.fireworks.launchpad.find_workflows` yields it.
    """
    criteria = {"fw_id": {"$in": workflow["nodes"]}}
    return list(launchpad.fireworks.find(criteria, dict.fromkeys(_FIREWORK_KEYS, 1)))


def read_launches(
    launchpad: LaunchPad, fireworks: list[dict[str, Any]]
) -> dict[int, dict[str, Any]]:
    """Return the last launch of each FireWork that has one.

    Parameters
    ----------
    launchpad
        The database.
    fireworks
        As `read_fireworks` returns them.
    """
    last = [fw["launches"][-1] for fw in fireworks if fw.get("launches")]
    found = launchpad.launches.find({"launch_id": {"$in": last}}, dict.fromkeys(_LAUNCH_KEYS, 1))
    return {launch["fw_id"]: launch for launch in found}


def moment(launch: Mapping[str, Any], state: str, key: str = "created_on") -> float | None:
    """Return when a launch came into a state, seconds since 1970.

    Parameters
    ----------
    launch
        As `read_launches` returns it.
    state
        Such as ``"RUNNING"``.
    key
        ``"updated_on"``: when it was last said to be in that state.
    """
    entries = [e for e in launch.get("state_history", []) if e.get("state") == state]
    return seconds(entries[-1].get(key)) if entries else None


def reason(launch: Mapping[str, Any]) -> str:
    """Return why a launch failed: the line of its traceback that says so.

    Parameters
    ----------
    launch
        As `read_launches` returns it.
    """
    stored = (launch.get("action") or {}).get("stored_data") or {}
    trace = (stored.get("_exception") or {}).get("_stacktrace") or ""
    lines = [line for line in trace.splitlines() if line.strip() and not line.startswith(" ")]
    for line in reversed(lines):
        found = _OURS.fullmatch(line) or _ERROR_LINE.fullmatch(line)
        if found:
            return masked(found[1])[:_LONGEST_REASON]
    return masked(lines[-1])[:_LONGEST_REASON] if lines else "it left no reason"


def _job(firework: Mapping[str, Any], launch: Mapping[str, Any] | None) -> JobState:
    tasks = firework.get("spec", {}).get("_tasks") or [{}]
    job = tasks[0].get("job") or {}
    function, schema = job.get("function") or {}, job.get("output_schema") or {}
    state = _CONDITIONS.get(firework["state"], "waiting")
    found = JobState(
        uuid=str(job.get("uuid", "")),
        index=int(job.get("index", 1)),
        name=firework["name"],
        function=f"{function.get('@module', '')}.{function.get('@callable', '')}",
        stage=stage_of(schema.get("@module", "")),
        document=schema.get("@callable", ""),
        kind=firework.get("spec", {}).get("job_kind", ""),
        state=state,
        firework=firework["fw_id"],
        firework_state=firework["state"],
    )
    if launch is not None and state != "waiting":
        found.folder = launch.get("launch_dir") or ""
        found.worker = (launch.get("fworker") or {}).get("name") or launch.get("host") or ""
        found.started = moment(launch, "RUNNING")
        found.finished = moment(launch, "COMPLETED") or moment(launch, "FIZZLED")
        found.reason = reason(launch) if state == "failed" else _silence(launch, state)
    return found


def _silence(launch: Mapping[str, Any], state: JobCondition) -> str:
    """Return what makes a running job look dead, or nothing."""
    from fireworks import fw_config

    heard = moment(launch, "RUNNING", "updated_on")
    if state != "running" or heard is None or time.time() - heard < fw_config.RUN_EXPIRATION_SECS:
        return ""
    since = datetime.fromtimestamp(heard).isoformat(" ", "minutes")
    return f"no sign of life since {since}; see `amorph rescue --dry-run`"


def _block(
    jobs: dict[int, JobState],
    fireworks: list[dict[str, Any]],
    links: Mapping[str, list[int]],
) -> None:
    """Mark the waiting jobs that can never run because of failed ones."""
    tolerant = {fw["fw_id"] for fw in fireworks if fw["spec"].get("_allow_fizzled_parents")}
    todo = [number for number, job in jobs.items() if job.state in ("failed", "blocked")]
    while todo:
        parent = todo.pop()
        for child in links.get(str(parent), []):
            job = jobs.get(child)
            if job is None or job.state != "waiting":
                continue
            if child in tolerant and jobs[parent].state == "failed":
                continue
            job.state, job.reason = "blocked", f"needs the output of {jobs[parent].name}"
            todo.append(child)


def _condition(jobs: dict[int, JobState], workflow: Mapping[str, Any]) -> StudyCondition:
    """Return the state of the study: it is complete when its last jobs are done."""
    states = {job.state for job in jobs.values()}
    if states & {"waiting", "running"}:
        return "running"
    if "stopped" in states:
        return "interrupted"
    last = [job for number, job in jobs.items() if not workflow["links"].get(str(number))]
    return "complete" if all(job.state == "done" for job in last) else "failed"


def seconds(when: Any) -> float | None:
    """Return a time of FireWorks, UTC, as seconds since 1970; None where it is none.

    Parameters
    ----------
    when
        ISO text or a datetime.
    """
    if isinstance(when, str):
        when = datetime.fromisoformat(when)
    if not isinstance(when, datetime):
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
