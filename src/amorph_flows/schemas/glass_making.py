"""The document of glasses that were made alike."""

from __future__ import annotations

from enum import auto

from pydantic import Field

from amorph_flows.analysis.verdict import Answer, Verdict
from amorph_flows.schemas.base import Document, StageDocument
from amorph_flows.schemas.spread import SpreadDoc


class CoolingVerdict(Answer):
    """Whether a glass was cooled slowly enough for its structure to be that of a glass."""

    SLOW = auto()
    FAST = auto()


class MadeGlass(Document):
    """One of the glasses; its run is a `TrajectoryDoc`."""

    number: int = Field(description="from 1, as asked")
    run_uuid: str = Field(description="uuid of the TrajectoryDoc of its run")
    run_directory: str
    seed: int
    density_g_cm3: float
    energy_ev_atom: float


class GlassesDoc(StageDocument):
    """Glasses of one composition, molten and cooled in the same way."""

    formula: str
    n_atoms: int
    n_asked: int = Field(description="glasses that were to be made")
    potential_uuid: str
    method: str = Field(description="of the potential")
    rate_k_per_ps: float = Field(description="at which they were cooled")
    cooling: Verdict | None = Field(
        default=None, description="whether that is slow; None in documents of old"
    )
    ensemble: str = Field(description="of the end")
    glasses: list[MadeGlass] = Field(description="those that were made")
    density_g_cm3: SpreadDoc
    energy_ev_atom: SpreadDoc
