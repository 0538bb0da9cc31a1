"""Bond-angle distributions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from amorph_flows.analysis.structure._snapshot import StructureLike, as_trajectory, mask_of
from amorph_flows.analysis.structure.coordination import Pair, bond_cutoffs, find_bonds
from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError


@dataclass(frozen=True)
class BondAngles:
    """The angles at one element between its bonds to two others.

    Parameters
    ----------
    triplet
        End, vertex and end, such as ``("P", "O", "Fe")``.
    angles_deg
        Centres of the bins between 0° and 180°, shape ``(n_bins,)``.
    density
        Probability density, 1/degree, shape ``(n_bins,)``; atoms without order give
        (π / 360) sin θ.
    n_angles
        Angles found in all frames.
    mean_deg, standard_deviation_deg
        Of all angles.
    cutoffs_a
        The bond lengths that were used, Å.
    """

    triplet: tuple[str, str, str]
    angles_deg: FloatArray
    density: FloatArray
    n_angles: int
    mean_deg: float
    standard_deviation_deg: float
    cutoffs_a: dict[Pair, float]


def bond_angles(
    trajectory: StructureLike,
    end: str,
    vertex: str,
    other_end: str,
    cutoffs_a: Mapping[Pair, float] | None = None,
    n_bins: int = 90,
) -> BondAngles:
    """Return the distribution of the angles end-vertex-other end.

    Parameters
    ----------
    trajectory
        A trajectory or a structure; every frame counts alike.
    end, vertex, other_end
        The elements; each pair of bonds counts once.
    cutoffs_a
        Bond lengths by (vertex, end), Å; the first minima of the RDFs for those not given.
    n_bins
        Number of bins between 0° and 180°.

    Raises
    ------
    InputError
        If an element is absent, a cutoff cannot be, n_bins is below 1, or there is no such angle.
    """
    if n_bins < 1:
        raise InputError(f"n_bins is {n_bins}; at least 1 is needed")
    frames = as_trajectory(trajectory)
    mask_of(frames.numbers, (end, vertex, other_end))
    given = dict(cutoffs_a or {})
    pairs = {(vertex, e): given.get((vertex, e)) for e in (end, other_end)}
    cutoffs = bond_cutoffs(frames, pairs)
    angles = np.concatenate(
        [
            _angles_of_frame(frames.select(slice(n, n + 1)), (end, vertex, other_end), cutoffs)
            for n in range(frames.n_frames)
        ]
    )
    if len(angles) == 0:
        raise InputError(f"there is no {end}-{vertex}-{other_end} angle within {cutoffs} Å")
    density, edges = np.histogram(angles, bins=n_bins, range=(0.0, 180.0), density=True)
    return BondAngles(
        triplet=(end, vertex, other_end),
        angles_deg=(edges[1:] + edges[:-1]) / 2,
        density=density,
        n_angles=len(angles),
        mean_deg=float(angles.mean()),
        standard_deviation_deg=float(angles.std()),
        cutoffs_a=cutoffs,
    )


def _angles_of_frame(
    frame: StructureLike, triplet: tuple[str, str, str], cutoffs: dict[Pair, float]
) -> FloatArray:
    """Return the angles of one frame, degrees, shape ``(n_angles,)``."""
    bonds = find_bonds(frame, cutoffs)
    numbers = as_trajectory(frame).numbers
    at_vertex = mask_of(numbers, triplet[1])[bonds.first]
    towards = [at_vertex & mask_of(numbers, e)[bonds.second] for e in (triplet[0], triplet[2])]
    start = np.searchsorted(bonds.first, np.arange(len(numbers) + 1))
    unit = bonds.vectors / np.linalg.norm(bonds.vectors, axis=1)[:, None]
    cosines = [np.empty(0)]
    for atom in np.unique(bonds.first[at_vertex]):
        of_atom = slice(start[atom], start[atom + 1])
        one, other = (np.flatnonzero(mask[of_atom]) for mask in towards)
        i, j = (grid.ravel() for grid in np.meshgrid(one, other, indexing="ij"))
        once = i < j if triplet[0] == triplet[2] else i != j
        vectors = unit[of_atom]
        cosines.append(np.einsum("ni,ni->n", vectors[i[once]], vectors[j[once]]))
    angles: FloatArray = np.degrees(np.arccos(np.clip(np.concatenate(cosines), -1.0, 1.0)))
    return angles
