"""The document of an average voltage."""

from __future__ import annotations

from enum import auto
from typing import Literal

from pydantic import Field

from amorph_flows.analysis.verdict import Answer, Verdict
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.schemas.base import Document, StageDocument
from amorph_flows.schemas.labelling import EngineInfo


class VoltageVerdict(Answer):
    """Answers to the questions on a voltage."""

    FAILED = auto()
    GUESSED = auto()
    NOT_CONVERGED = auto()
    ENOUGH = auto()
    SHORT = auto()
    INSIDE = auto()
    EXTRAPOLATES = auto()


class VoltagePoint(Document):
    """The average voltage of one source of structures."""

    structure_source: Literal[
        "crystal", "crystal by MTP", "crystal relaxed by MTP", "engine MD", "MTP MD"
    ]
    temperature_k: float | None = Field(default=None, description="None for the crystal")
    voltage_v: float | None = Field(description="mean over snapshots, V; None where refused")
    spread_v: float | None = Field(default=None, description="standard deviation of snapshots, V")
    standard_error_v: float | None = None
    n_snapshots: int
    change_v: float | None = Field(default=None, description="against the crystal, V")
    change_percent: float | None = None
    documents: list[str] = Field(default_factory=list, description="uuids of the documents behind")
    verdicts: list[Verdict] = Field(default_factory=list)


class VoltageDoc(StageDocument):
    """Average insertion voltages against the ion's metal (Choyal et al. 2025, Eq. 1)."""

    ion: str
    engine: EngineInfo
    reference_energy_ev: float | None = Field(
        description="of one atom of the metal, eV; None where its relaxation failed"
    )
    points: list[VoltagePoint]
    inputs_cpu_seconds: float | None = Field(
        default=None, description="CPU time of the relaxations and single points behind them, s"
    )


class SnapshotDoc(StageDocument):
    """Snapshots of one run, each with its ions and then without them, or crystals; unlabelled."""

    structure_source: Literal["crystal relaxed by MTP", "engine MD", "MTP MD"]
    temperature_k: float | None = Field(default=None, description="None for crystals")
    sampled_fs: float = Field(
        default=0.0, description="length of the run that the snapshots are from, fs"
    )
    frames: FrameSet = Field(description="with and without ions, in turn")
    source_uuid: str = Field(description="uuid of the document of the run")
    verdicts: list[Verdict] = Field(
        default_factory=list, description="on the run that the snapshots are from"
    )
