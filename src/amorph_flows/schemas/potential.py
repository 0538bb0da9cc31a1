"""The document of a potential, fitted or classical."""

from __future__ import annotations

from enum import auto
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, PlainSerializer

from amorph_flows.analysis.verdict import Answer, Verdict
from amorph_flows.datasets.binary import decode_file, encode_file
from amorph_flows.datasets.errors import ErrorStatistics
from amorph_flows.datasets.grade_check import GradeCheck
from amorph_flows.errors import InputError
from amorph_flows.hashes import sha256_of_files
from amorph_flows.schemas.base import Document, JobKind, StageDocument
from amorph_flows.schemas.fits import AnySettings, ClassicalSettings, FitSettings
from amorph_flows.schemas.labelling import EngineInfo

FileBytes = Annotated[bytes, BeforeValidator(decode_file), PlainSerializer(encode_file)]
"""What a file holds, stored as text."""

HowEnded = Literal["converged", "steps", "time"]
"""What ended a fit: nothing more to gain, the steps asked for, or the clock."""


class PotentialVerdict(Answer):
    """Answers to the questions about a fitted potential."""

    ACCURATE = auto()
    INACCURATE = auto()
    NOT_TESTED = auto()
    ENOUGH = auto()
    FEW = auto()
    CHOSEN_ON_TEST = auto()
    OUT_OF_TIME = auto()


class Trial(Document):
    """A fit with settings that were tried, on the frames that chose among them."""

    model: str = Field(description="such as 'MTP of level 16'")
    settings: dict[str, object]
    n_parameters: int
    part: str = Field(description="of the dataset, as in `PotentialDoc.errors`")
    errors: ErrorStatistics = Field(description="of that part")
    ended: HowEnded
    cpu_seconds: float = Field(description="of the fit")


class PotentialDoc(StageDocument):
    """A potential; a fitted one has errors and what its extrapolation grade comes from."""

    job_kind: ClassVar[JobKind] = "fit"

    species: list[str] = Field(description="element symbols in the order of the species numbers")
    settings: AnySettings = Field(description="of its backend, which they name")
    engine: EngineInfo = Field(description="engine of the labels; a classical potential itself")
    files: dict[str, FileBytes] = Field(
        description="files by name: the potential and, of a fitted one, the active set or the "
        "committee of its grades"
    )
    sha256: str = Field(default="", description="of the files; filled in where empty")
    grade_files: list[str] = Field(
        default_factory=list, description="names of those that extrapolation grades come from"
    )
    reference_energies_ev: dict[str, float] = Field(
        default_factory=dict,
        description="energy of a lone atom of each element, eV; empty: part of the potential",
    )
    licence: str = Field(default="", description="of the code of the method")
    versions: dict[str, str] = Field(
        default_factory=dict, description="of the packages that fitted it"
    )
    n_parameters: int
    n_training_frames: int
    errors: dict[str, ErrorStatistics] = Field(
        description="by part: training, validation, test_random, test_blocks; without blocks "
        "test_apart, the random test frames whose neighbours in time are not trained on"
    )
    trials: list[Trial] = Field(
        default_factory=list,
        description="of the settings that were tried, the best first; empty where none were",
    )
    grade_check: GradeCheck | None = Field(
        default=None, description="of the held-out frames: grades against errors of forces"
    )
    curves: dict[str, object] = Field(
        default_factory=dict, description="parity data and loss history for the report"
    )
    training_cpu_seconds: float
    wall_seconds: float | None = Field(default=None, description="of the fit and its grades, s")
    peak_memory_mb: float | None = Field(default=None, description="largest of the fit, MB")
    cores: int | None = Field(default=None, description="that the fit could use")
    ended: HowEnded = Field(default="converged", description="what ended the fit")
    dataset_uuid: str = ""
    parent_uuid: str = Field(default="", description="potential that the fit started from")
    verdicts: list[Verdict] = Field(default_factory=list)

    def model_post_init(self, _context: object) -> None:
        """Fill in the hash of the files."""
        self.sha256 = self.sha256 or self.files_sha256()

    def files_sha256(self) -> str:
        """Return the SHA-256 of names and contents of the files."""
        return sha256_of_files(self.files)

    @property
    def backend(self) -> str:
        """Name in the registry of potentials."""
        return self.settings.backend

    @property
    def is_classical(self) -> bool:
        """Whether its parameters were given, not fitted: it has no training set and no grades."""
        return isinstance(self.settings, ClassicalSettings)

    @property
    def method(self) -> str:
        """What a person calls it, such as ``"MTP"`` or ``"pedone"``."""
        if self.is_classical:
            return self.engine.name
        return self.settings.method or self.backend.rpartition(":")[2]

    @property
    def has_grades(self) -> bool:
        """Whether a run with it can be graded; one that came as a file often cannot."""
        return bool(self.grade_files)

    def fit_settings(self) -> FitSettings:
        """Return how the potential was fitted.

        Raises
        ------
        InputError
            If it is a classical one.
        """
        if isinstance(self.settings, ClassicalSettings):
            raise InputError(
                f"the {self.backend} potential {self.engine.name!r} is not fitted; "
                "give a fitted potential"
            )
        return self.settings
