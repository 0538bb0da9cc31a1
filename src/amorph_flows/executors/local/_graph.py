"""The graph of a study's jobs: dependencies, replacements, failures, and which job may run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from amorph_flows.executors._consequences import Consequences
from amorph_flows.executors.state import JobState
from amorph_flows.runtime.identity import PlannedJob

_ENDED = ("done", "failed", "blocked", "stopped")


@dataclass(eq=False)
class Node:
    """A job of the study and its state.

    Parameters
    ----------
    job
        The job.
    state
        Its line in the state file.
    holds
        uuids of jobs that it asked for and that must end before jobs downstream may start.
    finished
        When its document was completed, seconds since 1970.
    partial
        Whether its document refers to outputs that are missing.
    stops_children
        Whether it said that the jobs downstream are not to run.
    looked_up
        Whether the store has been asked for its document.
    """

    job: PlannedJob
    state: JobState
    holds: tuple[str, ...] = ()
    finished: float = 0.0
    partial: bool = False
    stops_children: bool = False
    looked_up: bool = False

    @property
    def key(self) -> tuple[str, int]:
        """Uuid and index."""
        return self.job.uuid, self.job.index

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen to it in this run."""
        return self.state.state in _ENDED


@dataclass
class JobGraph:
    """All jobs of a study; it grows as jobs ask for more.

    A uuid stands for a job and for those that replaced it: it is settled when all of them and
    all that they hold have ended, and its output is that of the last one.

    Parameters
    ----------
    jobs
        The jobs that the study starts with.
    """

    jobs: list[PlannedJob]
    nodes: dict[tuple[str, int], Node] = field(default_factory=dict)
    _by_uuid: dict[str, list[Node]] = field(default_factory=dict)
    _settled: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._add(self.jobs)

    def states(self) -> list[JobState]:
        """Return the lines of the state file."""
        return [node.state for node in self.nodes.values()]

    def running(self) -> list[Node]:
        """Return the jobs that run."""
        return [node for node in self.nodes.values() if node.state.state == "running"]

    def waiting(self) -> list[Node]:
        """Return the jobs that have not run yet."""
        return [node for node in self.nodes.values() if node.state.state == "waiting"]

    def ready(self) -> Iterator[Node]:
        """Yield the waiting jobs whose parents are settled."""
        for node in self.waiting():
            if all(self._is_settled(parent) for parent in node.job.parents):
                yield node

    def give_up(self, node: Node) -> bool:
        """Block or stop a ready job where its parents demand it; return whether they do.

        Parameters
        ----------
        node
            A job whose parents are settled.
        """
        parents = [p for uuid in node.job.parents for p in self._by_uuid.get(uuid, [])]
        if any(parent.stops_children or parent.state.state == "stopped" for parent in parents):
            node.state.state, node.state.reason = "stopped", "an earlier job stopped it"
            return True
        missing = self._missing_parents(node)
        if not missing or not node.job.needs_all_parents:
            return False
        names = sorted({self._by_uuid[uuid][-1].state.name for uuid in missing})
        node.state.state = "blocked"
        node.state.reason = f"needs the output of {', '.join(names)}"
        return True

    def is_stale(self, node: Node, found: Consequences) -> bool:
        """Return whether a document is older than one that it was made from.

        Parameters
        ----------
        node
            The job.
        found
            What its document says.
        """
        if not found.finished:
            return False
        parents = [p for uuid in node.job.parents for p in self._by_uuid.get(uuid, [])]
        return any(parent.finished > found.finished for parent in parents)

    def add_consequences(self, node: Node, found: Consequences) -> list[JobState]:
        """Add the jobs that a finished job asked for and return their lines.

        Parameters
        ----------
        node
            The finished job.
        found
            What it asked for.
        """
        node.finished, node.holds = found.finished, found.holds
        node.stops_children = found.stop_children
        node.partial = bool(self._missing_parents(node)) and not node.job.resolves_references
        if found.stop_study:
            for other in self.waiting():
                other.state.state = "stopped"
                other.state.reason = f"{node.state.name} ended the study"
        return self._add(list(found.jobs))

    def finished_uuids(self) -> list[str]:
        """Return the uuids that have an output."""
        return [uuid for uuid in self._by_uuid if not self._is_missing(uuid)]

    def failure(self) -> str:
        """Return why the study did not reach its end, empty if it did.

        A failure that every job downstream could do without is not one of the study.
        """
        failed = [n for n in self.nodes.values() if n.state.state == "failed"]
        blocked = [n for n in self.nodes.values() if n.state.state == "blocked"]
        fatal = blocked or not {n.job.uuid for n in failed} <= self._absorbed()
        if not fatal:
            return ""
        roots = [n for n in failed if not self._missing_parents(n)] or failed
        lines = [f"{n.state.name}: {n.state.reason} (files: {n.state.folder})" for n in roots]
        without = len(blocked) + len(failed) - len(roots)
        jobs = "job" if len(lines) == 1 else "jobs"
        rest = f"; {without} more could not run without" if without else ""
        return f"{len(lines)} {jobs} failed{rest}: " + "; ".join(lines)

    def _missing_parents(self, node: Node) -> list[str]:
        return [uuid for uuid in node.job.parents if self._is_missing(uuid)]

    def _absorbed(self) -> set[str]:
        """Return the uuids whose outputs a finished job could do without, had they been missing."""
        done = [node for node in self.nodes.values() if node.state.state == "done"]
        absorbed = {uuid for node in done if not node.partial for uuid in node.job.parents}
        pending = [node for node in done if node.partial]
        while passing := [node for node in pending if node.job.uuid in absorbed]:
            absorbed.update(uuid for node in passing for uuid in node.job.parents)
            pending = [node for node in pending if node not in passing]
        return absorbed

    def _add(self, jobs: list[PlannedJob]) -> list[JobState]:
        """Add jobs that are not there yet: the same calculation is never run twice."""
        added = []
        for job in jobs:
            if (job.uuid, job.index) in self.nodes:
                continue
            state = JobState(
                uuid=job.uuid,
                index=job.index,
                name=job.name,
                function=job.function,
                stage=job.stage,
                document=job.document,
                kind=job.kind,
            )
            node = Node(job, state)
            self.nodes[node.key] = node
            self._by_uuid.setdefault(job.uuid, []).append(node)
            self._settled.discard(job.uuid)
            added.append(state)
        return added

    def _is_settled(self, uuid: str) -> bool:
        """Return whether the last output that a uuid will have is known."""
        stack, seen = [uuid], set()
        while stack:
            here = stack.pop()
            if here in seen or here in self._settled:
                continue
            seen.add(here)
            nodes = self._by_uuid.get(here, [])
            if not all(node.has_ended for node in nodes):
                return False
            stack.extend(held for node in nodes for held in node.holds)
        self._settled |= seen
        return True

    def _is_missing(self, uuid: str) -> bool:
        """Return whether a uuid has no output that a job could use."""
        nodes = self._by_uuid.get(uuid, [])
        return bool(nodes) and (nodes[-1].state.state != "done" or nodes[-1].partial)
