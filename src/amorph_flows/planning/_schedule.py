"""List scheduling: when the last job ends if each worker takes the first job that can run."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence


def end_of_schedule(
    order: Sequence[str],
    parents: Mapping[str, Sequence[str]],
    seconds: Mapping[str, float],
    workers: int,
) -> float:
    """Return the time from the start of the first job to the end of the last one, s.

    Parameters
    ----------
    order
        The jobs, those that are taken first at the front.
    parents
        The jobs that each waits for; others than those of ``order`` are there already.
    seconds
        How long each takes, s.
    workers
        Jobs at once.
    """
    place = {job: n for n, job in enumerate(order)}
    blocked = {job: {p for p in parents[job] if p in place} for job in order}
    ready = [place[job] for job in order if not blocked[job]]
    waiting = [job for job in order if blocked[job]]
    running: list[tuple[float, str]] = []
    now = 0.0
    while ready or running:
        while ready and len(running) < workers:
            job = order[heapq.heappop(ready)]
            heapq.heappush(running, (now + seconds[job], job))
        now, ended = heapq.heappop(running)
        for job in waiting:
            blocked[job].discard(ended)
            if not blocked[job]:
                heapq.heappush(ready, place[job])
        waiting = [job for job in waiting if blocked[job]]
    return now
