"""The document of a LAMMPS production run."""

from __future__ import annotations

from enum import auto
from typing import ClassVar, Literal

from pydantic import Field
from pymatgen.core import Structure

from amorph_flows.analysis.verdict import Answer, Verdict
from amorph_flows.schemas.base import Document, JobKind, StageDocument


class ProductionVerdict(Answer):
    """Answers to the questions on a production run."""

    NOT_WATCHED = auto()
    INSIDE = auto()
    EXTRAPOLATES = auto()
    HELD = auto()
    OFF = auto()
    COMPLETE = auto()
    CUT_SHORT = auto()
    WIDE = auto()
    NARROW = auto()


class FileReference(Document):
    """A file that is too large for a document."""

    path: str
    format: str = Field(description="such as 'lammps-dump'")
    sha256: str
    n_frames: int
    species: list[str] = Field(description="element symbol of each LAMMPS type, in order")


class MDPiece(Document):
    """A piece of a run that was resumed after a stop or a kill."""

    stage: int = Field(default=0, description="index of the stage that it begins in")
    first_step: int = Field(description="step that it begins at")
    langevin_seed: int | None = Field(
        default=None, description="of the random forces; None: none act in this piece"
    )


class TrajectoryDoc(StageDocument):
    """One production run, its trajectory by reference."""

    job_kind: ClassVar[JobKind] = "md"

    run: str
    formula: str
    temperature_k: float
    potential_uuid: str
    start: str = Field(description="where the starting structure came from")
    n_atoms: int
    time_step_fs: float
    equilibration_fs: float = Field(description="stages before production, fs")
    production_fs: float = Field(description="production that was reached, fs")
    asked_fs: float
    ensemble: Literal["nve", "nvt", "npt", "deform"] = Field(
        default="nvt", description="of production"
    )
    asked_pressure_gpa: float = Field(
        default=0.0, description="of the barostat, or that a cell held fixed should have, GPa"
    )
    seed: int
    pieces: list[MDPiece] = Field(
        default_factory=list, description="where the run began and where it was resumed"
    )
    failure: str = Field(default="", description="why the run ended early, if it failed")
    trajectory: FileReference
    structure: Structure = Field(description="last structure")
    mean_temperature_k: float
    mean_energy_ev_atom: float
    mean_pressure_gpa: float | None = None
    pressure_standard_error_gpa: float | None = Field(
        default=None, description="of the mean pressure, from blocks of time, GPa"
    )
    mean_density_g_cm3: float | None = None
    mean_volume_a3: float | None = None
    max_grade: float | None = None
    fraction_above_select: float | None = Field(
        default=None, description="of the graded steps; None where the grade was not watched"
    )
    curves: dict[str, object] = Field(
        default_factory=dict, description="thermo columns of production, per atom where named so"
    )
    verdicts: list[Verdict] = Field(default_factory=list)
