"""Fast and slow ions, and what surrounds them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase.data import chemical_symbols

from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.transport._discontinuities import Drift
from amorph_flows.analysis.transport._persistence import MobilityPersistence
from amorph_flows.analysis.transport._ranked_ions import rank_ions
from amorph_flows.arrays import FloatArray, IntArray

_MOST_FRAMES = 100
"""Frames around the origin that surroundings are averaged over, evenly spaced."""


@dataclass(frozen=True)
class MobilityGroups:
    """The most and the least mobile ions and their surroundings.

    Parameters
    ----------
    lag_fs, origin_fs
        Length and start of the displacement that ions are ranked by, fs; the start is counted
        from the first frame.
    squared_displacement_a2
        |Δr|² of each ion over it, Å².
    fast, slow
        Indices of the atoms of the two groups.
    distances_a
        Centres of the bins, Å.
    partial
        g(r) from each group, and from all ions, to each element and to the two groups:
        ``partial["fast", "O"]``.
    neighbours
        Mean number of such atoms within the cutoff.
    cutoff_a
        The cutoff, Å.
    n_frames
        Frames around the origin that the surroundings are averaged over.
    persistence
        How long an ion stays fast.
    """

    lag_fs: float
    origin_fs: float
    squared_displacement_a2: FloatArray
    fast: IntArray
    slow: IntArray
    distances_a: FloatArray
    partial: dict[tuple[str, str], FloatArray]
    neighbours: dict[tuple[str, str], float]
    cutoff_a: float
    n_frames: int
    persistence: MobilityPersistence


def mobility_groups(
    trajectory: Trajectory,
    ion: str,
    lag_fs: float,
    share: float = 0.25,
    cutoff_a: float = 3.5,
    drift: Drift = "host",
    n_bins: int = 150,
    origin_fs: float | None = None,
    window_fs: float | None = None,
) -> MobilityGroups:
    """Split ions by how far they move, and compare their surroundings.

    The 25 % most and least mobile ions of Christensen et al., J. Mater. Chem. A (2025), section
    3.4, by one displacement over a time from an origin, and radial distribution functions around
    each at that origin. The mean over all origins would wash the difference out in a run that is
    long beside the time for which an ion stays fast; `persistence` tells that time.

    Parameters
    ----------
    trajectory
        Of one temperature.
    ion
        Element symbol.
    lag_fs
        Time of the displacement that mobility is judged by, fs; long enough to be longer than a
        vibration.
    share
        Share of the ions in each group.
    cutoff_a
        Largest distance of a neighbour, Å.
    drift
        Which drift to remove.
    n_bins
        Bins of g(r), up to half the cell's least height.
    origin_fs
        Where the displacement starts, fs after the first frame; the start of the first continuous
        piece that is longer than the lag if not given.
    window_fs
        Surroundings are those of the frames up to this time before and after the origin, fs; a
        tenth of the lag if not given.

    Raises
    ------
    InputError
        If there are fewer than four ions, the share is not above 0 and at most 0.5, the window is
        negative, or no displacement of this lag starts at the origin within a continuous piece.
    """
    ranked = rank_ions(trajectory, ion, lag_fs, share, drift, origin_fs, window_fs)
    groups, frames = ranked.groups, ranked.frames(_MOST_FRAMES)
    partners = {"fast": groups["fast"], "slow": groups["slow"]} | {
        chemical_symbols[n]: np.flatnonzero(trajectory.numbers == n)
        for n in np.unique(trajectory.numbers)
    }
    heights = 1 / np.linalg.norm(np.linalg.inv(trajectory.cells[frames[0]]), axis=0)
    edges = np.linspace(0, float(heights.min()) / 2, n_bins + 1)
    partial: dict[tuple[str, str], FloatArray] = {}
    neighbours: dict[tuple[str, str], float] = {}
    for group, first in groups.items():
        for partner, second in partners.items():
            partial[group, partner], neighbours[group, partner] = _surroundings(
                trajectory, frames, first, second, edges, cutoff_a
            )
    return MobilityGroups(
        lag_fs=ranked.lag_fs,
        origin_fs=ranked.origin_fs,
        squared_displacement_a2=ranked.squared_displacement_a2,
        fast=np.sort(groups["fast"]),
        slow=np.sort(groups["slow"]),
        distances_a=(edges[1:] + edges[:-1]) / 2,
        partial=partial,
        neighbours=neighbours,
        cutoff_a=cutoff_a,
        n_frames=len(frames),
        persistence=ranked.persistence,
    )


def _surroundings(
    trajectory: Trajectory,
    frames: IntArray,
    first: IntArray,
    second: IntArray,
    edges: FloatArray,
    cutoff_a: float,
) -> tuple[FloatArray, float]:
    """Return g(r) from some atoms to others and the mean number within a cutoff."""
    other = first[:, None] != second[None]
    counts, near, density = np.zeros(len(edges) - 1), 0, 0.0
    for frame in frames:
        cell, positions = trajectory.cells[frame], trajectory.positions[frame]
        fractional = (positions[second][None] - positions[first][:, None]) @ np.linalg.inv(cell)
        vectors = ((fractional - np.rint(fractional)) @ cell)[other]
        distance = np.linalg.norm(vectors, axis=1)
        counts += np.histogram(distance, edges)[0]
        near += int(np.sum(distance < cutoff_a))
        density += other.sum() / abs(float(np.linalg.det(cell)))
    ideal = 4 / 3 * np.pi * np.diff(edges**3) * density
    g = np.divide(counts, ideal, out=np.zeros_like(counts), where=ideal > 0)  # none: no two atoms
    return g, near / (len(frames) * len(first))
