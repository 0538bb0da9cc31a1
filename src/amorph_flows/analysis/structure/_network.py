"""Network of a glass: bridging oxygens, Qn species and linkages between its polyhedra."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from amorph_flows.analysis.structure._snapshot import (
    StructureLike,
    as_trajectory,
    mask_of,
    symbols_of,
)
from amorph_flows.analysis.structure.coordination import Pair, find_bonds
from amorph_flows.arrays import FloatArray, IntArray


@dataclass(frozen=True)
class Network:
    """How the polyhedra around network formers are linked through anions.

    Parameters
    ----------
    former, anion
        The elements of the network, such as P and O.
    n_formers
        Number of formers.
    bridging, non_bridging, free
        Anions bonded to two or more formers, to one, and to none.
    qn
        Fraction of formers with n = 0, 1, 2, … bridging anions, shape ``(max + 1,)``.
    linkages_per_former
        Anions that link the former to each element, per former: ``{"P-O-P": …, "P-O-Fe": …}``;
        an anion counts once for each kind of linkage that it makes.
    cutoffs_a
        The bond lengths that were used, Å.
    """

    former: str
    anion: str
    n_formers: int
    bridging: int
    non_bridging: int
    free: int
    qn: FloatArray
    linkages_per_former: dict[str, float]
    cutoffs_a: dict[Pair, float]

    @property
    def connectivity(self) -> float:
        """Mean number of bridging anions of a former."""
        return float(np.arange(len(self.qn)) @ self.qn)


def network_statistics(
    structure: StructureLike,
    former: str,
    others: str | Iterable[str] = (),
    anion: str = "O",
    cutoffs_a: Mapping[Pair, float] | None = None,
) -> Network:
    """Return the network statistics of one structure.

    Parameters
    ----------
    structure
        A structure, or a trajectory of one frame.
    former
        The network former whose anions are counted.
    others
        Other cations that anions may link it to, if any.
    anion
        The linking element.
    cutoffs_a
        Bond lengths by (cation, anion), Å; the first minima of the RDFs for those not given.

    Raises
    ------
    InputError
        If an element is absent or a cutoff cannot be.
    """
    frame = as_trajectory(structure)
    given = dict(cutoffs_a or {})
    cations = symbols_of([former, *([others] if isinstance(others, str) else others)])
    pairs = {(cation, anion): given.get((cation, anion)) for cation in cations}
    bonds = find_bonds(frame, pairs)
    anions = mask_of(frame.numbers, anion)
    bonded = {
        cation: np.bincount(
            bonds.second[mask_of(frame.numbers, cation)[bonds.first]], minlength=frame.n_atoms
        )
        for cation in cations
    }
    to_former = bonded[former]
    formers = mask_of(frame.numbers, former)
    n_formers = int(formers.sum())
    linked = {f"{former}-{anion}-{former}": anions & (to_former >= 2)} | {
        f"{former}-{anion}-{other}": anions & (to_former >= 1) & (bonded[other] >= 1)
        for other in cations[1:]
    }
    return Network(
        former=former,
        anion=anion,
        n_formers=n_formers,
        bridging=int((to_former[anions] >= 2).sum()),
        non_bridging=int((to_former[anions] == 1).sum()),
        free=int((to_former[anions] == 0).sum()),
        qn=_qn(bonds.first, bonds.second, formers, anions & (to_former >= 2)),
        linkages_per_former={name: float(m.sum()) / n_formers for name, m in linked.items()},
        cutoffs_a=bonds.cutoffs_a,
    )


def _qn(
    first: IntArray,
    second: IntArray,
    formers: np.ndarray[tuple[int], np.dtype[np.bool_]],
    bridging: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> FloatArray:
    """Return the fraction of formers with 0, 1, 2, … bridging anions."""
    ends = first[formers[first] & bridging[second]]
    counts = np.bincount(ends, minlength=len(formers))[formers]
    return np.bincount(counts) / len(counts)
