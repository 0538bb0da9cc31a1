"""The base of every document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from amorph_flows.analysis.verdict import Verdict

JobKind = Literal["dft", "md", "fit", "light"]
"""What a job mostly does, and so which worker it needs."""

BLOB_KEYS = ["frames", "curves", "files", "figures", "samples"]
"""Fields of documents whose contents go to the ``data`` store."""


class Document(BaseModel):
    """A document of this package: unknown keys are refused, arrays are allowed."""

    model_config = ConfigDict(extra="forbid", arbitrary_types_allowed=True)


class Judged(Document):
    """A part of a document that is a verdict itself, under names of its own."""

    @classmethod
    def verdict_of(cls, fields: Mapping[str, Any]) -> Verdict:
        """Return the verdict that the fields of such a part are.

        Parameters
        ----------
        fields
            Its fields, stored or not.
        """
        raise NotImplementedError


class StageDocument(Document):
    """The output of one job; the job fills the fields that say where it came from.

    Attributes
    ----------
    job_kind
        The kind of job that makes such a document: ``"dft"`` asks an engine for energies and
        forces, ``"md"`` runs LAMMPS, ``"fit"`` fits a potential, ``"light"`` is all else.
    """

    job_kind: ClassVar[JobKind] = "light"

    job_uuid: str = Field(default="", description="uuid of the jobflow job that made it")
    directory: str = Field(default="", description="folder that the job ran in")
    cpu_seconds: float | None = Field(default=None, description="CPU time of the job, s")

    def renewed(self, **changes: Any) -> Self:
        """Return a copy that another job will sign, with some fields changed.

        Parameters
        ----------
        **changes
            Fields and their new values.
        """
        origin = {"job_uuid": "", "directory": "", "cpu_seconds": None}
        return self.model_copy(update={**origin, **changes})
