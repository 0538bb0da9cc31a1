"""The document of a melt-quench."""

from __future__ import annotations

from pydantic import Field
from pymatgen.core import Structure

from amorph_flows.analysis.verdict import Verdict
from amorph_flows.schemas.array import Array
from amorph_flows.schemas.base import Document, StageDocument
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.schemas.schedule import MDStage


class Branch(Document):
    """The structure held at one temperature after leaving the quench."""

    temperature_k: float
    structure: Structure = Field(description="last structure of the hold")
    label_uuid: str = Field(description="uuid of the LabelDoc that holds its trajectory")
    amorphous: Verdict
    volume: Verdict | None = Field(default=None, description="whether its volume is right")
    goal: Verdict | None = Field(default=None, description="whether it reached its goal")


class QuenchDoc(StageDocument):
    """Melt, quench and branches of one crystal."""

    engine: EngineInfo
    crystal: Structure = Field(description="the supercell that was molten")
    schedule: list[MDStage] = Field(
        description="melt and quench, in order, each as long as it became"
    )
    quench_rate_k_per_ps: float = Field(
        description="from the top to the last stage, holds included"
    )
    label_uuids: list[str] = Field(description="uuids of the LabelDocs of the melt and quench")
    melted: Verdict
    inside: Verdict | None = Field(
        default=None, description="whether the potential that it was made with extrapolated"
    )
    goals: list[Verdict] = Field(
        default_factory=list, description="whether the melt and the waits reached theirs"
    )
    branches: list[Branch] = Field(description="highest temperature first")
    histories: dict[str, Array] = Field(
        default_factory=dict,
        description="time_fs through all stages, potential_energy_ev_atom and, where the engine "
        "gives stresses, pressure_gpa of each frame of melt and quench",
    )
    inputs_cpu_seconds: float | None = Field(
        default=None, description="CPU time of the runs behind it, s"
    )
