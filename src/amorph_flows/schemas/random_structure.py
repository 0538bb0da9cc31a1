"""The document of a random structure: a packing of a composition, and copies of other sizes."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from pymatgen.core import Structure

from amorph_flows.schemas.base import Document, StageDocument


class DensityDoc(Document):
    """A density before there is a glass, and where it is from."""

    g_cm3: float
    source: Literal["given", "crystals of the composition", "crystals of the elements", "radii"]
    deviation_g_cm3: float | None = Field(
        description="of crystals: standard deviation between them; of radii: their error on known "
        "glasses, root mean square; None where it was given"
    )
    material_ids: list[str] = Field(
        default_factory=list, description="crystals of the Materials Project"
    )


class ScaledStructure(Document):
    """A copy of the packing with other side lengths."""

    scale: float = Field(description="of the side lengths")
    density_g_cm3: float
    shortest_distance_a: float | None = Field(
        description="between two atoms, images included, Å; None: beyond 6 Å"
    )
    structure: Structure


class RandomStructureDoc(StageDocument):
    """Atoms of a composition placed at random at a density."""

    composition: str = Field(description="formula unit")
    charges: dict[str, float] = Field(description="mean charge of each element, neutral together")
    n_atoms: int
    n_formula_units: int
    n_atoms_asked: int = Field(description="the whole formula units nearest to it were taken")
    density: DensityDoc = Field(description="of the packing")
    min_distance_a: dict[str, float] = Field(description="least distance by pair, Å")
    seed: int
    structure: Structure = Field(description="the packing at its density")
    samples: list[ScaledStructure] = Field(description="copies, in the order that was asked for")
