"""The document of a quantity from several glasses."""

from __future__ import annotations

from pydantic import Field

from amorph_flows.analysis._more_samples import Needed
from amorph_flows.schemas.result import ResultDocument


class CombinedDoc(ResultDocument):
    """A quantity of a population of glasses, from runs of some of them."""

    value: float = Field(description="mean of the glasses; with `log` their geometric mean")
    interval: tuple[float, float] | None = Field(
        description="95 %; None for one run without an error"
    )
    complete: bool = Field(description="whether the interval contains the scatter between glasses")
    between: float | None = Field(description="variance between glasses; None with one")
    between_occupations: float | None = Field(
        description="variance between occupations of one glass; None where none has several"
    )
    within: float | None = Field(description="variance of one run; None where not known")
    shares: dict[str, float] = Field(
        description="of glasses, occupations and runs in the variance of the value"
    )
    dominant: str | None = Field(description="where most of the variance is from")
    needed: Needed = Field(description="what would halve the interval, each alone")
    n_glasses: int
    n_occupations: int = Field(description="of all glasses together")
    n_runs: int
    error_factor: float = Field(
        description="by how much errors were enlarged, because repeated runs scatter more"
    )
    log: bool = Field(description="whether logarithms were combined; variances are then theirs")
    reason: str = Field(description="one sentence: how many, what dominates, what would halve")
