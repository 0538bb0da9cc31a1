"""Links between jobs: which jobs come after others."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

J = TypeVar("J", bound=Hashable)


def reachable(first: Iterable[J], after: Callable[[J], Iterable[J]]) -> set[J]:
    """Return some jobs and all that come after them.

    Parameters
    ----------
    first
        The jobs.
    after
        The jobs that come next after one.
    """
    found: set[J] = set()
    todo = set(first)
    while todo:
        job = todo.pop()
        found.add(job)
        todo |= set(after(job)) - found
    return found
