"""Display of the progress of a study: a live table on a terminal, lines elsewhere."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self, get_args

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from amorph_flows.executors.state import JobCondition, JobState, StudyState, goals, step_progress

_LINE_INTERVAL_S = 30.0


class Display:
    """Shows a running study.

    Parameters
    ----------
    title
        Name of the study.
    console
        Where to show it; None: standard output.
    """

    def __init__(self, title: str, console: Console | None = None) -> None:
        self._title = title
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._known: dict[tuple[str, int], str] = {}
        self._last_line = time.monotonic()
        self._state = StudyState()

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    @property
    def n_executed(self) -> int:
        """Number of jobs that ran, those from before not counted."""
        ended = ("done", "failed")
        return sum(job.state in ended and not job.reused for job in self._state.jobs)

    def failures(self) -> list[str]:
        """Return each failed job with its reason and folder."""
        return self._state.failures()

    def show(self, state: StudyState) -> None:
        """Show the state of the study.

        Parameters
        ----------
        state
            As `run_study` reports it.
        """
        if not self._known:
            self._print(f"study {self._title}: {len(state.jobs)} jobs planned, more may follow")
        self._state = state
        for job in state.jobs:
            key = (job.uuid, job.index)
            if self._known.get(key) != job.state:
                self._known[key] = job.state
                self._tell(job, state)
        if self._console.is_terminal:
            self._live.update(_table(state), refresh=True)
        elif time.monotonic() - self._last_line > _LINE_INTERVAL_S:
            for line in _running_lines(state):
                self._print(line)

    def _tell(self, job: JobState, state: StudyState) -> None:
        """Print the line of a job that has started or ended in this run."""
        if job.reused or job.state == "waiting":
            return
        count = f"[{state.count('done')}/{len(state.jobs)}]"
        if job.state == "running":
            if not self._console.is_terminal:
                expected = f", about {duration(job.expected)}" if job.expected else ""
                self._print(f"{count} {label(job)}: started{expected}")
        elif job.state == "done":
            self._print(f"{count} {label(job)}: done in {duration(job.elapsed)}")
        elif job.state == "failed":
            self._print(f"{count} {label(job)}: failed: {job.reason}")

    def _print(self, line: str) -> None:
        self._last_line = time.monotonic()
        self._console.print(f"{time.strftime('%H:%M:%S')} {line}", markup=False)


def label(job: JobState) -> str:
    """Return the name of a job, with its stage if the name does not contain it.

    Parameters
    ----------
    job
        The job.
    """
    stage = job.stage.replace("_", " ")
    told = ":" in job.name or stage.lower() in job.name.lower().replace("_", " ")
    return job.name if told else f"{stage}: {job.name}"


def duration(seconds: float) -> str:
    """Return a time for people.

    Parameters
    ----------
    seconds
        The time, s.
    """
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"


def summary_line(state: StudyState, folder: Path | None = None) -> str:
    """Return the state of a study as one line of text.

    Parameters
    ----------
    state
        The state.
    folder
        Folder of the study, where it is known.
    """
    counts = Counter(job.state for job in state.jobs)
    told = ", ".join(f"{counts[c]} {c}" for c in get_args(JobCondition) if counts[c])
    since = f" for {duration(time.time() - state.started)}" if state.state == "running" else ""
    place = f"workflow {state.workflow}" if state.workflow is not None else f"in {folder}"
    return f"study {state.title} {place}: {state.state}{since}; jobs: {told}"


def status_lines(state: StudyState, folder: Path | None) -> list[str]:
    """Return the state of a study as lines of text.

    Parameters
    ----------
    state
        The state.
    folder
        Folder of the study, where it is here.
    """
    lines = [summary_line(state, folder)]
    if state.manager != "local":
        lines += _kind_lines(state)
    lines += _running_lines(state)
    lines += [f"{label(job)}: {step.goal}" for job, step in goals(state) if job.state == "done"]
    for job in state.jobs:
        if job.state == "failed":
            lines.append(f"{label(job)}: failed: {job.reason} (files: {job.folder})")
    blocked = [label(job) for job in state.jobs if job.state == "blocked"]
    if blocked:
        names = ", ".join(blocked[:5]) + (", …" if len(blocked) > 5 else "")
        lines.append(f"{len(blocked)} cannot run without the failed ones: {names}")
    left = remaining(state)
    if left is not None:
        lines.append(f"expected time left: at least {duration(left)}")
    if folder is not None and (folder / "report.html").exists():
        lines.append(f"report: {folder / 'report.html'}")
    return lines


def _kind_lines(state: StudyState) -> list[str]:
    """Return how many jobs of each kind are done, in line and running."""
    lines = []
    for kind in sorted({job.kind for job in state.jobs}):
        jobs = [job for job in state.jobs if job.kind == kind]
        done = sum(job.state == "done" for job in jobs)
        raw = Counter(job.firework_state.lower() for job in jobs if job.state != "done")
        rest = "".join(f", {n} {name}" for name, n in sorted(raw.items()))
        lines.append(f"{kind or 'unrouted'}: {done} of {len(jobs)} done{rest}")
    return lines


def status_json(state: StudyState) -> str:
    """Return the state of a study with the steps of running jobs as JSON.

    Parameters
    ----------
    state
        The state.
    """
    content = state.model_dump()
    for job, entry in zip(state.jobs, content["jobs"], strict=True):
        step = step_progress(job) if job.state == "running" else None
        entry["progress"] = step and step.model_dump()
    content["goals"] = [
        {"uuid": job.uuid, "name": label(job), "goal": step.goal, "reached": step.reached}
        for job, step in goals(state)
    ]
    content["expected_left"] = remaining(state)
    content["progress"] = {
        f"by_{field}": _progress((getattr(job, field), job.state) for job in state.jobs)
        for field in ("stage", "kind")
    }
    return json.dumps(content, indent=1)


def _progress(jobs: Iterable[tuple[str, str]]) -> dict[str, dict[str, int]]:
    """Return how many jobs are done and failed of how many, by the first of each pair."""
    counts: dict[str, dict[str, int]] = {}
    for name, state in jobs:
        count = counts.setdefault(name, {"done": 0, "failed": 0, "total": 0})
        count["total"] += 1
        if state in count:
            count[state] += 1
    return counts


def remaining(state: StudyState) -> float | None:
    """Return the seconds that the known jobs will still take, None if that is not known.

    Parameters
    ----------
    state
        The state of a running study.
    """
    if state.state != "running":
        return None
    left = []
    for job in state.jobs:
        expected = _expected(job)
        if job.state in ("running", "waiting") and expected is not None:
            left.append(max(0.0, expected - job.elapsed))
    return max(max(left), sum(left) / state.processes) if left else None


def _expected(job: JobState) -> float | None:
    """Return the seconds that a job takes, from its own steps or from jobs like it."""
    step = step_progress(job) if job.state == "running" else None
    return step.expected if step and step.done > 0 else job.expected


def _times(job: JobState, joint: str) -> str:
    """Return elapsed and, where it is known, expected time."""
    expected = _expected(job)
    return duration(job.elapsed) + (f"{joint}{duration(expected)}" if expected else "")


def _running_lines(state: StudyState) -> list[str]:
    lines = []
    for job in state.jobs:
        if job.state != "running":
            continue
        step = step_progress(job)
        steps = f" {step.note or 'step'} {step.done:g} of {step.total:g}," if step else ""
        steps += f" {step.goal}," if step and step.goal else ""
        doubt = f" ({job.reason})" if job.reason else ""
        lines.append(f"{label(job)}:{steps} {_times(job, ' of about ')}{doubt}")
    return lines


def _table(state: StudyState) -> RenderableType:
    """Return the running jobs with bars."""
    table = Table(box=None, padding=(0, 1), show_header=False)
    for job in state.jobs:
        if job.state != "running":
            continue
        step = step_progress(job)
        steps = f"{step.note or 'step'} {step.done:g}/{step.total:g}" if step else "…"
        bar = ProgressBar(total=step.total, completed=step.done, width=20) if step else Text("")
        table.add_row(Text(label(job)), steps, bar, _times(job, " of "))
    done, left = state.count("done"), remaining(state)
    expected = f", at least {duration(left)} to go" if left is not None else ""
    elapsed = duration(time.time() - state.started)
    head = f"{state.title}: {done} of {len(state.jobs)} jobs done, {elapsed}{expected}"
    return Group(Text(head, style="bold"), table)
