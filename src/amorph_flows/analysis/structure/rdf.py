"""Radial distribution functions and running coordination numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amorph_flows.analysis.structure._snapshot import (
    StructureLike,
    as_trajectory,
    elements_of,
)
from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import InputError

_DEFAULT_CUTOFF_A = 10.0


@dataclass(frozen=True)
class RadialDistribution:
    """Partial and total radial distribution functions, averaged over frames.

    Parameters
    ----------
    distances_a
        Centres of the bins, Å, shape ``(n_bins,)``.
    elements
        Elements in order of atomic number; they label the axes of the partials.
    counts
        Atoms of each element, shape ``(n_elements,)``.
    partial
        g_ij(r), shape ``(n_elements, n_elements, n_bins)``; symmetric in the elements.
    total
        g(r) of all atoms alike, shape ``(n_bins,)``.
    coordination
        Mean number of atoms j within r of an atom i, r the outer edge of the bin,
        shape ``(n_elements, n_elements, n_bins)``.
    volume_a3
        Mean volume of the cell, Å³.
    n_frames
        Frames averaged over.
    """

    distances_a: FloatArray
    elements: tuple[str, ...]
    counts: IntArray
    partial: FloatArray
    total: FloatArray
    coordination: FloatArray
    volume_a3: float
    n_frames: int

    @property
    def bin_width_a(self) -> float:
        """Width of a bin, Å."""
        return float(2.0 * self.distances_a[0])

    @property
    def edges_a(self) -> FloatArray:
        """Edges of the bins, Å, shape ``(n_bins + 1,)``."""
        return np.linspace(0.0, self.distances_a[-1] + self.bin_width_a / 2, len(self.total) + 1)

    def pair(self, first: str, second: str) -> FloatArray:
        """Return g(r) between two elements, shape ``(n_bins,)``."""
        return self.partial[self._index(first), self._index(second)]

    def running_coordination(self, centre: str, neighbour: str) -> FloatArray:
        """Return the number of neighbours within r of a centre, shape ``(n_bins,)``."""
        return self.coordination[self._index(centre), self._index(neighbour)]

    def _index(self, symbol: str) -> int:
        if symbol not in self.elements:
            raise InputError(
                f"there is no {symbol!r} in this RDF; its elements are {', '.join(self.elements)}"
            )
        return self.elements.index(symbol)


def radial_distribution(
    trajectory: StructureLike,
    cutoff: float | None = None,
    n_bins: int = 200,
    own_images: bool = True,
) -> RadialDistribution:
    """Return partial and total radial distribution functions.

    g_ij(r) = V n_ij(r, r + dr) / (N_i N_j 4/3 π ((r + dr)³ - r³)), with n_ij the ordered pairs of
    one atom i of the cell and any atom j of the infinite crystal, so the cutoff may exceed half
    the cell.

    Parameters
    ----------
    trajectory
        A trajectory or a structure; every frame counts alike.
    cutoff
        Largest distance, Å; 10 Å if not given.
    n_bins
        Number of bins between 0 and the cutoff.
    own_images
        Whether an atom's own periodic images count. They do in a crystal. In a disordered cell
        they are a needle at each cell length that says nothing about the material; without
        them pairs of like atoms are N_i (N_i - 1).

    Raises
    ------
    InputError
        If the cutoff or the number of bins is not positive.
    """
    reach = _DEFAULT_CUTOFF_A if cutoff is None else float(cutoff)
    if not np.isfinite(reach) or reach <= 0:
        raise InputError(f"cutoff is {cutoff} Å; give a positive distance")
    if n_bins < 1:
        raise InputError(f"n_bins is {n_bins}; at least 1 is needed")
    frames = as_trajectory(trajectory)
    elements = elements_of(frames.numbers)
    edges = np.linspace(0.0, reach, n_bins + 1)
    kinds = np.unique(frames.numbers, return_inverse=True)[1]
    counts = np.bincount(kinds)
    n_ij = np.zeros((len(elements), len(elements), n_bins))
    n_ij_volume = np.zeros_like(n_ij)
    volumes = np.abs(np.linalg.det(frames.cells))
    for positions, cell, volume in zip(frames.positions, frames.cells, volumes, strict=True):
        pairs = _count_pairs(positions, cell, kinds, edges, own_images)
        n_ij += pairs
        n_ij_volume += volume * pairs
    shells = 4.0 / 3.0 * np.pi * np.diff(edges**3)
    n_i = counts[:, None, None]
    others = counts[None, :] - (0 if own_images else np.eye(len(counts)))
    n_all = frames.n_atoms * (frames.n_atoms - (not own_images))
    return RadialDistribution(
        distances_a=(edges[1:] + edges[:-1]) / 2,
        elements=elements,
        counts=counts,
        partial=n_ij_volume / frames.n_frames / (n_i * np.maximum(others, 1)[:, :, None] * shells),
        total=n_ij_volume.sum((0, 1)) / frames.n_frames / (max(n_all, 1) * shells),
        coordination=np.cumsum(n_ij, axis=-1) / frames.n_frames / n_i,
        volume_a3=float(volumes.mean()),
        n_frames=frames.n_frames,
    )


def _count_pairs(
    positions: FloatArray, cell: FloatArray, kinds: IntArray, edges: FloatArray, own_images: bool
) -> FloatArray:
    """Return the ordered pairs in each bin, shape ``(n_elements, n_elements, n_bins)``."""
    from vesin import NeighborList

    n_kinds, n_bins = int(kinds.max()) + 1, len(edges) - 1
    finder = NeighborList(cutoff=float(edges[-1]), full_list=False, n_threads=1)
    first, second, distances = finder.compute(positions, cell, periodic=True, quantities="ijd")
    if not own_images:
        others = first != second
        first, second, distances = first[others], second[others], distances[others]
    bins = np.minimum((distances * (n_bins / edges[-1])).astype(np.int64), n_bins - 1)
    cells_of_table = (kinds[first] * n_kinds + kinds[second]) * n_bins + bins
    once = np.bincount(cells_of_table, minlength=n_kinds**2 * n_bins)
    n_ij = once.reshape(n_kinds, n_kinds, n_bins)
    return (n_ij + n_ij.swapaxes(0, 1)).astype(float)
