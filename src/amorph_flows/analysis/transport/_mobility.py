"""Fast and slow ions, and what surrounds them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase.data import chemical_symbols

from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.transport._discontinuities import Drift
from amorph_flows.analysis.transport._msd import ion_paths
from amorph_flows.analysis.transport._unwrap import atoms_of
from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import InputError

_MOST_FRAMES = 100
"""Frames that environments are averaged over, evenly spaced."""


@dataclass(frozen=True)
class MobilityGroups:
    """The most and the least mobile ions and their surroundings.

    Parameters
    ----------
    lag_fs
        Time over which mobility is judged, fs.
    squared_displacement_a2
        <|Δr|²> of each ion at that lag over time origins, Å².
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
    """

    lag_fs: float
    squared_displacement_a2: FloatArray
    fast: IntArray
    slow: IntArray
    distances_a: FloatArray
    partial: dict[tuple[str, str], FloatArray]
    neighbours: dict[tuple[str, str], float]
    cutoff_a: float


def mobility_groups(
    trajectory: Trajectory,
    ion: str,
    lag_fs: float,
    share: float = 0.25,
    cutoff_a: float = 3.5,
    drift: Drift = "host",
    n_bins: int = 150,
) -> MobilityGroups:
    """Split ions by how far they move, and compare their surroundings.

    The 25 % most and least mobile ions of Christensen et al., J. Mater. Chem. A (2025), section
    3.4, by the square displacement at one lag; radial distribution functions around each.

    Parameters
    ----------
    trajectory
        Of one temperature.
    ion
        Element symbol.
    lag_fs
        Time over which mobility is judged, fs.
    share
        Share of the ions in each group.
    cutoff_a
        Largest distance of a neighbour, Å.
    drift
        Which drift to remove.
    n_bins
        Bins of g(r), up to half the cell's least height.

    Raises
    ------
    InputError
        If there are fewer than four ions, the share is not above 0 and at most 0.5, or the lag is
        longer than every continuous piece.
    """
    squared, groups = mobility_quartiles(trajectory, ion, lag_fs, share, drift)
    partners = {"fast": groups["fast"], "slow": groups["slow"]} | {
        chemical_symbols[n]: np.flatnonzero(trajectory.numbers == n)
        for n in np.unique(trajectory.numbers)
    }
    heights = 1 / np.linalg.norm(np.linalg.inv(trajectory.cells[0]), axis=0)
    edges = np.linspace(0, float(heights.min()) / 2, n_bins + 1)
    partial: dict[tuple[str, str], FloatArray] = {}
    neighbours: dict[tuple[str, str], float] = {}
    for group, first in groups.items():
        for partner, second in partners.items():
            partial[group, partner], neighbours[group, partner] = _surroundings(
                trajectory, first, second, edges, cutoff_a
            )
    return MobilityGroups(
        lag_fs, squared, np.sort(groups["fast"]), np.sort(groups["slow"]),
        (edges[1:] + edges[:-1]) / 2, partial, neighbours, cutoff_a,
    )  # fmt: skip


def mobility_quartiles(
    trajectory: Trajectory, ion: str, lag_fs: float, share: float = 0.25, drift: Drift = "host"
) -> tuple[FloatArray, dict[str, IntArray]]:
    """Return each ion's mean-square displacement at a lag, Å², and the groups by it.

    Parameters
    ----------
    trajectory, ion, lag_fs, share, drift
        As for `mobility_groups`.

    Returns
    -------
    tuple
        Å², shape ``(n_ions,)``, and the indices of the atoms that are ``"fast"`` and ``"slow"``,
        and of ``"all"``.

    Raises
    ------
    InputError
        As `mobility_groups`.
    """
    ions = atoms_of(trajectory, ion)
    if len(ions) < 4 or not 0 < share <= 0.5:
        raise InputError(
            f"share is {share} of {len(ions)} ions; four ions and a share up to 0.5 are needed"
        )
    squared = _squared_displacements(trajectory, ion, lag_fs, drift)
    order = ions[np.argsort(squared, kind="stable")]
    size = max(1, round(share * len(ions)))
    return squared, {"fast": order[-size:], "slow": order[:size], "all": ions}


def _squared_displacements(
    trajectory: Trajectory, ion: str, lag_fs: float, drift: Drift
) -> FloatArray:
    """Return each ion's mean-square displacement at one lag, Å²."""
    lag = max(1, round(lag_fs / trajectory.frame_spacing_fs))
    total, count = 0.0, 0
    for piece in ion_paths(trajectory, ion, drift):
        if piece.path.shape[2] > lag:
            moved = piece.path[:, :, lag:] - piece.path[:, :, :-lag]
            total = total + np.einsum("xat,xat->a", moved, moved)
            count += moved.shape[2]
    if not count:
        raise InputError(f"lag_fs is {lag_fs:g}; no continuous piece of the trajectory is longer")
    return np.asarray(total / count)


def _surroundings(
    trajectory: Trajectory, first: IntArray, second: IntArray, edges: FloatArray, cutoff_a: float
) -> tuple[FloatArray, float]:
    """Return g(r) from some atoms to others and the mean number within a cutoff."""
    frames = np.unique(np.linspace(0, trajectory.n_frames - 1, _MOST_FRAMES).astype(int))
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
    shells = 4 / 3 * np.pi * np.diff(edges**3)
    return counts / (shells * density), near / (len(frames) * len(first))
