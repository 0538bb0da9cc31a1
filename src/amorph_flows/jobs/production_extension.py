"""Production that goes on until it suffices: what it took so far, kept in its folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from pydantic import Field

from amorph_flows.files import replace_file
from amorph_flows.jobs.goal import Spent, goal_in_words
from amorph_flows.runtime.cpu_time import cpu_seconds
from amorph_flows.runtime.progress import progress_towards
from amorph_flows.schemas.base import Document
from amorph_flows.schemas.production_md import ProductionUntil, TrajectoryDoc
from amorph_flows.schemas.until import Extension

_FILE = "extensions.json"


class SpentInFolder(Document):
    """What a run with a goal took so far; kept in its folder, so that a killed job finds it.

    Parameters
    ----------
    core_hours
        CPU time of the pieces that came to their end or were stopped, h.
    extensions
        What was added to the length at first.
    """

    core_hours: float = 0.0
    extensions: list[Extension] = Field(default_factory=list)

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

    def towards(self, until: ProductionUntil) -> str:
        """Return what is asked for and what was found last, for the progress.

        Parameters
        ----------
        until
            The goal.
        """
        last = f" ({self.extensions[-1].reason})" if self.extensions else ""
        return f"{goal_in_words(until)}{last}"

    def spent(self, doc: TrajectoryDoc) -> Spent:
        """Return what a run took, as its goal counts it.

        Parameters
        ----------
        doc
            The run.
        """
        return Spent(doc.production_fs, self.core_hours, before_fs=doc.equilibration_fs)

    def extended(self, longer: Extension) -> Self:
        """Return this with one more extension.

        Parameters
        ----------
        longer
            The extension.
        """
        return self.model_copy(update={"extensions": [*self.extensions, longer]})

    @contextmanager
    def counted(self, home: Path, until: ProductionUntil) -> Iterator[None]:
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
