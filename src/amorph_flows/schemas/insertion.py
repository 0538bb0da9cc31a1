"""The document of an ion insertion."""

from __future__ import annotations

from enum import auto

from pydantic import Field
from pymatgen.core import Structure

from amorph_flows.analysis.verdict import Answer, Verdict
from amorph_flows.schemas.array import Array
from amorph_flows.schemas.base import Document, StageDocument


class InsertionVerdict(Answer):
    """Whether the lowest electrostatic energy was found, and whether the cell is relaxed."""

    PROVEN = auto()
    SEARCHED = auto()
    RELAXED = auto()
    NOT_CONVERGED = auto()


class OccupationDoc(Document):
    """One way to place the ions."""

    indices: list[int] = Field(description="indices into the candidate sites")
    energy_ev: float = Field(description="Ewald energy of the point charges, eV")
    structure: Structure


class SiteSetDoc(StageDocument):
    """Candidate sites of an ion in a host and its best occupations."""

    host: Structure = Field(description="with the charges that it has after insertion")
    ion: str = Field(description="such as 'Mg2+'")
    n_ions: int
    temperature_k: float | None = Field(default=None, description="of the host's branch, K")
    sites: Array = Field(description="fractional coordinates of the candidates, (n, 3)")
    n_found: int = Field(description="Voronoi nodes of the host, before any tolerance")
    n_cut_by_distance: int = Field(description="candidates too close to the host")
    n_merged: int = Field(description="candidates merged into a neighbour")
    min_distance_a: dict[str, float] = Field(description="least distance to each element, Å")
    merge_distance_a: float = Field(description="sites nearer than this are one, Å")
    occupations: list[OccupationDoc] = Field(description="best first, distinct")
    proven_optimal: bool
    seed: int
    structure: Structure = Field(
        description="the best occupation, without charges; relaxed where that was asked for"
    )
    verdict: Verdict
    relaxation_uuid: str = Field(
        default="", description="uuid of the RelaxDoc of cell and atoms; empty: not relaxed"
    )
    volume_change: float | None = Field(
        default=None, description="of the relaxation, relative to the volume of the host"
    )
    relaxed: Verdict | None = Field(default=None, description="None: no relaxation was asked for")
