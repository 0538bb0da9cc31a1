"""Run of a study on this machine, in parallel and without repeating finished jobs."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jobflow import Flow, Job, JobStore
from jobflow.core.flow import get_flow
from monty.json import MontyDecoder

from amorph_flows.errors import AmorphFlowsError, CalculationError, InputError, WalltimeError
from amorph_flows.executors._consequences import finished_before
from amorph_flows.executors.local._execution import Outcome
from amorph_flows.executors.local._graph import JobGraph, Node
from amorph_flows.executors.local._pool import InProcess, Pool, Workers
from amorph_flows.executors.local.termination import terminable
from amorph_flows.executors.state import JobState, StudyState, job_folder, locked
from amorph_flows.runtime.identity import plan
from amorph_flows.runtime.walltime import is_over
from amorph_flows.settings import Settings
from amorph_flows.store import survives_process

OnEvent = Callable[[StudyState], None]

_TICK_S = 0.5


class Outputs(Mapping[str, Any]):
    """Outputs of the finished jobs by uuid, each loaded from the store when it is asked for.

    Parameters
    ----------
    store
        The study's job store.
    uuids
        Jobs that have an output.
    """

    def __init__(self, store: JobStore, uuids: list[str]) -> None:
        self._store, self._uuids = store, dict.fromkeys(uuids)

    def __getitem__(self, uuid: str) -> Any:
        if uuid not in self._uuids:
            raise KeyError(uuid)
        return MontyDecoder().process_decoded(self._store.get_output(uuid, load=True))

    def __iter__(self) -> Iterator[str]:
        return iter(self._uuids)

    def __len__(self) -> int:
        return len(self._uuids)


def run_study(
    flow: Flow | Job,
    store: JobStore,
    folder: str | Path,
    processes: int | None = None,
    on_event: OnEvent | None = None,
    *,
    title: str = "",
    retry_failed: bool = True,
) -> Outputs:
    """Run a flow on this machine and return the outputs of its jobs.

    Each job gets a uuid made from its function, Maker and inputs (`identity.plan`); the jobs of
    `flow` are renamed so. A job that the store holds under its uuid is not run again, so the same
    call resumes a study that was killed, and a changed study runs only what the change reaches.
    A failed job takes down only those jobs downstream that need its output; one with
    ``OnMissing.NONE`` runs without it.

    Parameters
    ----------
    flow
        What to run.
    store
        A connected job store, such as `amorph_flows.store.open_store` gives. One that other
        processes cannot see is used from this process, one job at a time.
    folder
        Folder of the study: ``jobs/`` and ``study.json`` go there.
    processes
        Jobs at once; None: `Settings.processes`, or one a core.
    on_event
        Called with the state of the study when it changes and twice a second.
    title
        Name of the study in its state file.
    retry_failed
        Whether jobs that failed in the last run of the same flow are tried again.

    Raises
    ------
    InputError
        If the study is already running, or a job cannot be sent to another process.
    CalculationError
        If a job failed or could not run and nothing downstream could do without it; the message
        names each failed job, its reason and its folder.
    WalltimeError
        If the queue job that this process runs in is about to end; the same call goes on.
    KeyboardInterrupt
        If the process gets SIGINT or SIGTERM: running jobs are ended, the same call goes on.
    """
    home = Path(folder).expanduser().resolve()
    home.mkdir(parents=True, exist_ok=True)
    size = processes or Settings().processes or os.cpu_count() or 1
    with locked(home), terminable():
        pool: Pool = Workers(store, size) if survives_process(store) else InProcess(store)
        run = _Run(flow, store, home, pool, on_event, retry_failed)
        run.state.title, run.state.processes = title, size
        return run.to_end()


class _Run:
    """One run of a study."""

    def __init__(
        self,
        flow: Flow | Job,
        store: JobStore,
        folder: Path,
        pool: Pool,
        on_event: OnEvent | None,
        retry_failed: bool,
    ) -> None:
        whole = get_flow(flow)
        self.graph = JobGraph(plan([whole]))
        self.state = StudyState(flow=whole.uuid, jobs=self.graph.states())
        self.store, self.folder, self.pool = store, folder, pool
        self.on_event = on_event or (lambda _: None)
        former = _former_jobs(folder)
        self.former = {key: job for key, job in former.items() if job.state == "done"}
        if not retry_failed:
            self.former |= {key: job for key, job in former.items() if job.state == "failed"}

    def to_end(self) -> Outputs:
        """Run everything that can run."""
        try:
            self._loop()
        except BaseException:
            self._close("interrupted")
            raise
        finally:
            self.pool.stop()
        failure = self.graph.failure()
        self._close("failed" if failure else "complete")
        if failure:
            raise CalculationError(failure)
        return Outputs(self.store, self.graph.finished_uuids())

    def _loop(self) -> None:
        self._announce()
        while True:
            while not is_over() and self._start_ready():
                self._announce()
            running = self.graph.running()
            if not running:
                break
            for key, outcome in self.pool.results(_TICK_S):
                self._finish(self.graph.nodes[key], outcome)
                self._announce()
            self.on_event(self.state)
        if self.graph.waiting() and is_over():
            raise WalltimeError(
                f"{len(self.graph.waiting())} jobs wait and the queue job is about to end; run "
                "the same command in a new queue job to continue"
            )
        if self.graph.waiting():
            names = ", ".join(node.state.name for node in self.graph.waiting())
            raise AmorphFlowsError(f"these jobs wait for each other: {names}")

    def _start_ready(self) -> bool:
        """Move every job on that can move; return whether any did."""
        moved = False
        for node in self.graph.ready():
            if node.state.state != "waiting":
                continue
            if self.graph.give_up(node) or (not node.looked_up and self._reuse(node)):
                moved = True
            elif self.pool.has_room():
                self._start(node)
                moved = True
        return moved

    def _reuse(self, node: Node) -> bool:
        """Take over how a job ended before; return whether that is possible."""
        node.looked_up = True
        former = self.former.get(node.key)
        found = finished_before(self.store, node.job.uuid, node.job.index)
        if found is not None and self.graph.is_stale(node, found):
            found = None
        if found is None and (former is None or former.state != "failed"):
            return False
        state = node.state
        state.reused = True
        if former is not None:
            state.folder, state.reason = former.folder, former.reason
            state.started, state.finished = former.started, former.finished
        if found is None:
            state.state = "failed"
        else:
            state.state, state.reason = "done", ""
            self.state.jobs.extend(self.graph.add_consequences(node, found))
        return True

    def _start(self, node: Node) -> None:
        state = node.state
        folder = job_folder(self.folder, state.name, state.uuid, state.index)
        state.folder, state.started, state.state = str(folder), time.time(), "running"
        self._announce()
        self.pool.start(node.key, node.job, folder)

    def _finish(self, node: Node, outcome: Outcome) -> None:
        node.state.finished = time.time()
        if outcome.consequences is None:
            node.state.state, node.state.reason = "failed", outcome.reason
            return
        node.state.state = "done"
        self.state.jobs.extend(self.graph.add_consequences(node, outcome.consequences))

    def _announce(self) -> None:
        self.state.estimate()
        self.state.write(self.folder)
        self.on_event(self.state)

    def _close(self, how: str) -> None:
        for node in self.graph.running():
            node.state.state, node.state.started = "waiting", None
        self.state = self.state.model_copy(update={"state": how, "finished": time.time()})
        self._announce()


def _former_jobs(folder: Path) -> dict[tuple[str, int], JobState]:
    """Return the jobs of the last run in a folder."""
    try:
        jobs = StudyState.read(folder).jobs
    except InputError:
        return {}
    return {(job.uuid, job.index): job for job in jobs}
