"""Persistent homology of a glass: loops and cavities, and over which sizes of atoms they last."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from ase.data import chemical_symbols

from amorph_flows.analysis.structure._images import with_images
from amorph_flows.analysis.structure._snapshot import (
    StructureLike,
    elements_of,
    one_frame,
    perpendicular_widths,
)
from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import InputError, MissingDependencyError

_FIRST_MARGIN_A = 8.0
_MOST_MARGINS = 8
_JITTER_A = 1e-5
_LEAST_PERSISTENCE_A2 = 1e-3
_TOO_SMALL = "the cell is too small to tell an atom's neighbours from their images; repeat it"


@dataclass(frozen=True)
class PersistenceDiagrams:
    """The persistence diagrams of one structure.

    Parameters
    ----------
    loops
        Birth and death of each loop, Å², shape ``(n_loops, 2)``, first birth first.
    cavities
        Birth and death of each closed cavity, Å², shape ``(n_cavities, 2)``, likewise.
    radii_a
        Radius of each element at the start, Å.
    """

    loops: FloatArray
    cavities: FloatArray
    radii_a: dict[str, float]


def persistence_diagrams(
    structure: StructureLike, radii_a: Mapping[str, float] | None = None
) -> PersistenceDiagrams:
    """Return where loops and cavities are born and die as balls around the atoms grow.

    The ball of atom i has the radius sqrt(α + r_i²); a loop is born at the α that covers its last
    edge and dies at the one that fills it (Hiraoka et al., PNAS 113, 7035 (2016), alpha shapes).
    The structure is taken as periodic: each simplex of the weighted Delaunay triangulation counts
    once for all its images, so that the diagrams of a repeated cell are those of the cell, as
    often. What runs through the cell without an end never dies and is left out, and so is what
    dies within 0.001 Å² of its birth. Atoms are moved by up to 1e-5 Å, because the triangulation of
    a perfect lattice is not unique.

    Parameters
    ----------
    structure
        A structure, or a trajectory of one frame.
    radii_a
        Radius of each element at the start, Å; 0 for those not given.

    Raises
    ------
    InputError
        If a radius is negative or of an element that is absent, the cell is so small that two
        images of an atom have a neighbour in common (repeat it), or a trajectory has several
        frames.
    MissingDependencyError
        If gudhi is not installed.
    """
    frame = one_frame(structure)
    radii = _radii(frame.numbers, radii_a or {})
    weights = np.array([radii[chemical_symbols[number]] for number in frame.numbers]) ** 2
    tree = require_gudhi().SimplexTree()
    for simplex, alpha in _periodic_simplices(frame.positions[0], frame.cells[0], weights).items():
        tree.insert(simplex, alpha)
    tree.make_filtration_non_decreasing()
    tree.compute_persistence(homology_coeff_field=2, min_persistence=_LEAST_PERSISTENCE_A2)
    loops, cavities = (_finite(tree.persistence_intervals_in_dimension(n)) for n in (1, 2))
    return PersistenceDiagrams(loops, cavities, radii)


def _periodic_simplices(
    positions: FloatArray, cell: FloatArray, weights: FloatArray
) -> dict[tuple[int, ...], float]:
    """Return the α of each simplex, Å², by its atoms; images are one."""
    jitter = np.random.default_rng(0).uniform(-_JITTER_A, _JITTER_A, positions.shape)
    fractional = (positions + jitter) @ np.linalg.inv(cell) % 1.0
    margin_a = _FIRST_MARGIN_A
    for _ in range(_MOST_MARGINS):
        points, atoms, shifts = with_images(fractional, cell, margin_a / perpendicular_widths(cell))
        tree = (
            require_gudhi()
            .AlphaComplex(points=points, weights=weights[atoms])
            .create_simplex_tree()
        )
        here = (shifts == 0).all(axis=1)
        touching = [(s, alpha) for s, alpha in tree.get_simplices() if here[s].any()]
        widest_a2 = max(alpha for _, alpha in touching)
        # a tetrahedron is right where its empty sphere lies among the images
        needed_a = 2.0 * float(np.sqrt(widest_a2 + weights.max()))
        if needed_a <= margin_a:
            return _without_images(touching, atoms, shifts)
        margin_a = min(needed_a, 2.0 * margin_a)
    raise InputError(f"the voids of the structure are wider than {margin_a:.0f} Å; is it a solid?")


def _without_images(
    simplices: list[tuple[list[int], float]], atoms: IntArray, shifts: IntArray
) -> dict[tuple[int, ...], float]:
    """Return the α of each simplex by its atoms, after a look that no two are the same atoms."""
    alphas: dict[tuple[int, ...], float] = {}
    places: dict[tuple[int, ...], bytes] = {}
    for points, alpha in simplices:
        ordered = sorted(points, key=atoms.__getitem__)
        key = tuple(int(atom) for atom in atoms[ordered])
        place = (shifts[ordered] - shifts[ordered[0]]).tobytes()
        if (
            any(one == other for one, other in pairwise(key))
            or places.setdefault(key, place) != place
        ):
            raise InputError(_TOO_SMALL)
        alphas[key] = min(alpha, alphas.get(key, np.inf))
    counts = np.bincount([len(key) for key in alphas], minlength=5)[1:]
    if counts[0] - counts[1] + counts[2] - counts[3]:  # a torus has the Euler characteristic 0
        raise InputError(_TOO_SMALL)
    return alphas


def _finite(pairs: FloatArray) -> FloatArray:
    found = np.asarray(pairs, dtype=float).reshape(-1, 2)
    found = found[np.isfinite(found).all(axis=1)]
    return found[np.lexsort(found.T[::-1])]


def _radii(numbers: IntArray, given: Mapping[str, float]) -> dict[str, float]:
    """Return the radius of each element, Å."""
    elements = elements_of(numbers)
    for element, radius in given.items():
        if element not in elements:
            raise InputError(f"radii_a names {element}; the structure has {', '.join(elements)}")
        if not radius >= 0:
            raise InputError(f"radii_a of {element} is {radius} Å; give 0 or more")
    return {element: float(given.get(element, 0.0)) for element in elements}


def require_gudhi() -> Any:
    """Return the package that makes the diagrams.

    Raises
    ------
    MissingDependencyError
        If it is not installed.
    """
    try:
        import gudhi
    except ImportError as error:
        raise MissingDependencyError("gudhi", "persistence") from error
    return gudhi
