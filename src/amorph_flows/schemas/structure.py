"""Documents of structures: radial distribution functions, long-range order, and MD compared."""

from __future__ import annotations

from dataclasses import asdict
from typing import Literal, Self

import numpy as np
from pydantic import Field

from amorph_flows.analysis.structure.order import LongRangeOrder
from amorph_flows.analysis.structure.oxidation_states import OxidationStates
from amorph_flows.analysis.structure.rdf import RadialDistribution
from amorph_flows.analysis.verdict import Verdict
from amorph_flows.schemas.array import Array
from amorph_flows.schemas.base import Document, StageDocument


class RDFDoc(Document):
    """Partial and total radial distribution functions."""

    distances_a: Array = Field(description="centres of the bins, Å, shape (n_bins,)")
    elements: list[str] = Field(description="they label the axes of the partials")
    counts: list[int] = Field(description="atoms of each element")
    partial: Array = Field(description="g_ij(r), shape (n_elements, n_elements, n_bins)")
    total: Array = Field(description="g(r) of all atoms alike, shape (n_bins,)")
    coordination: Array = Field(
        description="mean number of atoms j within r (outer edge of the bin) of an atom i, "
        "shape (n_elements, n_elements, n_bins)"
    )
    volume_a3: float = Field(description="mean volume of the cell, Å³")
    n_frames: int = Field(description="frames averaged over")

    @classmethod
    def from_result(cls, result: RadialDistribution) -> Self:
        """Return the document of a result.

        Parameters
        ----------
        result
            What `radial_distribution` returned.
        """
        return cls(
            distances_a=result.distances_a,
            elements=list(result.elements),
            counts=[int(count) for count in result.counts],
            partial=result.partial,
            total=result.total,
            coordination=result.coordination,
            volume_a3=result.volume_a3,
            n_frames=result.n_frames,
        )

    def to_result(self) -> RadialDistribution:
        """Return the result that the document was made from, with its methods."""
        return RadialDistribution(
            distances_a=self.distances_a,
            elements=tuple(self.elements),
            counts=np.array(self.counts),
            partial=self.partial,
            total=self.total,
            coordination=self.coordination,
            volume_a3=self.volume_a3,
            n_frames=self.n_frames,
        )


class LongRangeOrderDoc(Document):
    """Directional disorder of one sublattice, in units of its plane spacings."""

    species: list[str] = Field(description="elements of the sublattice")
    n_atoms: int
    maximum: float = Field(
        description="largest disorder over the directions; in the octant (+++) by construction, "
        "as deviations are absolute: √(along_a² + along_b² + along_c²)"
    )
    minimum: float = Field(description="smallest disorder over the directions")
    maximum_scatter: float | None = Field(
        default=None,
        description="standard deviation of the maximum between frames of the second half of MD; "
        "None: too few",
    )
    minimum_scatter: float | None = Field(default=None, description="the same of the minimum")
    along_a: float
    along_b: float
    along_c: float
    maximum_direction: Array = Field(
        description="unit vector along (a, b, c), shape (3,); in (+++) or its opposite by "
        "construction"
    )
    minimum_direction: Array = Field(description="unit vector along (a, b, c), shape (3,)")
    directions: Array = Field(description="unit vectors, shape (n_directions, 3)")
    disorder: Array = Field(description="disorder along each, shape (n_directions,)")
    plane_numbers: tuple[int, int, int] = Field(
        description="planes per cell along a, b, c; one lattice only where they are the same"
    )
    structure_factors: Array = Field(description="of these planes, 0 to 1, shape (3,)")
    lattice: Verdict = Field(description="whether there are planes to deviate from")

    @classmethod
    def from_result(cls, result: LongRangeOrder) -> Self:
        """Return the document of a result.

        Parameters
        ----------
        result
            What `long_range_order` returned.
        """
        return cls(
            species=list(result.species),
            n_atoms=result.n_atoms,
            maximum=result.maximum,
            minimum=result.minimum,
            along_a=result.along_a,
            along_b=result.along_b,
            along_c=result.along_c,
            maximum_direction=result.maximum_direction,
            minimum_direction=result.minimum_direction,
            directions=result.directions,
            disorder=result.disorder,
            plane_numbers=result.plane_numbers,
            structure_factors=result.structure_factors,
            lattice=result.lattice,
        )


class OxidationStatesDoc(Document):
    """Shares of the d⁰ and d¹ states of one element, by the moments of its atoms."""

    element: str
    d0_ion: str = Field(description="the ion without a d electron, such as V5+")
    d1_ion: str = Field(description="the ion with one, such as V4+")
    d0: float = Field(description="share of atoms of the element within 1/3 µB of 0 µB")
    d1: float = Field(description="share of atoms within 1/3 µB of 1 µB")
    undecided: float = Field(description="share of the others: between the two, or above both")
    mean_moment_mub: float = Field(description="mean size of the moments, µB")
    n_atoms: int = Field(description="atoms of the element in a frame")
    n_frames: int = Field(description="frames counted")

    @classmethod
    def from_result(cls, result: OxidationStates) -> Self:
        """Return the document of a result.

        Parameters
        ----------
        result
            What `oxidation_states` returned.
        """
        return cls(**asdict(result))


class SampledStructure(Document):
    """RDFs, order and energies of one composition at one temperature from one kind of MD."""

    structure_source: Literal["crystal", "engine MD", "MTP MD"]
    formula: str
    temperature_k: float | None = None
    rdf: RDFDoc
    half_width_a: float | None = Field(
        default=None,
        description="half the least width of the cell, Å; beyond it g(r) holds an atom twice",
    )
    order: list[LongRangeOrderDoc] = Field(default_factory=list)
    oxidation_states: list[OxidationStatesDoc] = Field(
        default_factory=list, description="empty where the engine gives no moments"
    )
    amorphous: Verdict | None = Field(
        default=None,
        description="of the second half of the run; None for the crystal and for engine MD of what "
        "was molten, which the document of the melt-quench judges",
    )
    energies_ev_atom: Array = Field(description="potential energy of each frame, eV/atom")
    times_fs: Array = Field(description="time of each frame, fs")
    documents: list[str] = Field(default_factory=list)


class StructureDoc(StageDocument):
    """Engine MD against MTP MD: RDFs, long-range order and energies."""

    samples: list[SampledStructure]
