"""Documents of a glass: its network, scattering, rings and volume."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from amorph_flows.analysis.structure.free_volume import FreeVolume
from amorph_flows.schemas.array import Array
from amorph_flows.schemas.base import Document, StageDocument
from amorph_flows.schemas.result import ResultDocument
from amorph_flows.schemas.structure import RDFDoc


class CoordinationDoc(ResultDocument):
    """Coordination numbers of one element by another."""

    centre: str
    neighbour: str
    cutoff_a: float = Field(description="largest distance of a neighbour, Å")
    mean: float
    distribution: Array = Field(description="fraction of centres with 0, 1, 2, … neighbours")


class NetworkDoc(ResultDocument):
    """Bridging anions, Qn species and linkages."""

    former: str
    anion: str
    n_formers: int
    bridging: int = Field(description="anions bonded to two or more formers")
    non_bridging: int = Field(description="anions bonded to one former")
    free: int = Field(description="anions bonded to no former")
    qn: Array = Field(description="fraction of formers with n = 0, 1, 2, … bridging anions")
    connectivity: float = Field(description="mean number of bridging anions of a former")
    linkages_per_former: dict[str, float] = Field(description="such as P-O-Fe, per former")
    cutoffs_a: dict[str, float] = Field(description="bond lengths, Å")


class BondAnglesDoc(ResultDocument):
    """Distribution of one bond angle."""

    triplet: tuple[str, str, str] = Field(description="end, vertex, end")
    angles_deg: Array = Field(description="centres of the bins, degrees")
    density: Array = Field(description="probability density, 1/degree")
    n_angles: int
    mean_deg: float
    standard_deviation_deg: float
    cutoffs_a: dict[str, float] = Field(description="bond lengths, Å")


class StructureFactorDoc(ResultDocument):
    """Partial, neutron and X-ray structure factors."""

    q_inv_a: Array = Field(description="|Q|, 1/Å, shape (n_q,)")
    elements: tuple[str, ...] = Field(description="they label the axes of the partials")
    faber_ziman: Array = Field(description="A_ij(Q), shape (n_elements, n_elements, n_q)")
    ashcroft_langreth: Array = Field(description="S_ij(Q), the same shape")
    neutron: Array = Field(description="total for neutrons, Faber-Ziman, shape (n_q,)")
    xray: Array = Field(description="total for X-rays, Faber-Ziman, shape (n_q,)")
    n_vectors: Array = Field(description="wave vectors behind each Q, shape (n_q,)")
    seed: int = Field(description="of the choice of wave vectors")


class RingsDoc(ResultDocument):
    """Guttman's rings."""

    distribution: dict[int, int] = Field(description="number of rings of each size")
    sizes: Array = Field(description="backbone atoms of each ring, shape (n_rings,)")
    centres: Array = Field(description="centre of each ring, Å, shape (n_rings, 3)")
    largest: int = Field(description="largest size that was searched for")
    n_open: int = Field(description="bonds without a ring up to that size")
    cutoffs_a: dict[str, float] = Field(description="bond lengths, Å")


class RingSurroundingsDoc(ResultDocument, StageDocument):
    """Fast and slow ions around the centres of rings."""

    lag_fs: float = Field(description="time of the displacement that ions are ranked by, fs")
    origin_fs: float = Field(description="where it starts, fs after the first frame")
    fast_time_fs: float | None = Field(
        description="how long an ion stays fast, fs: time beyond the lag at which the correlation "
        "of ranks has fallen to 1/e of its first value; None where it has not"
    )
    next_rank_correlation: float | None = Field(
        description="Spearman's, of displacements with those that follow at once"
    )
    distances_a: Array = Field(description="centres of the bins, Å")
    partial: dict[str, Array] = Field(
        description="g(r) from ring centres to ions, such as '<6-fast' and '6-7-slow'"
    )
    n_rings: dict[str, float] = Field(description="rings of each class of sizes in a frame")
    nearest_distance_a: dict[str, float] = Field(
        description="of fast, slow and all ions to the nearest centre of a ring, Å"
    )
    nearest_size: dict[str, float] = Field(description="mean size of that ring")
    nearest_sizes: dict[str, Array] = Field(
        description="share of ions whose nearest ring has 0, 1, 2, … backbone atoms"
    )
    cutoffs_a: dict[str, float] = Field(description="bond lengths, Å")
    n_frames: int = Field(description="frames around the origin that were averaged over")


class FreeVolumeDoc(Document):
    """Free volume after Voronoi."""

    fraction: float = Field(description="free share of the whole volume")
    mean_a3: dict[str, float] = Field(description="mean free volume of each element, Å³")
    radii_a: dict[str, float] = Field(description="radius of each element, Å")

    @classmethod
    def from_result(cls, result: FreeVolume) -> Self:
        """Return the document of a result.

        Parameters
        ----------
        result
            What `voronoi_free_volume` returned.
        """
        means = {element: float(result.of_element(element).mean()) for element in result.radii_a}
        return cls(fraction=result.fraction, mean_a3=means, radii_a=result.radii_a)


class GlassDoc(StageDocument):
    """The structure of one glass."""

    formula: str
    n_atoms: int
    density_g_cm3: float
    rdf: RDFDoc
    coordination: list[CoordinationDoc]
    network: NetworkDoc
    angles: list[BondAnglesDoc]
    structure_factor: StructureFactorDoc
    rings: RingsDoc
    free_volume: FreeVolumeDoc
