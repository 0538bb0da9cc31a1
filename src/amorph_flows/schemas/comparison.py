"""The document of several studies side by side, and what a study says of itself for it."""

from __future__ import annotations

from pydantic import Field

from amorph_flows.analysis.verdict import ResultWord
from amorph_flows.schemas.base import Document
from amorph_flows.schemas.labelling import EngineInfo


class StructureRow(Document):
    """One number of the structure of a study's glasses, all of them combined."""

    name: str = Field(description="such as 'first V-O peak', 'O around V' or 'density'")
    formula: str
    temperature_k: float
    structure_source: str = Field(description="engine MD, MTP MD or production")
    value: float
    unit: str
    uncertainty: list[float] | None = Field(
        description="95 % interval, which holds the scatter between glasses; None with one sample"
    )
    n_glasses: int


class StudyBasis(Document):
    """What decides whether results of a study may be compared with those of another."""

    formula: str = Field(description="of the glass with its ions")
    engines: dict[str, EngineInfo] = Field(
        description="of the voltages, of the structures (melt and quench) and of the labels that "
        "the potential was fitted to"
    )
    potential: str = Field(description="what a person calls it")
    potential_sha256: str
    n_glasses: int
    n_occupations: int
    structure: list[StructureRow] = Field(default_factory=list)


class ComparedStudy(Document):
    """One of the studies."""

    name: str
    title: str
    ion: str
    preset: str
    basis: StudyBasis


class ComparedValue(Document):
    """What one study has of a quantity."""

    value: float | None
    uncertainty: float | list[float] | None = Field(
        description="standard error, or the 95 % interval [low, high]"
    )
    verdict: ResultWord | None = Field(description="None for numbers of the structure")
    note: str = Field(default="", description="which scatter the uncertainty holds")


class Difference(Document):
    """What one study has of a quantity against what the first one has."""

    study: str
    difference: float | None = Field(
        default=None, description="its value minus the first's; None where they may not be compared"
    )
    factor: float | None = Field(
        default=None, description="its value over the first's, of what is compared as logarithms"
    )
    combined_error: float | None = Field(
        default=None,
        description="root of the sum of both squared standard errors; with `factor`, of logarithms",
    )
    n_errors: float | None = Field(
        default=None, description="size of the difference over its combined error"
    )
    agree: bool | None = Field(
        default=None, description="whether that is at most 1.96; None where it cannot be told"
    )
    reason: str = Field(description="one sentence: what was found, or why it cannot be told")


class ComparisonRow(Document):
    """One quantity of all studies."""

    quantity: str = Field(description="as in the results, or the name of a number of the structure")
    formula: str
    temperature_k: float | None
    structure_source: str
    unit: str
    values: list[ComparedValue | None] = Field(description="in the order of the studies")
    differences: list[Difference] = Field(description="of each study after the first")


class ComparisonDoc(Document):
    """Several studies side by side."""

    studies: list[ComparedStudy]
    rows: list[ComparisonRow]
    remarks: list[str] = Field(
        default_factory=list,
        description="what errors lack, and what else differences hold",
    )
    rule: str = Field(description="when two results agree, and the source of this rule")
