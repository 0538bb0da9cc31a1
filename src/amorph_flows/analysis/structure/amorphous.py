"""The verdict *amorphous?* on a quenched structure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from amorph_flows.analysis.structure.fluctuation import above_noise, host_fluctuation
from amorph_flows.analysis.structure.melting import (
    MeltJudgement,
    MeltThresholds,
    MeltVerdict,
    judge_melt,
)
from amorph_flows.analysis.structure.order import (
    PLANE_NUMBERS,
    LatticeThresholds,
    LatticeVerdict,
    LongRangeOrder,
    long_range_order,
)
from amorph_flows.analysis.structure.snapshot import (
    StructureLike,
    as_trajectory,
    mask_of,
    perpendicular_widths,
    symbols_of,
)
from amorph_flows.analysis.trajectory import FloatArray, Trajectory

__all__ = [
    "AmorphousJudgement",
    "AmorphousThresholds",
    "AmorphousVerdict",
    "MeltJudgement",
    "MeltThresholds",
    "MeltVerdict",
    "judge_amorphous",
    "judge_melt",
]

SMALLEST_PLANE_SPACING_A = 1.5


class AmorphousVerdict(StrEnum):
    """Whether a structure has lost its crystal's long-range order."""

    AMORPHOUS = "amorphous"
    CRYSTALLINE = "crystalline"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class AmorphousThresholds:
    """When a structure counts as amorphous or crystalline.

    Parameters
    ----------
    rdf_fluctuation
        Amorphous: largest rms deviation of the host's RDF from 1 between 6 and 10 Å.
    amorphous_ratio, crystalline_ratio
        The same over that of the hot crystal: amorphous up to the first, crystalline from the
        second.
    crystal_displacement_a
        Rms displacement per direction, Å, that broadens the crystal's RDF: 0.3 Å in all, a tenth
        of a cation spacing, as hot as a crystal can be.
    chance_probability, structure_factor
        When a host sublattice has lattice planes, see `LatticeThresholds`.
    """

    rdf_fluctuation: float = 0.1
    amorphous_ratio: float = 0.5
    crystalline_ratio: float = 0.7
    crystal_displacement_a: float = 0.17
    chance_probability: float = 1e-3
    structure_factor: float = 0.5


@dataclass(frozen=True)
class AmorphousJudgement:
    """The verdict *amorphous?* and the numbers it came from.

    Parameters
    ----------
    verdict, reason
        The answer and one sentence on it.
    rdf_fluctuation
        Rms deviation of the host's RDF from 1 between 6 and 10 Å; counting noise removed.
    counting_noise
        What the fluctuation of as many atoms placed at random would be.
    crystal_rdf_fluctuation
        The same of the crystal at the largest thermal broadening.
    fluctuation_ratio
        The first over the last.
    lattice_verdict
        The most ordered of the host sublattices.
    lattice_structure_factors
        Its structure factors along a, b, c, shape ``(3,)``.
    lattice_element
        Which sublattice that is.
    thresholds
        What they were held to.
    """

    verdict: AmorphousVerdict
    reason: str
    rdf_fluctuation: float
    counting_noise: float
    crystal_rdf_fluctuation: float
    fluctuation_ratio: float
    lattice_verdict: LatticeVerdict
    lattice_structure_factors: FloatArray
    lattice_element: str
    thresholds: AmorphousThresholds


def judge_amorphous(
    structure: StructureLike,
    crystal: StructureLike,
    host_species: str | Iterable[str],
    thresholds: AmorphousThresholds | None = None,
) -> AmorphousJudgement:
    """Judge whether a structure, or the end of a trajectory, is amorphous.

    Parameters
    ----------
    structure
        A structure, or a trajectory: its RDF is averaged over all frames, its long-range order
        is that of the last.
    crystal
        The crystal it was made from; any cell that holds the host species.
    host_species
        Elements of the host.
    thresholds
        Limits of the verdict.

    Raises
    ------
    InputError
        If a host species is absent from the structure or the crystal.
    """
    limits = thresholds or AmorphousThresholds()
    hosts = symbols_of(host_species)
    frames, reference = as_trajectory(structure), as_trajectory(crystal)
    for source in (frames, reference):
        mask_of(source.numbers, hosts)
    measured, noise = host_fluctuation(frames, hosts)
    fluctuation = above_noise(measured, noise)
    of_crystal, _ = host_fluctuation(
        reference, hosts, limits.crystal_displacement_a, own_images=True
    )
    element, order = _most_ordered(frames.select(slice(frames.n_frames - 1, None)), hosts, limits)
    ratio = fluctuation / of_crystal
    verdict, reason = _amorphous_verdict(fluctuation, ratio, element, order.verdict, limits)
    return AmorphousJudgement(
        verdict=verdict,
        reason=reason,
        rdf_fluctuation=fluctuation,
        counting_noise=noise,
        crystal_rdf_fluctuation=of_crystal,
        fluctuation_ratio=ratio,
        lattice_verdict=order.verdict,
        lattice_structure_factors=order.structure_factors,
        lattice_element=element,
        thresholds=limits,
    )


def _most_ordered(
    frame: Trajectory, hosts: list[str], limits: AmorphousThresholds
) -> tuple[str, LongRangeOrder]:
    """Return the host sublattice with lattice planes along most axes, the least by chance."""
    lattice = LatticeThresholds(limits.chance_probability, limits.structure_factor)
    widest = int(perpendicular_widths(frame.cells[0]).max() / SMALLEST_PLANE_SPACING_A)
    planes = range(2, max(widest, PLANE_NUMBERS[-1]) + 1)
    orders = {e: long_range_order(frame, e, 1, planes, lattice) for e in hosts}
    rank = [LatticeVerdict.NO_LATTICE, LatticeVerdict.PARTIAL_LATTICE, LatticeVerdict.LATTICE]
    element = max(
        hosts,
        key=lambda e: (rank.index(orders[e].verdict), -orders[e].chance_probabilities.min()),
    )
    return element, orders[element]


def _amorphous_verdict(
    fluctuation: float,
    ratio: float,
    element: str,
    lattice: LatticeVerdict,
    limits: AmorphousThresholds,
) -> tuple[AmorphousVerdict, str]:
    measured = (
        f"the host RDF beyond 6 Å deviates by {fluctuation:.3f} from 1, {ratio:.2f} of the hot "
        f"crystal's, and the {element} sublattice has {lattice}"
    )
    if ratio >= limits.crystalline_ratio or lattice is LatticeVerdict.LATTICE:
        return AmorphousVerdict.CRYSTALLINE, f"order of a crystal remains: {measured}"
    flat = fluctuation <= limits.rdf_fluctuation and ratio <= limits.amorphous_ratio
    if flat and lattice is LatticeVerdict.NO_LATTICE:
        return AmorphousVerdict.AMORPHOUS, f"no long-range order: {measured}"
    return AmorphousVerdict.UNDECIDED, f"neither a crystal nor clearly amorphous: {measured}"
