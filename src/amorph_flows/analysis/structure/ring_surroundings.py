"""Where fast and slow ions are among the rings of their network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from amorph_flows.analysis.structure._rings import LARGEST_RING, Rings, guttman_rings
from amorph_flows.analysis.structure.coordination import Pair
from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.transport._discontinuities import Drift
from amorph_flows.analysis.transport._ranked_ions import RankedIons, rank_ions
from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import InputError


@dataclass(frozen=True)
class RingSurroundings:
    """Fast and slow ions around the centres of rings.

    Parameters
    ----------
    lag_fs, origin_fs
        Length and start of the displacement that ions are ranked by, fs; the start is counted
        from the first frame.
    fast_time_fs
        How long an ion stays fast, fs; see `MobilityPersistence`.
    next_rank_correlation
        Spearman's correlation of the ions' displacements with those that follow at once; None
        where no continuous piece is twice as long as the lag.
    distances_a
        Centres of the bins, Å.
    partial
        g(r) from the centres of rings of each class of sizes to the ions of each group:
        ``partial["<6", "fast"]``; classes without rings are left out.
    n_rings
        Mean number of rings of each class in a frame.
    nearest_distance_a
        Mean distance of the ions of each group to the nearest centre of a ring, Å.
    nearest_size
        Mean size of that ring, backbone atoms.
    nearest_sizes
        For each group, the share of ions whose nearest ring has 0, 1, 2, … backbone atoms.
    cutoffs_a
        The bond lengths of the network, Å.
    n_frames
        Frames around the origin that were averaged over.
    """

    lag_fs: float
    origin_fs: float
    fast_time_fs: float | None
    next_rank_correlation: float | None
    distances_a: FloatArray
    partial: dict[tuple[str, str], FloatArray]
    n_rings: dict[str, float]
    nearest_distance_a: dict[str, float]
    nearest_size: dict[str, float]
    nearest_sizes: dict[str, FloatArray]
    cutoffs_a: dict[Pair, float]
    n_frames: int


def ring_surroundings(
    trajectory: Trajectory,
    ion: str,
    lag_fs: float,
    backbone: str | Iterable[str],
    anion: str | None = "O",
    share: float = 0.25,
    class_edges: Sequence[int] = (6, 8),
    cutoffs_a: Mapping[Pair, float] | None = None,
    largest: int = LARGEST_RING,
    drift: Drift = "host",
    most_frames: int = 10,
    n_bins: int = 100,
    origin_fs: float | None = None,
    window_fs: float | None = None,
) -> RingSurroundings:
    """Return where the most and the least mobile ions are among the rings of the network.

    Christensen et al., J. Mater. Chem. A (2025), section 3.4 and Fig. 7: g(r) from the centres of
    Guttman's rings, by size, to the 25 % most and least mobile ions and to all of them. Ions are
    ranked by one displacement, and rings and ions are those of frames around its origin.

    Parameters
    ----------
    trajectory
        Of one temperature.
    ion
        Element symbol of the mobile ion.
    lag_fs
        Time of the displacement that mobility is judged by, fs.
    backbone, anion, cutoffs_a, largest
        As for `guttman_rings`; cutoffs that are not given are those of the first frame.
    share
        Share of the ions in each group.
    class_edges
        Sizes at which classes of rings begin, increasing: (6, 8) for below 6, 6 to 7, and 8 or
        more.
    drift
        Which drift to remove before mobility is judged.
    most_frames
        Frames around the origin that rings are found in, evenly spaced.
    n_bins
        Bins of g(r), up to half the cell's least height.
    origin_fs, window_fs
        Of the displacement, and of the frames around it, as for `mobility_groups`.

    Raises
    ------
    InputError
        If ions, lag, origin or window are as `mobility_groups` refuses them, the classes do not
        increase, or the network has no ring.
    """
    if not class_edges or any(low >= high for low, high in pairwise(class_edges)):
        raise InputError(f"class_edges is {tuple(class_edges)}; give increasing sizes")
    ranked = rank_ions(trajectory, ion, lag_fs, share, drift, origin_fs, window_fs)
    frames = ranked.frames(most_frames)
    heights = 1 / np.linalg.norm(np.linalg.inv(trajectory.cells[frames]), axis=1)
    edges = np.linspace(0, float(heights.min()) / 2, n_bins + 1)
    counts = _Counts(ranked, _class_names(class_edges), edges, largest)
    bonds = dict(cutoffs_a or {})
    for frame in frames:
        rings = guttman_rings(
            trajectory.select(slice(int(frame), int(frame) + 1)), backbone, anion, bonds, largest
        )
        bonds = rings.cutoffs_a
        counts.add(
            trajectory, int(frame), rings, np.searchsorted(class_edges, rings.sizes, "right")
        )
    return counts.result(bonds)


def _class_names(edges: Sequence[int]) -> list[str]:
    """Return names such as <6, 6-7 and >7."""
    inner = [f"{low}-{high - 1}" if high - low > 1 else f"{low}" for low, high in pairwise(edges)]
    return [f"<{edges[0]}", *inner, f">{edges[-1] - 1}"]


class _Counts:
    """Sums over frames."""

    def __init__(
        self, ranked: RankedIons, classes: list[str], edges: FloatArray, largest: int
    ) -> None:
        self.ranked, self.classes, self.edges = ranked, classes, edges
        groups = ranked.groups
        self.counts = {(c, g): np.zeros(len(edges) - 1) for c in classes for g in groups}
        self.density = dict.fromkeys(self.counts, 0.0)
        self.rings = dict.fromkeys(classes, 0)
        self.nearest = {g: np.zeros(largest + 1) for g in groups}
        self.distance = dict.fromkeys(groups, 0.0)
        self.n_frames = 0

    def add(self, trajectory: Trajectory, frame: int, rings: Rings, kinds: IntArray) -> None:
        if not len(rings.sizes):
            raise InputError(
                f"frame {frame} has no ring up to {rings.largest} backbone atoms; look at the "
                "backbone and the cutoffs"
            )
        cell, positions = trajectory.cells[frame], trajectory.positions[frame]
        self.n_frames += 1
        for index, name in enumerate(self.classes):
            self.rings[name] += int(np.sum(kinds == index))
        for group, atoms in self.ranked.groups.items():
            distances = _distances(rings.centres, positions[atoms], cell)
            closest = distances.argmin(axis=0)
            self.nearest[group] += np.bincount(
                rings.sizes[closest], minlength=len(self.nearest[group])
            )
            self.distance[group] += float(distances.min(axis=0).mean())
            for index, name in enumerate(self.classes):
                some = distances[kinds == index]
                self.counts[name, group] += np.histogram(some, self.edges)[0]
                self.density[name, group] += some.size / abs(float(np.linalg.det(cell)))

    def result(self, cutoffs_a: dict[Pair, float]) -> RingSurroundings:
        shells = 4 / 3 * np.pi * np.diff(self.edges**3)
        shares = {g: sizes / sizes.sum() for g, sizes in self.nearest.items()}
        return RingSurroundings(
            lag_fs=self.ranked.lag_fs,
            origin_fs=self.ranked.origin_fs,
            fast_time_fs=self.ranked.persistence.fast_time_fs,
            next_rank_correlation=self.ranked.persistence.next_rank_correlation,
            distances_a=(self.edges[1:] + self.edges[:-1]) / 2,
            partial={
                key: count / (shells * self.density[key])
                for key, count in self.counts.items()
                if self.density[key]
            },
            n_rings={name: count / self.n_frames for name, count in self.rings.items()},
            nearest_distance_a={g: d / self.n_frames for g, d in self.distance.items()},
            nearest_size={g: float(s @ np.arange(len(s))) for g, s in shares.items()},
            nearest_sizes=shares,
            cutoffs_a=cutoffs_a,
            n_frames=self.n_frames,
        )


def _distances(first: FloatArray, second: FloatArray, cell: FloatArray) -> FloatArray:
    """Return the least distances between points, Å, shape ``(n_first, n_second)``."""
    fractional = (second[None] - first[:, None]) @ np.linalg.inv(cell)
    distances: FloatArray = np.linalg.norm((fractional - np.rint(fractional)) @ cell, axis=2)
    return distances
