"""Production that goes on until it suffices: how far it is, and how long the next piece is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil, floor, inf
from pathlib import Path
from typing import Self

from pydantic import Field

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.files import replace_file
from amorph_flows.jobs.production_goal import Standing, goal_in_words
from amorph_flows.runtime.cpu_time import cpu_seconds
from amorph_flows.runtime.progress import progress_towards
from amorph_flows.schemas.base import Document
from amorph_flows.schemas.production_md import (
    MDExtension,
    ProductionVerdict,
    TrajectoryDoc,
    Until,
)

LEAST_FACTOR, MOST_FACTOR = 1.25, 2.0
"""How much longer a run is after one extension."""
_WORTH_A_PIECE = 1.05
"""How much longer at least where the core-hours that are left decide."""
_UNKNOWN = 2.0
_FILE = "extensions.json"


class Spent(Document):
    """What a run with a goal took so far; kept in its folder, so that a killed job finds it.

    Parameters
    ----------
    core_hours
        CPU time of the pieces that came to their end or were stopped, h.
    extensions
        What was added to the length at first.
    """

    core_hours: float = 0.0
    extensions: list[MDExtension] = Field(default_factory=list)

    @classmethod
    def read(cls, home: Path) -> Self:
        """Return what is kept in a folder, nothing if nothing is.

        Parameters
        ----------
        home
            The folder.
        """
        path = home / _FILE
        return cls.model_validate(json.loads(path.read_text())) if path.exists() else cls()

    def write(self, home: Path) -> None:
        """Keep this in a folder.

        Parameters
        ----------
        home
            The folder.
        """
        replace_file(home / _FILE, self.model_dump_json())

    def length_fs(self, first_fs: float) -> float:
        """Return the length of production now, fs.

        Parameters
        ----------
        first_fs
            Length at first, fs.
        """
        return self.extensions[-1].to_fs if self.extensions else first_fs

    def towards(self, until: Until) -> str:
        """Return what is asked for and what was found last, for the progress.

        Parameters
        ----------
        until
            The goal.
        """
        last = f" ({self.extensions[-1].reason})" if self.extensions else ""
        return f"{goal_in_words(until)}{last}"

    def extended(self, longer: MDExtension) -> Self:
        """Return this with one more extension.

        Parameters
        ----------
        longer
            The extension.
        """
        return self.model_copy(update={"extensions": [*self.extensions, longer]})

    @contextmanager
    def counted(self, home: Path, until: Until) -> Iterator[None]:
        """Add the CPU time of what is inside, that of child processes too, however it ends.

        Its progress says how far the run is from its goal.

        Parameters
        ----------
        home
            The folder that this is kept in.
        until
            The goal.
        """
        before = cpu_seconds()
        try:
            with progress_towards(self.towards(until)):
                yield
        finally:
            self.core_hours += (cpu_seconds() - before) / 3600
            self.write(home)


def next_length_fs(
    length_fs: float, factor: float | None, most_fs: float, unit_fs: float
) -> float | None:
    """Return how long a run should be next; None where its budget is used up.

    Parameters
    ----------
    length_fs
        Length now, fs.
    factor
        How much longer its own error and memory time ask for; None: not known.
    most_fs
        Length that the budget allows, fs.
    unit_fs
        Between two frames; the length is a multiple of it, fs.
    """
    times = min(max(factor or _UNKNOWN, LEAST_FACTOR), MOST_FACTOR)
    wanted = ceil(length_fs * times / unit_fs - 1e-9) * unit_fs
    allowed = floor(most_fs / unit_fs + 1e-9) * unit_fs if most_fs < inf else inf
    longer = min(wanted, allowed)
    return longer if longer > length_fs * (1 + 1e-9) else None


def extension_of(
    until: Until, now: Standing, doc: TrajectoryDoc, spent: Spent, unit_fs: float
) -> MDExtension | None:
    """Return by how much a run is made longer; None where it is not.

    Parameters
    ----------
    until
        The goal and the budget.
    now
        How far the run is from it.
    doc
        The run.
    spent
        What it took.
    unit_fs
        Between two frames, fs.
    """
    if now.passed or doc.failure:
        return None
    length_fs = doc.production_fs
    most_fs = min(
        inf if until.budget_ps is None else until.budget_ps * 1e3, _paid(until, doc, spent)
    )
    longer = next_length_fs(length_fs, now.factor, most_fs, unit_fs)
    if longer is None:
        return None
    return MDExtension(
        reason=now.reason,
        question=now.question,
        value=now.value,
        goal=now.goal,
        from_fs=length_fs,
        to_fs=longer,
        core_hours=spent.core_hours,
    )


def judge_goal(until: Until, now: Standing, doc: TrajectoryDoc, spent: Spent) -> Verdict:
    """Return whether a run that is made no longer reached its goal.

    Parameters
    ----------
    until
        The goal and the budget.
    now
        How far the run is from it.
    doc
        The run.
    spent
        What it took.
    """
    length_ps, hours = doc.production_fs / 1e3, spent.core_hours
    took = f"after {length_ps:g} ps and {hours:.3g} core-hours at {doc.temperature_k:g} K"
    if now.passed:
        answer, more = ProductionVerdict.REACHED, ""
    elif doc.failure:
        answer, more = ProductionVerdict.ENDED_EARLY, "; the run failed"
    elif _paid(until, doc, spent) <= doc.production_fs:
        answer, more = ProductionVerdict.CORE_HOURS_USED_UP, "; the core-hours are used up"
    else:
        answer, more = ProductionVerdict.TIME_USED_UP, "; the budget of time is used up"
    numbers = {"production_ps": length_ps, "core_hours": hours, "factor": now.factor or _UNKNOWN}
    thresholds = {"goal": now.goal, "budget_ps": until.budget_ps}
    thresholds["budget_core_hours"] = until.budget_core_hours
    return Verdict(
        question="goal reached?",
        answer=answer,
        passed=now.passed,
        scope="numerical",
        reason=f"{now.reason}, {took}{more}",
        numbers=numbers | ({} if now.value is None else {"value": now.value}),
        thresholds={name: held for name, held in thresholds.items() if held is not None},
    )


def _paid(until: Until, doc: TrajectoryDoc, spent: Spent) -> float:
    """Return the length that the core-hours allow, fs; that of now if no piece is worth it."""
    if until.budget_core_hours is None or not spent.core_hours:
        return inf
    rate = spent.core_hours / (doc.equilibration_fs + doc.production_fs)
    allowed = doc.production_fs + (until.budget_core_hours - spent.core_hours) / rate
    return allowed if allowed >= doc.production_fs * _WORTH_A_PIECE else doc.production_fs
