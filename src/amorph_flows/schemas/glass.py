"""Documents of a glass: its network, scattering, rings and volume."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field

from amorph_flows.analysis.structure._rings import RingKind
from amorph_flows.analysis.structure._snapshot import mask_of
from amorph_flows.analysis.structure.free_volume import FreeVolume
from amorph_flows.analysis.verdict import Verdict
from amorph_flows.schemas.array import Array
from amorph_flows.schemas.base import Document, StageDocument
from amorph_flows.schemas.result import ResultDocument
from amorph_flows.schemas.spread import SpreadDoc
from amorph_flows.schemas.structure import RDFDoc

Radiation = Literal["neutron", "xray"]


class GlassAnalysis(Document):
    """How the structure of a glass is looked at."""

    cutoffs_a: dict[str, float] = Field(
        default_factory=dict,
        description="bond lengths such as {'P-O': 2.0}, Å; first minima of g(r) for the others",
    )
    largest_ring: int = Field(default=12, ge=2, description="backbone atoms to search up to")
    q_max: float = Field(default=15.0, gt=0, description="of S(Q), 1/Å")
    n_frames: int = Field(default=20, ge=1, description="of a run, at most")
    grid_a: float = Field(default=0.3, gt=0, description="spacing of the grid for voids, Å")
    diagrams: bool = Field(
        default=False,
        description="whether persistence diagrams are made, which needs the extra 'persistence'",
    )
    diagram_radii_a: dict[str, float] = Field(
        default_factory=dict, description="radius of each element in them, Å; 0 for the others"
    )


class FirstShellDoc(ResultDocument):
    """Distances up to the first minimum of one g(r)."""

    pair: tuple[str, str]
    peak_a: float = Field(description="place of the first peak, Å")
    mean_a: float = Field(description="mean distance up to the minimum, Å")
    standard_deviation_a: float = Field(description="of these distances, Å")
    minimum_a: float = Field(description="place of the first minimum, Å")


class DiffractionPeakDoc(ResultDocument):
    """The first sharp diffraction peak."""

    q_inv_a: float = Field(description="place, 1/Å")
    height: float = Field(description="S there")
    width_inv_a: float = Field(description="full width at half of its prominence, 1/Å")


class CoordinationDoc(ResultDocument):
    """Coordination numbers of one element by another."""

    centre: str
    neighbour: str
    cutoff_a: float = Field(description="largest distance of a neighbour, Å")
    mean: float
    distribution: Array = Field(description="fraction of centres with 0, 1, 2, … neighbours")
    shell: Verdict | None = Field(
        default=None, description="whether it depends on the cutoff; None in documents of old"
    )


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
    """Rings of a network by one definition."""

    kind: RingKind = "guttman"
    distribution: dict[int, int] = Field(description="number of rings of each size")
    sizes: Array = Field(description="backbone atoms of each ring, shape (n_rings,)")
    centres: Array = Field(description="centre of each ring, Å, shape (n_rings, 3)")
    areas_a2: Array | None = Field(default=None, description="area of each ring, Å²")
    eccentricities: Array | None = Field(
        default=None, description="of each ring's ellipse: 0 a circle, 1 a line"
    )
    largest: int = Field(description="largest size that was searched for")
    n_open: int = Field(description="bonds that no ring up to that size goes through")
    cutoffs_a: dict[str, float] = Field(description="bond lengths, Å")


class RingSurroundingsDoc(ResultDocument):
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
    voronoi_mean_a3: dict[str, float] = Field(
        default_factory=dict, description="mean Voronoi volume of each element, Å³"
    )
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
        voronoi = {
            element: float(result.voronoi_volumes_a3[mask_of(result.numbers, element)].mean())
            for element in result.radii_a
        }
        return cls(
            fraction=result.fraction,
            mean_a3=means,
            voronoi_mean_a3=voronoi,
            radii_a=result.radii_a,
        )


class VoidsDoc(ResultDocument):
    """The room that a sphere has between the atoms."""

    probe_radius_a: float = Field(description="radius of the sphere, Å")
    spacing_a: float = Field(description="of the grid, Å")
    n_voids: int
    volumes_a3: Array = Field(description="of each void, largest first, Å³, shape (n_voids,)")
    radii_a: Array = Field(description="of the largest sphere in each, Å, shape (n_voids,)")
    centres: Array = Field(description="where that is, Å, shape (n_voids, 3)")
    dimensions: Array = Field(description="directions each runs on in, 0 to 3, shape (n_voids,)")
    fraction: float = Field(description="share of the volume that the sphere's centre can be in")
    open_fraction: float = Field(description="share of that in voids that run on without an end")
    limiting_radius_a: float = Field(description="of the largest sphere that could cross, Å")
    largest_radius_a: float = Field(description="of the largest sphere that fits anywhere, Å")
    atom_radii_a: dict[str, float] = Field(description="radius of each element, Å")
    left_out: list[str] = Field(description="elements that were taken out before")


class PersistenceDoc(ResultDocument):
    """Loops and cavities of a glass, and over which sizes of its atoms they last."""

    loops: Array = Field(description="birth and death of each loop, Å², shape (n_loops, 2)")
    cavities: Array = Field(description="of each closed cavity, Å², shape (n_cavities, 2)")
    radii_a: dict[str, float] = Field(description="radius of each element at the start, Å")


class GlassDoc(StageDocument):
    """The structure of one glass."""

    formula: str
    n_atoms: int
    n_frames: int = Field(
        default=1, description="that RDFs, coordination, angles and S(Q) are averaged over"
    )
    density_g_cm3: float
    amorphous: Verdict | None = Field(
        default=None,
        description="whether the network has no long-range order; None in documents of old",
    )
    rdf: RDFDoc
    shells: list[FirstShellDoc] = Field(
        default_factory=list, description="of the pairs of elements whose g(r) shows one"
    )
    coordination: list[CoordinationDoc]
    network: NetworkDoc
    angles: list[BondAnglesDoc]
    structure_factor: StructureFactorDoc
    first_sharp_peaks: dict[str, DiffractionPeakDoc] = Field(
        default_factory=dict, description="of neutron and xray, where there is one"
    )
    rings: RingsDoc = Field(description="Guttman's")
    other_rings: list[RingsDoc] = Field(
        default_factory=list, description="King's and the primitive ones"
    )
    free_volume: FreeVolumeDoc
    voids: VoidsDoc | None = Field(default=None, description="None in documents of old")
    persistence: PersistenceDoc | None = Field(default=None, description="where it was asked for")


class MeasuredCurve(Document):
    """A measured S(Q) beside the calculated one."""

    radiation: Radiation
    source: str = Field(description="file that it was read from")
    curve: Array = Field(description="Q in 1/Å and S, shape (n, 2)")
    deviation: SpreadDoc | None = Field(
        default=None, description="sqrt(Σ (S - S_measured)² / Σ S_measured²) of each glass"
    )


class GlassStructureDoc(StageDocument):
    """What glasses that were made alike are like: means, and how they differ."""

    formula: str
    n_atoms: int
    glass_uuids: list[str] = Field(description="of the GlassDoc of each glass")
    former: str
    anion: str
    numbers: dict[str, SpreadDoc] = Field(
        description="density, coordination_P_O, peak_P_O, angle_O_P_O, qn_3, anion_bridging, "
        "linkage_P_O_Fe, fsdp_neutron, rings_king_6, void_fraction, voronoi_volume_Na and so on"
    )
    functions: dict[str, Array] = Field(
        description="r_a with g_P_O, q_inv_a with s_neutron and s_xray: mean of the glasses, and "
        "with _spread their standard deviation; with persistence diagrams alpha_a2, loops and "
        "cavities, those per atom that are there at each α"
    )
    persistence: PersistenceDoc | None = Field(
        default=None, description="loops and cavities of all glasses together, if asked for"
    )
    measured: list[MeasuredCurve] = Field(default_factory=list)
    amorphous: Verdict | None = Field(
        default=None, description="of the glasses the first that is not, or the first"
    )
    verdicts: dict[str, Verdict] = Field(
        default_factory=dict,
        description="on a number, by its name: of the glasses the first that failed, or the first",
    )
