"""Rings of a network by the definitions of Guttman, of King, and of primitive rings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from amorph_flows.analysis.structure._bond_graph import BondGraph, Ring
from amorph_flows.analysis.structure._ring_search import (
    different,
    rings_of_angles,
    rings_of_bonds,
    undivided_rings,
)
from amorph_flows.analysis.structure._snapshot import (
    StructureLike,
    as_trajectory,
    mask_of,
    symbols_of,
)
from amorph_flows.analysis.structure.coordination import Pair
from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import InputError

LARGEST_RING = 12

RingKind = Literal["guttman", "king", "primitive"]


@dataclass(frozen=True)
class Rings:
    """The different rings of a network.

    Parameters
    ----------
    kind
        By which definition.
    sizes
        Backbone atoms of each ring: cations where anions link them (as many as the anions), all
        atoms in a network without anions, shape ``(n_rings,)``.
    centres
        Mean position of the atoms of each ring, Å, wrapped into the cell, shape ``(n_rings, 3)``.
    areas_a2
        Area of each ring, Å²: that of the polygon through its atoms in the projection in which it
        is largest, ½ |Σ r_i × r_i+1|, shape ``(n_rings,)``.
    eccentricities
        Of the ellipse with the second moments a² ≥ b² of the ring's atoms in its plane,
        sqrt(1 - b²/a²): 0 for a circle, 1 for a line; shape ``(n_rings,)``.
    members
        Indices of the atoms of each ring, in order around it.
    largest
        Largest size that was searched for.
    n_open
        Bonds that no ring up to that size goes through.
    cutoffs_a
        The bond lengths that were used, Å.
    """

    kind: RingKind
    sizes: IntArray
    centres: FloatArray
    areas_a2: FloatArray
    eccentricities: FloatArray
    members: tuple[tuple[int, ...], ...]
    largest: int
    n_open: int
    cutoffs_a: dict[Pair, float]

    @property
    def distribution(self) -> dict[int, int]:
        """Number of rings of each size."""
        sizes, counts = np.unique(self.sizes, return_counts=True)
        return {int(size): int(count) for size, count in zip(sizes, counts, strict=True)}


def guttman_rings(
    structure: StructureLike,
    backbone: str | Iterable[str],
    anion: str | None = "O",
    cutoffs_a: Mapping[Pair, float] | None = None,
    largest: int = LARGEST_RING,
) -> Rings:
    """Return the rings of one structure (Guttman, J. Non-Cryst. Solids 116, 145 (1990)).

    For every bond, the rings are all shortest paths between its atoms that do not use the bond;
    equal rings found from several bonds count once. Paths run through the periodic images, so a
    chain that closes only on an image of itself is no ring, however small the cell.

    Parameters
    ----------
    structure
        A structure, or a trajectory of one frame.
    backbone
        The cations of the network, such as P and Fe.
    anion
        The element that links them; None if they bond to each other.
    cutoffs_a
        Bond lengths by pair of elements, Å; the first minima of the RDFs for those not given.
    largest
        Largest ring, in backbone atoms, to search for.

    Examples
    --------
    How ions lie around the rings of one size, as g(r) of a dummy element at their centres:

    >>> centres = rings.centres[rings.sizes == 6]
    >>> marked = glass + Atoms(numbers=[0] * len(centres), positions=centres)
    >>> radial_distribution(marked).pair("X", "Na")

    Raises
    ------
    InputError
        If an element is absent, a cutoff cannot be, or largest is below 2.
    """
    return _rings("guttman", structure, backbone, anion, cutoffs_a, largest)


def king_rings(
    structure: StructureLike,
    backbone: str | Iterable[str],
    anion: str | None = "O",
    cutoffs_a: Mapping[Pair, float] | None = None,
    largest: int = LARGEST_RING,
) -> Rings:
    """Return the rings of one structure by King's definition (Nature 213, 1112 (1967)).

    For every backbone atom and every two of its bonds, the rings are all shortest ones through
    both bonds; equal rings found from several atoms count once. An anion between two cations has
    but one pair of bonds, whose shortest ring is Guttman's, and starts no search.

    Parameters
    ----------
    structure, backbone, anion, cutoffs_a, largest
        As for `guttman_rings`.

    Raises
    ------
    InputError
        As `guttman_rings`.
    """
    return _rings("king", structure, backbone, anion, cutoffs_a, largest)


def primitive_rings(
    structure: StructureLike,
    backbone: str | Iterable[str],
    anion: str | None = "O",
    cutoffs_a: Mapping[Pair, float] | None = None,
    largest: int = LARGEST_RING,
) -> Rings:
    """Return the primitive rings of one structure, those that no path divides into two smaller.

    A ring is primitive if between any two of its atoms no path through the network is shorter
    than both ways around the ring (Goetzke and Klein, J. Non-Cryst. Solids 127, 215 (1991); Yuan
    and Cormack, Comput. Mater. Sci. 24, 343 (2002)); Franzblau's shortest-path rings (Phys. Rev. B
    44, 4925 (1991)) are the same.

    Parameters
    ----------
    structure, backbone, anion, cutoffs_a, largest
        As for `guttman_rings`.

    Raises
    ------
    InputError
        As `guttman_rings`.
    """
    return _rings("primitive", structure, backbone, anion, cutoffs_a, largest)


def _rings(
    kind: RingKind,
    structure: StructureLike,
    backbone: str | Iterable[str],
    anion: str | None,
    cutoffs_a: Mapping[Pair, float] | None,
    largest: int,
) -> Rings:
    if largest < 2:
        raise InputError(f"largest is {largest}; the smallest ring has 2 backbone atoms")
    frame = as_trajectory(structure)
    cations = symbols_of(backbone)
    given = dict(cutoffs_a or {})
    graph = BondGraph.of(frame, {pair: given.get(pair) for pair in _pairs(cations, anion)})
    step = 1 if anion is None else 2
    centres = np.flatnonzero(mask_of(frame.numbers, cations)).tolist()
    if kind == "guttman":
        found = different(rings_of_bonds(graph, largest * step))
    elif kind == "king":
        found = different(rings_of_angles(graph, centres, largest * step))
    else:
        found = different(undivided_rings(graph, centres, largest * step))
    return _described(kind, graph, found, step, largest)


def _pairs(backbone: list[str], anion: str | None) -> list[Pair]:
    if anion is not None:
        return [(cation, anion) for cation in backbone]
    return [(a, b) for n, a in enumerate(backbone) for b in backbone[n:]]


def _described(
    kind: RingKind, graph: BondGraph, found: list[Ring], step: int, largest: int
) -> Rings:
    positions = [graph.positions(ring) for ring in found]
    centres = np.reshape([places.mean(axis=0) for places in positions], (-1, 3))
    return Rings(
        kind=kind,
        sizes=np.array([len(ring) // step for ring in found], dtype=np.int64),
        centres=centres @ np.linalg.inv(graph.cell) % 1.0 @ graph.cell,
        areas_a2=np.array([_area(places) for places in positions], dtype=float),
        eccentricities=np.array([_eccentricity(places) for places in positions], dtype=float),
        members=tuple(tuple(node[0] for node in ring) for ring in found),
        largest=largest,
        n_open=graph.bonds_outside(found),
        cutoffs_a=graph.cutoffs_a,
    )


def _area(places: FloatArray) -> float:
    """Return the length of the vector area of a polygon, Å²."""
    from_centre = places - places.mean(axis=0)
    vector = np.cross(from_centre, np.roll(from_centre, -1, axis=0)).sum(axis=0) / 2
    return float(np.linalg.norm(vector))


def _eccentricity(places: FloatArray) -> float:
    moments = np.linalg.svd(places - places.mean(axis=0), compute_uv=False) ** 2
    return float(np.sqrt(1.0 - moments[1] / moments[0]))
