"""The document of a LAMMPS production run."""

from __future__ import annotations

from enum import auto
from typing import ClassVar, Literal

from pydantic import Field
from pymatgen.core import Structure
from typing_extensions import override

from amorph_flows.analysis.verdict import Answer, Verdict
from amorph_flows.schemas.base import Document, JobKind, StageDocument
from amorph_flows.schemas.until import Extension, Until


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


class ProductionUntil(Until):
    """What production is to reach before it ends, and what it may take at most.

    Examples
    --------
    >>> ProductionUntil(relative_error=0.2, budget_ps=4000)
    """

    verdict: str | None = Field(
        default=None,
        description="question of a verdict that is to pass, such as 'precise?'; 'diffusivity': all "
        "numerical ones on the diffusivity",
    )
    relative_error: float | None = Field(
        default=None,
        description="half-width of the 95 % interval of the tracer diffusivity over its value, at "
        "most",
    )
    ion: str | None = Field(
        default=None, description="mobile ion, such as 'Li+'; in a study it is that of the study"
    )

    @property
    @override
    def is_set(self) -> bool:
        return super().is_set or self.relative_error is not None

    @property
    @override
    def asked(self) -> list[str]:
        error = self.relative_error
        return [*([] if error is None else [f"relative error of D {error:g}"]), *super().asked]


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
    extensions: list[Extension] = Field(
        default_factory=list, description="how the run was made longer, in order"
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
