"""The document of fast and slow ions and what surrounds them."""

from __future__ import annotations

from pydantic import Field

from amorph_flows.analysis.transport._ranked_paths import Rank
from amorph_flows.schemas.array import Array
from amorph_flows.schemas.base import StageDocument
from amorph_flows.schemas.glass import RingSurroundingsDoc
from amorph_flows.schemas.result import ResultDocument


class RankedPathDoc(ResultDocument):
    """The way of one ion, and what was around its start."""

    rank: Rank
    atom: int = Field(description="its index")
    displacement_a: float = Field(description="from the first to the last point, Å")
    times_fs: Array = Field(description="of the points, from the first one, fs")
    positions_a: Array = Field(description="unwrapped, Å, shape (n_points, 3)")
    neighbours_a: dict[str, Array] = Field(
        description="atoms of other elements around it at first, by element, Å, shape (n, 3)"
    )


class IonMobilityDoc(StageDocument):
    """The fast and the slow quarter of the ions of one run, by one displacement."""

    temperature_k: float
    ion: str = Field(description="element symbol")
    lag_fs: float = Field(description="time of the displacement that ions are ranked by, fs")
    origin_fs: float = Field(description="where it starts, fs after the first frame")
    squared_displacement_a2: Array = Field(description="of each ion over it, Å²")
    distances_a: Array = Field(description="centres of the bins of g(r), Å")
    partial: dict[str, Array] = Field(
        description="g(r) from fast, slow and all ions, such as 'fast-O' and 'slow-Na'"
    )
    neighbours: dict[str, float] = Field(description="mean number of such atoms in the cutoff")
    cutoff_a: float
    n_frames: int = Field(description="frames around the origin that were averaged over")
    fast_time_fs: float | None = Field(description="how long an ion stays fast, fs")
    paths: list[RankedPathDoc] = Field(description="of the slowest, median and fastest ion")
    rings: RingSurroundingsDoc | None = Field(
        default=None, description="where fast and slow ions are among the rings, if asked for"
    )
