"""Rescue of jobs that a queue or a crash has killed: they are found and run again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from amorph_flows.executors.fireworks._job_links import reachable
from amorph_flows.executors.fireworks._liveness import Liveness, liveness
from amorph_flows.executors.fireworks.launchpad import workflow_id
from amorph_flows.executors.fireworks.status import (
    read_fireworks,
    read_launches,
    reason,
    seconds,
)
from amorph_flows.runtime.queues import slurm_jobs
from amorph_flows.upstream.fireworks import refresh_workflow

if TYPE_CHECKING:
    from fireworks import LaunchPad

_CLAIM_S = 600.0
_CHECKOUT_S = 120.0
"""FireWorks reserves a job and writes its launch at once; if it has not by then, it never will."""

What = Literal["rerun", "released", "refreshed", "alive", "skipped"]


@dataclass(frozen=True)
class Rescue:
    """What was done about one job.

    Parameters
    ----------
    workflow, firework
        Its numbers in the database.
    name
        Its name.
    what
        ``"rerun"``: it will run again in its folder. ``"released"``: it had waited for a queue job
        that is gone, or its worker died before it launched it. ``"refreshed"``: it had ended, the
        database did not know. ``"alive"``: it was left alone. ``"skipped"``: it needs a look.
    reason
        Why.
    folder
        Its folder.
    """

    workflow: int
    firework: int
    name: str
    what: What
    reason: str
    folder: str = ""


@dataclass(frozen=True)
class Rescuer:
    """Looks at the jobs of workflows and reruns those that died.

    A job is rerun only where it is certain that it does not run any more: its process or its
    Slurm job is gone, or neither it nor its folder gave a sign of life for a long time. The
    evidence is taken between two looks at the database, and each launch is claimed by one rescuer.

    Parameters
    ----------
    launchpad
        The database.
    silence_s
        How long a job whose process and Slurm job cannot be looked at must have been silent, s.
    failed
        Whether jobs that failed are rerun too.
    afresh
        Whether a job whose folder is gone starts in a new one.
    dry_run
        Whether nothing is changed.
    """

    launchpad: LaunchPad
    silence_s: float
    failed: bool = False
    afresh: bool = False
    dry_run: bool = False

    def rescue(self, workflow: Mapping[str, Any]) -> Iterator[Rescue]:
        """Yield what is done about each job of a workflow that runs, is reserved or failed.

        Parameters
        ----------
        workflow
            As `amorph_flows.executors.fireworks.launchpad.find_workflows` yields it.
        """
        before = self._look(workflow)
        queue = slurm_jobs()
        after = self._look(workflow)
        for number, (firework, launch) in sorted(after.items()):
            former = before.get(number)
            if former is None or former[1].get("launch_id") != launch.get("launch_id"):
                continue
            state, ended = firework["state"], launch.get("state") in ("COMPLETED", "FIZZLED")
            if not launch:
                done = self._never_launched(firework)
            elif state == "FIZZLED":
                done = self._failed(workflow, firework, launch) if self.failed else None
            elif state == "RUNNING" and ended:
                done = self._refresh(firework, launch)
            else:
                life = liveness(firework, launch, queue, self.silence_s)
                done = self._act(state, firework, launch, life)
            if done is not None:
                what, why = done
                folder = launch.get("launch_dir") or ""
                name = firework["name"]
                yield Rescue(workflow_id(dict(workflow)), number, name, what, why, folder)

    def _look(
        self, workflow: Mapping[str, Any]
    ) -> dict[int, tuple[dict[str, Any], dict[str, Any]]]:
        """Return the jobs that have been taken and not ended well, with their last launch.

        It is empty where a job was reserved and its launch is not written.
        """
        fireworks = [
            fw
            for fw in read_fireworks(self.launchpad, workflow)
            if fw["state"] in ("RUNNING", "RESERVED", "FIZZLED")
        ]
        launches = read_launches(self.launchpad, fireworks)
        return {
            fw["fw_id"]: (fw, launches.get(fw["fw_id"], {}))
            for fw in fireworks
            if fw["fw_id"] in launches or (fw["state"] == "RESERVED" and not fw["launches"])
        }

    def _act(
        self, state: str, firework: dict[str, Any], launch: dict[str, Any], life: Liveness
    ) -> tuple[What, str]:
        if life.alive:
            return "alive", life.reason
        if state == "RESERVED":
            if not self.dry_run:
                self.launchpad.cancel_reservation(launch["launch_id"])
            return "released", life.reason
        return self._rerun(firework, launch, life.reason)

    def _never_launched(self, firework: dict[str, Any]) -> tuple[What, str] | None:
        """Release a job whose worker or database died between its reservation and its launch."""
        silence = time.time() - (seconds(firework["updated_on"]) or 0.0)
        if silence < _CHECKOUT_S:
            return None
        same = {key: firework[key] for key in ("fw_id", "state", "launches", "updated_on")}
        ready = {"$set": {"state": "READY"}}
        if not self.dry_run and not self.launchpad.fireworks.find_one_and_update(same, ready):
            return None
        return "released", f"it was taken {silence / 60:.0f} min ago and never launched"

    def _refresh(self, firework: dict[str, Any], launch: dict[str, Any]) -> tuple[What, str]:
        if not self.dry_run:
            refresh_workflow(self.launchpad, firework["fw_id"])
        return "refreshed", f"its launch is {launch['state']}"

    def _failed(
        self, workflow: Mapping[str, Any], firework: dict[str, Any], launch: dict[str, Any]
    ) -> tuple[What, str]:
        user = self._user_of(workflow, firework["fw_id"])
        if user:
            return "skipped", f"the study has gone on without it: {user}"
        return self._rerun(firework, launch, reason(launch))

    def _user_of(self, workflow: Mapping[str, Any], number: int) -> str:
        """Return why a failed job cannot be rerun: jobs after it would run twice."""
        links = workflow["links"]
        after = sorted(reachable(links.get(str(number), []), lambda job: links.get(str(job), [])))
        running = self.launchpad.fireworks.find_one(
            {"fw_id": {"$in": after}, "state": "RUNNING"}, {"name": 1}
        )
        if running:
            return f"{running['name']} runs"
        parents = self.launchpad.launches.find_one(
            {
                "fw_id": {"$in": after},
                "state": "COMPLETED",
                "$or": [
                    {"action.detours.0": {"$exists": True}},
                    {"action.additions.0": {"$exists": True}},
                ],
            },
            {"fw_id": 1},
        )
        if not parents:
            return ""
        maker = self.launchpad.fireworks.find_one({"fw_id": parents["fw_id"]}, {"name": 1})
        return f"{maker['name']} has made further jobs"

    def _rerun(
        self, firework: dict[str, Any], launch: dict[str, Any], why: str
    ) -> tuple[What, str]:
        folder = Path(launch.get("launch_dir") or "")
        problem = distrust(folder)
        if problem and not self.afresh:
            return "skipped", f"{why}; {problem} (--afresh starts it in a new folder)"
        if self.dry_run:
            return "rerun", why
        if not self._claim(launch):
            return (
                "skipped",
                f"{why}; its state changed meanwhile, or another process is rescuing it",
            )
        from fireworks.core.launchpad import LockedWorkflowError

        number, key = firework["fw_id"], "spec._launch_dir"
        change = {"$unset": {key: ""}} if problem else {"$set": {key: str(folder)}}
        self.launchpad.fireworks.update_one({"fw_id": number, "state": firework["state"]}, change)
        try:
            self.launchpad.rerun_fw(number)
        except LockedWorkflowError:
            self._release(launch)
            return "skipped", (
                f"{why}; its workflow is locked: a worker writes to it, or died doing so; if no "
                f"worker runs, `lpad admin unlock -i {number}` and rescue again"
            )
        self.launchpad.launches.update_one(
            {"launch_id": launch["launch_id"], "state": "RUNNING"}, {"$set": {"state": "FIZZLED"}}
        )
        return "rerun", why

    def _claim(self, launch: dict[str, Any]) -> bool:
        """Return whether this rescuer may rerun a launch; one of several may."""
        now = time.time()
        free: list[dict[str, Any]] = [
            {"rescued": {"$exists": False}},
            {"rescued": {"$lt": now - _CLAIM_S}},
        ]
        criteria = {"launch_id": launch["launch_id"], "state": launch["state"], "$or": free}
        change = {"$set": {"rescued": now}}
        return self.launchpad.launches.find_one_and_update(criteria, change) is not None

    def _release(self, launch: dict[str, Any]) -> None:
        """Give up the claim on a launch."""
        criteria = {"launch_id": launch["launch_id"]}
        self.launchpad.launches.update_one(criteria, {"$unset": {"rescued": ""}})


def distrust(folder: Path) -> str:
    """Return why a folder that a database names is not to be used, or nothing.

    Parameters
    ----------
    folder
        The folder.
    """
    if not folder.is_absolute() or not folder.is_dir():
        return f"its folder {folder} does not exist on this machine"
    if folder.stat().st_uid != os.getuid():
        return f"its folder {folder} belongs to another user"
    return ""
