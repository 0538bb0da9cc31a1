"""Radial distribution functions and running coordination numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement, pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from ase.geometry import cell_to_cellpar, cellpar_to_cell

from amorph_flows.analysis.structure._snapshot import (
    StructureLike,
    as_trajectory,
    elements_of,
    mask_of,
    perpendicular_widths,
)
from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import InputError

if TYPE_CHECKING:
    import freud

_DEFAULT_CUTOFF_A = 10.0
_BLOCK = 100  # frames at a time


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
    one atom i of the cell and any atom j of the infinite crystal. Cells narrower than twice the
    cutoff are repeated, so the cutoff may exceed half the cell.

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
    import freud

    reach = _DEFAULT_CUTOFF_A if cutoff is None else float(cutoff)
    if not np.isfinite(reach) or reach <= 0:
        raise InputError(f"cutoff is {cutoff} Å; give a positive distance")
    if n_bins < 1:
        raise InputError(f"n_bins is {n_bins}; at least 1 is needed")
    frames = as_trajectory(trajectory)
    elements = elements_of(frames.numbers)
    groups = [np.flatnonzero(mask_of(frames.numbers, symbol)) for symbol in elements]
    counter = freud.density.RDF(bins=n_bins, r_max=reach)
    n_ij = np.zeros((len(groups), len(groups), n_bins))
    n_ij_volume = np.zeros_like(n_ij)
    volumes = np.abs(np.linalg.det(frames.cells))
    for block in _blocks_of_one_cell(frames.cells):
        positions, cell = frames.positions[block], frames.cells[block.start]
        pairs = _count_pairs(positions, cell, groups, counter, own_images)
        n_ij += pairs
        n_ij_volume += volumes[block.start] * pairs
    counts = np.array([len(group) for group in groups])
    edges = np.linspace(0.0, reach, n_bins + 1)
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


def _blocks_of_one_cell(cells: FloatArray) -> Iterator[slice]:
    """Yield runs of frames that share one cell."""
    changes = np.flatnonzero(np.any(cells[1:] != cells[:-1], axis=(1, 2))) + 1
    for first, last in pairwise([0, *changes.tolist(), len(cells)]):
        for start in range(first, last, _BLOCK):
            yield slice(start, min(start + _BLOCK, last))


def _count_pairs(
    frames: FloatArray,
    cell: FloatArray,
    groups: list[IntArray],
    counter: freud.density.RDF,
    own_images: bool,
) -> FloatArray:
    """Return the ordered pairs in each bin, shape ``(n_elements, n_elements, n_bins)``."""
    box, points = _freud_system(frames, cell, counter.r_max)
    images = np.arange(points.shape[1] // frames.shape[1])[:, None] * frames.shape[1]
    n_ij = np.zeros((len(groups), len(groups), counter.nbins))
    for i, j in combinations_with_replacement(range(len(groups)), 2):
        neighbours = (images + groups[j]).ravel()
        query = {"mode": "ball", "r_max": counter.r_max, "exclude_ii": i == j}
        for n, frame in enumerate(points):
            system, centres = (box, frame[neighbours]), frame[groups[i]]
            pairs = query
            if i == j and not own_images and len(images) > 1:
                pairs = _without_own_images(system, centres, query)
            counter.compute(system, query_points=centres, neighbors=pairs, reset=n == 0)
        n_ij[i, j] = n_ij[j, i] = counter.bin_counts
    return n_ij


def _without_own_images(
    system: tuple[freud.box.Box, npt.NDArray[np.float32]],
    centres: npt.NDArray[np.float32],
    query: dict[str, object],
) -> freud.locality.NeighborList:
    """Return the neighbours of each centre that are not its own images."""
    import freud

    pairs = freud.locality.AABBQuery(*system).query(centres, query).toNeighborList()
    return pairs.filter(pairs.point_indices % len(centres) != pairs.query_point_indices)


def _freud_system(
    frames: FloatArray, cell: FloatArray, cutoff: float
) -> tuple[freud.box.Box, npt.NDArray[np.float32]]:
    """Return a box wide enough for the cutoff and its points, the given atoms first.

    Freud needs the first cell vector along x and the second in the xy plane, and a cutoff below
    half the smallest width of the box.
    """
    import freud

    repeats = np.floor(2.0 * cutoff / perpendicular_widths(cell)).astype(int) + 1
    standard = cellpar_to_cell(cell_to_cellpar(cell))
    box = freud.box.Box.from_matrix((standard * repeats[:, None]).T)
    shifts = np.stack(np.meshgrid(*map(np.arange, repeats), indexing="ij"), -1).reshape(-1, 3)
    turned = frames @ (np.linalg.inv(cell) @ standard)
    points = (shifts @ standard)[:, None, :] + turned[:, None, :, :]
    return box, box.wrap(points.reshape(-1, 3)).reshape(len(frames), -1, 3)
