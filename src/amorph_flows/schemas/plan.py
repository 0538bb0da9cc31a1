"""The document of a plan: what a study will cost, before anything of it runs."""

from __future__ import annotations

from pydantic import Field

from amorph_flows.schemas.base import Document, JobKind


class KindTotals(Document):
    """What the jobs of one kind cost."""

    jobs: int
    core_hours: float | None = Field(description="none: it is not known")


class PlanTotals(Document):
    """What a study costs in one case."""

    jobs: int = Field(description="number of jobs, those that are made while it runs included")
    core_hours: float = Field(description="of all jobs whose cost is known")
    kinds: dict[JobKind, KindTotals] = Field(
        description="by kind of job: dft (engine), md (potential), fit, light (analysis and others)"
    )
    memory_gb: float = Field(description="of all jobs that run at once, GB")
    disk_gb: float = Field(description="of the study's folder with its store at the end, GB")
    wall_hours: float = Field(description="from start to end with the workers given, h")


class PlannedWork(Document):
    """A piece of work that is done many times, and how long it takes once."""

    what: str = Field(description="such as 'CHGNet, energy and forces of 56 atoms of V2O5'")
    unit: str = Field(description="what is counted")
    expected: float = Field(description="how often it is done")
    at_most: float = Field(description="how often it is done at most")
    core_seconds: float | None = Field(description="of one, s; none: it is not known")
    measured: str = Field(default="", description="when it was timed here; empty: it was not")


class Obstacle(Document):
    """A check that cannot be passed with the settings of a study."""

    results: str = Field(description="the results that the check is of")
    question: str = Field(description="question of the verdict")
    reason: str
    key: str = Field(default="", description="option of the study that would have to change")
    needed: float | None = Field(default=None, description="the least value of it that would do")


class PlanDoc(PlanTotals):
    """What a study costs, and what of it can be converged at best.

    The fields of `PlanTotals` are what is expected; the true cost lies between ``1 / factor`` of it
    and ``factor`` times ``at_most``.
    """

    at_most: PlanTotals = Field(description="if nothing ends before its limit")
    factor: float = Field(description="how far off rates of this machine may be")
    workers: int = Field(description="jobs that run at once")
    work: list[PlannedWork]
    assumptions: list[str] = Field(description="where the expected cost is a guess, and which")
    unknown: list[str] = Field(description="jobs whose cost is not known and not counted")
    obstacles: list[Obstacle] = Field(description="checks that cannot be passed")

    @property
    def is_complete(self) -> bool:
        """Whether the cost of every job is known."""
        return not self.unknown
