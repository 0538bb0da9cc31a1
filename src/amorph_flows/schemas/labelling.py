"""Documents of engines: labelled frames, relaxed structures, and failures."""

from __future__ import annotations

from enum import auto
from typing import ClassVar

from pydantic import Field
from pymatgen.core import Structure

from amorph_flows.analysis.verdict import Answer, Verdict
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.schemas.base import Document, JobKind, StageDocument
from amorph_flows.schemas.schedule import MDStage
from amorph_flows.schemas.until import Extension


class EngineVerdict(Answer):
    """Whether labels come from a method that counts as the truth."""

    SURROGATE = auto()


class EngineInfo(Document):
    """Which engine made a number; labels of two settings hashes are never mixed."""

    name: str = Field(description="name of the engine, such as 'CHGNet'")
    version: str = Field(default="", description="version of the code behind it")
    settings_hash: str = Field(description="hash of everything that changes its numbers")
    surrogate: bool = Field(description="whether it only imitates density functional theory")

    def verdicts(self, what: str) -> list[Verdict]:
        """Return the doubt that a surrogate brings, none for another engine.

        Parameters
        ----------
        what
            What it gave, in the plural, such as ``"labels"``.
        """
        if not self.surrogate:
            return []
        return [
            Verdict(
                question=f"{what} from density functional theory?",
                answer=EngineVerdict.SURROGATE,
                passed=False,
                scope="model",
                reason=f"the {what} come from {self.name}, a surrogate that imitates "
                "density functional theory",
            )
        ]


class QuarantinedCalculation(Document):
    """One calculation that failed, kept with its reason; it never ends a batch."""

    index: int = Field(description="its index in the batch")
    content_hash: str = Field(default="", description="content hash of the frame")
    reason: str = Field(description="why it was set aside")
    directory: str = Field(default="", description="folder of its files")


class LabelDoc(StageDocument):
    """Labelled frames of one MD run or of one batch of single points."""

    job_kind: ClassVar[JobKind] = "dft"

    engine: EngineInfo
    run: str = Field(default="", description="name of the trajectory or batch")
    stage: MDStage | None = Field(default=None, description="schedule of an MD run")
    seed: int | None = Field(default=None, description="seed of the initial velocities")
    n_steps: int = Field(default=0, description="MD steps or single points computed")
    frames: FrameSet = Field(description="labelled frames, in order of time for MD")
    structure: Structure | None = Field(
        default=None, description="last structure of an MD run, velocities (Å/fs) as site property"
    )
    quarantined: list[QuarantinedCalculation] = Field(default_factory=list)
    extensions: list[Extension] = Field(
        default_factory=list, description="how an MD run was made longer, in order"
    )
    verdicts: list[Verdict] = Field(
        default_factory=list, description="whether an MD run reached its goal, where it has one"
    )


class RelaxDoc(StageDocument):
    """A relaxed structure."""

    job_kind: ClassVar[JobKind] = "dft"

    engine: EngineInfo
    structure: Structure
    energy_ev: float = Field(description="total energy, eV")
    max_force_ev_a: float = Field(description="largest force that is left, eV/Å")
    converged: bool
    n_steps: int
