"""The verdict *amorphous?* on a quenched structure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import auto

from amorph_flows.analysis.structure._fluctuation import above_noise, host_fluctuation
from amorph_flows.analysis.structure._snapshot import (
    StructureLike,
    as_trajectory,
    mask_of,
    perpendicular_widths,
    symbols_of,
)
from amorph_flows.analysis.structure.order import (
    PLANE_NUMBERS,
    LatticeThresholds,
    LatticeVerdict,
    LongRangeOrder,
    long_range_order,
)
from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.verdict import Answer, Verdict, in_words

_SMALLEST_PLANE_SPACING_A = 1.5


class AmorphousVerdict(Answer):
    """Whether a structure has lost its crystal's long-range order."""

    AMORPHOUS = auto()
    CRYSTALLINE = auto()
    UNDECIDED = auto()


@dataclass(frozen=True)
class AmorphousThresholds:
    """Limits within which a structure counts as amorphous or crystalline.

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


def judge_amorphous(
    structure: StructureLike,
    crystal: StructureLike | None,
    host_species: str | Iterable[str],
    thresholds: AmorphousThresholds | None = None,
) -> Verdict:
    """Judge whether a structure, or the end of a trajectory, is amorphous.

    Parameters
    ----------
    structure
        A structure, or a trajectory: its RDF is averaged over all frames, its long-range order
        is that of the last.
    crystal
        The crystal it was made from; any cell that holds the host species. None: it was made from
        a random packing, and is held to the absolute limits alone.
    host_species
        Elements of the host.
    thresholds
        Limits of the verdict.

    Returns
    -------
    Verdict
        Its answer is an `AmorphousVerdict`, and only ``AMORPHOUS`` passes. Its numbers are
        ``rdf_fluctuation``, the rms deviation of the host's RDF from 1 between 6 and 10 Å,
        counting noise removed; ``counting_noise``, what it would be for as many atoms placed at
        random; where there is a crystal, ``crystal_rdf_fluctuation``, what it is for that at the
        largest thermal broadening, and ``fluctuation_ratio``; and the structure factors of
        the most ordered host sublattice, ``lattice_structure_factor_a``, ``_b`` and ``_c``. Its
        reason names that sublattice.

    Raises
    ------
    InputError
        If a host species is absent from the structure or the crystal.
    """
    limits = thresholds or AmorphousThresholds()
    hosts = symbols_of(host_species)
    frames = as_trajectory(structure)
    reference = None if crystal is None else as_trajectory(crystal)
    for source in filter(None, [frames, reference]):
        mask_of(source.numbers, hosts)
    measured, noise = host_fluctuation(frames, hosts)
    fluctuation = above_noise(measured, noise)
    beside: dict[str, float] = {}
    if reference is not None:
        of_crystal, _ = host_fluctuation(
            reference, hosts, limits.crystal_displacement_a, own_images=True
        )
        beside["crystal_rdf_fluctuation"] = of_crystal
        beside["fluctuation_ratio"] = fluctuation / of_crystal
    element, order = _most_ordered(frames.select(slice(frames.n_frames - 1, None)), hosts, limits)
    ratio = beside.get("fluctuation_ratio")
    answer, reason = _amorphous_answer(fluctuation, ratio, element, order.verdict, limits)
    factors = dict(zip("abc", order.structure_factors, strict=True))
    return Verdict(
        question="amorphous?",
        answer=answer,
        passed=answer is AmorphousVerdict.AMORPHOUS,
        scope="numerical",
        reason=reason,
        numbers={
            "rdf_fluctuation": fluctuation,
            "counting_noise": noise,
            **beside,
            **{f"lattice_structure_factor_{axis}": factor for axis, factor in factors.items()},
        },
        thresholds=asdict(limits),
    )


def _most_ordered(
    frame: Trajectory, hosts: list[str], limits: AmorphousThresholds
) -> tuple[str, LongRangeOrder]:
    """Return the host sublattice with lattice planes along most axes, the least by chance."""
    lattice = LatticeThresholds(limits.chance_probability, limits.structure_factor)
    widest = int(perpendicular_widths(frame.cells[0]).max() / _SMALLEST_PLANE_SPACING_A)
    planes = range(2, max(widest, PLANE_NUMBERS[-1]) + 1)
    orders = {e: long_range_order(frame, e, 1, planes, lattice) for e in hosts}
    rank: list[str] = [
        LatticeVerdict.NO_LATTICE,
        LatticeVerdict.PARTIAL_LATTICE,
        LatticeVerdict.LATTICE,
    ]
    element = max(
        hosts,
        key=lambda e: (rank.index(orders[e].verdict), -orders[e].chance_probabilities.min()),
    )
    return element, orders[element]


def _amorphous_answer(
    fluctuation: float,
    ratio: float | None,
    element: str,
    lattice: str,
    limits: AmorphousThresholds,
) -> tuple[AmorphousVerdict, str]:
    beside = "" if ratio is None else f", {ratio:.2f} of the hot crystal's"
    measured = (
        f"the host RDF beyond 6 Å deviates by {fluctuation:.3f} from 1{beside}, and the {element} "
        f"sublattice has {in_words(lattice)}"
    )
    ratio = ratio or 0.0
    if ratio >= limits.crystalline_ratio or lattice == LatticeVerdict.LATTICE:
        return AmorphousVerdict.CRYSTALLINE, f"order of a crystal remains: {measured}"
    flat = fluctuation <= limits.rdf_fluctuation and ratio <= limits.amorphous_ratio
    if flat and lattice == LatticeVerdict.NO_LATTICE:
        return AmorphousVerdict.AMORPHOUS, f"no long-range order: {measured}"
    return AmorphousVerdict.UNDECIDED, f"neither a crystal nor clearly amorphous: {measured}"
