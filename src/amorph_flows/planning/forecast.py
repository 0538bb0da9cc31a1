"""Forecasts: what a job will do and hand on, told from its function and its arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from jobflow import Flow, Job
from pymatgen.core import Structure

from amorph_flows.engines import Engine
from amorph_flows.planning.case import Case
from amorph_flows.planning.timed import Timed
from amorph_flows.schemas.fits import FitSettings

Frames = tuple[tuple[Structure, float], ...]
"""Cells and how many frames there are of each."""


@dataclass(frozen=True)
class Expected:
    """What is known of the document of a job before the job has run.

    Parameters
    ----------
    structure
        As large and of the same elements as the one that the document will hold.
    frames
        The frames that it will hold.
    n_training
        How many of them are training frames.
    potential
        Backend and settings of the potential that it will hold.
    sampled_fs
        Length of the MD that it will hold, fs.
    source
        Where its frames come from, ``"engine MD"`` or ``"MTP MD"``.
    """

    structure: Structure | None = None
    frames: Frames = ()
    n_training: float = 0.0
    potential: FitSettings | None = None
    sampled_fs: float | None = None
    source: str = ""

    @property
    def n_frames(self) -> float:
        """Number of frames."""
        return sum(n for _, n in self.frames)

    @property
    def n_frame_atoms(self) -> float:
        """Number of atoms in all frames together."""
        return sum(n * len(structure) for structure, n in self.frames)


@dataclass(frozen=True)
class Task:
    """A piece of work and how often a job does it.

    Parameters
    ----------
    timed
        The work.
    n
        How often.
    limit_s
        Wall time after which the job ends it, s.
    limit_core_s
        CPU time after which it does, s.
    n_before
        How often other jobs do it whose time counts towards that limit.
    """

    timed: Timed
    n: float
    limit_s: float | None = None
    limit_core_s: float | None = None
    n_before: float = 0.0


@dataclass(frozen=True)
class Forecast:
    """What a job will do.

    Parameters
    ----------
    tasks
        The work that is timed.
    other_s
        CPU time of all else, s; a guess.
    output
        What its document will hold.
    frame_atoms
        Atoms of all frames that are written to files and to the store.
    dump_atoms
        Atoms of all frames of MD with a potential, which are written to files only.
    active_sets
        Copies of the active set that it writes.
    pieces
        Jobs that share the work.
    is_known
        Whether this is all that it will do.
    then
        The flow that it makes, whose last job takes its place.
    last
        Name of a light job that it makes and that takes its place; empty: it makes none.
    """

    tasks: tuple[Task, ...] = ()
    other_s: float = 0.3
    output: Expected = field(default_factory=Expected)
    frame_atoms: float = 0.0
    dump_atoms: float = 0.0
    active_sets: int = 0
    pieces: int = 1
    is_known: bool = True
    then: Flow | None = None
    last: str = ""


@dataclass(frozen=True)
class Call:
    """A job that is forecast.

    Parameters
    ----------
    job
        The job.
    given
        Its arguments by name; what refers to another job is that job's `Expected`.
    raw
        Its arguments by name, references as they are.
    case
        How much is done of what is not known.
    together
        All jobs of its flow.
    expected
        What the jobs before it hand on, by uuid.
    """

    job: Job
    given: dict[str, Any]
    raw: dict[str, Any]
    case: Case
    together: tuple[Job, ...] = ()
    expected: Mapping[str, Expected] = field(default_factory=dict)

    def structure(self, name: str = "structure") -> Structure:
        """Return an argument that is a structure, or stands for one.

        Parameters
        ----------
        name
            Of the argument.

        Raises
        ------
        LookupError
            If nothing is known of it; the cost of the job then counts as not known.
        """
        value = self.given[name]
        found = value.structure if isinstance(value, Expected) else value
        if isinstance(found, Structure):
            return found
        raise LookupError(name)

    def potential(self, name: str = "potential") -> FitSettings:
        """Return the settings of an argument that stands for a fitted potential.

        Parameters
        ----------
        name
            Of the argument.

        Raises
        ------
        LookupError
            If nothing is known of it; the cost of the job then counts as not known.
        """
        value = self.given[name]
        found = value.potential if isinstance(value, Expected) else None
        if found is None:
            raise LookupError(name)
        return found

    @property
    def engine(self) -> Engine:
        """The engine whose method the job is, or that it is given."""
        owner = getattr(self.job.function, "__self__", self.raw.get("engine"))
        if isinstance(owner, Engine):
            return owner
        raise LookupError("engine")


Forecaster = Callable[[Call], Forecast]
_F = TypeVar("_F", bound=Forecaster)

FORECASTERS: dict[str, Forecaster] = {}
"""Forecasters by the import path of a job's function, or ``Engine.method``."""


def forecaster(*functions: str) -> Callable[[_F], _F]:
    """Register what forecasts the jobs of some functions; use as a decorator.

    Parameters
    ----------
    *functions
        Import paths of the jobs' functions, such as ``"my_package.jobs.anneal"``.

    Examples
    --------
    >>> @forecaster("my_package.jobs.anneal")
    ... def anneal(call: Call) -> Forecast:
    ...     cell = call.structure()
    ...     step = PotentialStep(cell, call.potential(), every=0)
    ...     return Forecast(tasks=(Task(step, 10_000),), output=Expected(structure=cell))
    """

    def register(function: _F) -> _F:
        FORECASTERS.update(dict.fromkeys(functions, function))
        return function

    return register
