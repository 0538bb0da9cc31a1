"""Documents of a glass: its network, scattering, rings and volume, T_g and elasticity."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Self, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from amorph_flows.analysis.elastic import ElasticConstants, ElasticVerdict
from amorph_flows.analysis.glass_transition import GlassTransition, TransitionVerdict
from amorph_flows.analysis.structure.coordination import Pair
from amorph_flows.analysis.structure.free_volume import FreeVolume
from amorph_flows.schemas.array import Array
from amorph_flows.schemas.base import Document, StageDocument
from amorph_flows.schemas.structure import RDFDoc
from amorph_flows.schemas.verdict import Verdict


class ResultDocument(Document):
    """A document with the fields and properties of one result of the analysis."""

    @classmethod
    def from_result(cls, result: Any) -> Self:
        """Return the document of a result.

        Parameters
        ----------
        result
            The dataclass that the analysis returned; pairs of elements become ``"P-O"``.
        """
        fields = [name for name in cls.model_fields if hasattr(result, name)]
        return cls(**{name: _plain(getattr(result, name)) for name in fields})


def _plain(value: Any) -> Any:
    """Call a method, and name pairs of elements, which no database takes as keys."""
    if callable(value):
        return value()
    if isinstance(value, dict):
        return {_named(key): item for key, item in value.items()}
    return value


def _named(key: Pair | str | int) -> str | int:
    return "-".join(key) if isinstance(key, tuple) else key


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

    lag_fs: float = Field(description="time over which mobility is judged, fs")
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
    n_frames: int = Field(description="frames that were averaged over")


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


class GlassTransitionDoc(StageDocument):
    """Glass transition of one cooling or heating run."""

    temperature_k: float = Field(description="where the two lines meet, K")
    interval_k: tuple[float, float] = Field(description="95 % interval, K")
    glass_slope: float = Field(description="of the property below, per K")
    liquid_slope: float = Field(description="of the property above, per K")
    transition: Verdict
    temperatures_k: list[float] = Field(default_factory=list, description="of the curve, K")
    energies_ev_atom: list[float] = Field(
        default_factory=list, description="mean potential energy at each, eV/atom"
    )

    @classmethod
    def from_result(cls, result: GlassTransition) -> Self:
        """Return the document of what `fit_glass_transition` returned."""
        found = result.verdict is TransitionVerdict.FOUND
        verdict = _verdict("glass transition?", result, found, "temperature_k", "probability")
        return _judged(cls, result, transition=verdict)


def _no_rows() -> npt.NDArray[np.float64]:
    return np.empty((0, 6))


class ElasticDoc(StageDocument):
    """Elastic constants and isotropic moduli."""

    tensor_gpa: Array = Field(description="C_ij, Voigt's order, GPa, shape (6, 6)")
    young_gpa: float
    shear_gpa: float
    bulk_gpa: float
    poisson: float
    residual_stress_ev_a3: Array = Field(description="tension positive, eV/Å³, shape (6,)")
    isotropic: Verdict
    strains: Array = Field(default_factory=_no_rows, description="Voigt's, shape (n, 6)")
    stresses_ev_a3: Array = Field(
        default_factory=_no_rows, description="Voigt's, eV/Å³, shape (n, 6)"
    )

    @classmethod
    def from_result(cls, result: ElasticConstants) -> Self:
        """Return the document of what `elastic_constants` returned."""
        isotropic = result.verdict is ElasticVerdict.ISOTROPIC
        verdict = _verdict("isotropic?", result, isotropic, "nonlinearity", "anisotropy")
        return _judged(cls, result, isotropic=verdict)


_Judged = TypeVar("_Judged", bound=StageDocument)


def _judged(document: type[_Judged], result: object, **verdicts: Verdict) -> _Judged:
    """Return a document with its verdicts and every field that the result has too."""
    shared = [name for name in document.model_fields if hasattr(result, name)]
    return document(**{name: getattr(result, name) for name in shared}, **verdicts)


def _verdict(
    question: str, result: GlassTransition | ElasticConstants, believable: bool, *numbers: str
) -> Verdict:
    return Verdict(
        question=question,
        answer=result.verdict.name,
        believable=believable,
        reason=result.reason,
        numbers={name: float(getattr(result, name)) for name in numbers},
        thresholds=asdict(result.thresholds),
    )
