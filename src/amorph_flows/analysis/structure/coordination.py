"""Bonds and coordination numbers, with the cutoff from the first minimum of the RDF."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import auto

import numpy as np
from ase.data import atomic_numbers, chemical_symbols
from scipy.ndimage import gaussian_filter1d

from amorph_flows.analysis.structure._snapshot import (
    StructureLike,
    as_trajectory,
    mask_of,
    one_frame,
)
from amorph_flows.analysis.structure.rdf import RadialDistribution, radial_distribution
from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.verdict import Answer, Verdict
from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import InputError

_SMOOTHING_A = 0.1
_PROMINENCE = 0.3
_REACH_A = 6.0
N_BINS = 300

_EDGE_A = 0.1
_MOST_CHANGE = 0.05

Pair = tuple[str, str]


@dataclass(frozen=True)
class Bonds:
    """Pairs of atoms closer than their cutoff, each listed from both ends.

    Parameters
    ----------
    first, second
        Indices of the atoms, shape ``(n_bonds,)``; sorted by the first.
    images
        Cell of the second atom relative to that of the first, shape ``(n_bonds, 3)``.
    vectors
        From the first to the second atom, Å, shape ``(n_bonds, 3)``.
    cutoffs_a
        The cutoff of each pair of elements, Å.
    """

    first: IntArray
    second: IntArray
    images: IntArray
    vectors: FloatArray
    cutoffs_a: dict[Pair, float]


class ShellVerdict(Answer):
    """Whether a first shell of neighbours ends before the second begins."""

    CLOSED = auto()
    OPEN = auto()
    CUTOFF_GIVEN = auto()


@dataclass(frozen=True)
class Coordination:
    """How many neighbours of one element the atoms of another have.

    Parameters
    ----------
    centre, neighbour
        The elements.
    cutoff_a
        Largest distance of a neighbour, Å.
    numbers
        Neighbours of each centre in each frame, shape ``(n_frames, n_centres)``.
    mean_shorter, mean_longer
        Mean coordination number with a cutoff 0.1 Å shorter and longer.
    cutoff_given
        Whether the cutoff was chosen, and not found as the first minimum of g(r).
    """

    centre: str
    neighbour: str
    cutoff_a: float
    numbers: IntArray
    mean_shorter: float
    mean_longer: float
    cutoff_given: bool

    @property
    def mean(self) -> float:
        """Mean coordination number over centres and frames."""
        return float(self.numbers.mean())

    @property
    def distribution(self) -> FloatArray:
        """Fraction of centres with 0, 1, 2, … neighbours, shape ``(max + 1,)``."""
        return np.bincount(self.numbers.ravel()) / self.numbers.size

    @property
    def shell(self) -> Verdict:
        """Whether the number says how many neighbours there are, or only how long the cutoff is.

        A shell is open where 0.1 Å more or less at a cutoff that was found change the mean number
        by more than 5 %. A cutoff that was given defines its number.
        """
        change = (self.mean_longer - self.mean_shorter) / 2 / self.mean if self.mean else 0.0
        told = (
            f"{self.centre} has {self.mean_shorter:.2f}, {self.mean:.2f} and {self.mean_longer:.2f}"
            f" {self.neighbour} within {self.cutoff_a - _EDGE_A:.2f}, {self.cutoff_a:.2f} and "
            f"{self.cutoff_a + _EDGE_A:.2f} Å"
        )
        if self.cutoff_given:
            answer, reason = ShellVerdict.CUTOFF_GIVEN, f"{told}; the cutoff was given"
        elif change <= _MOST_CHANGE:
            answer, reason = ShellVerdict.CLOSED, told
        else:
            answer = ShellVerdict.OPEN
            reason = f"{told}: its first shell is not closed, so name the cutoff that you mean"
        return Verdict(
            question="first shell closed?",
            answer=answer,
            passed=answer != ShellVerdict.OPEN,
            scope="numerical",
            reason=reason,
            numbers={"change": change, "cutoff_a": self.cutoff_a},
            thresholds={"change": _MOST_CHANGE},
        )


def first_minimum(rdf: RadialDistribution, first: str, second: str) -> float:
    """Return the distance of the first minimum of g(r) between two elements, Å.

    The RDF is smoothed by 0.1 Å; the minimum is its lowest value between the first two peaks
    that stand out by 0.3, and the middle of a gap where g is zero there.

    Parameters
    ----------
    rdf
        Radial distribution functions.
    first, second
        The elements.

    Raises
    ------
    InputError
        If the RDF has no two peaks within its range.
    """
    g, peaks = _peaks(rdf, first, second)
    if len(peaks) < 2:
        raise InputError(
            f"the {first}-{second} RDF has {len(peaks)} peak(s) up to {rdf.edges_a[-1]:.1f} Å, "
            "so no first minimum; give the cutoff"
        )
    between = slice(peaks[0], peaks[1])
    lowest = np.flatnonzero(g[between] <= g[between].min() + 1e-3)
    return float(rdf.distances_a[between][lowest].mean())


def first_peak(rdf: RadialDistribution, first: str, second: str) -> float | None:
    """Return the distance of the first peak of g(r) between two elements, Å; None without one.

    The RDF is smoothed by 0.1 Å; the peak is the first that stands out by 0.3, at the top of the
    parabola through its highest bin and the two beside it.

    Parameters
    ----------
    rdf
        Radial distribution functions.
    first, second
        The elements.
    """
    g, peaks = _peaks(rdf, first, second)
    if not len(peaks):
        return None
    top = int(peaks[0])
    below, highest, above = g[top - 1 : top + 2]
    bins = 0.5 * (below - above) / (below - 2 * highest + above)
    return float(rdf.distances_a[top] + bins * rdf.bin_width_a)


def _peaks(rdf: RadialDistribution, first: str, second: str) -> tuple[FloatArray, IntArray]:
    """Return the smoothed RDF and the bins of its peaks."""
    from scipy.signal import find_peaks

    g = gaussian_filter1d(rdf.pair(first, second), _SMOOTHING_A / rdf.bin_width_a, mode="constant")
    return g, find_peaks(g, prominence=_PROMINENCE)[0]


def bond_cutoffs(structure: StructureLike, pairs: Mapping[Pair, float | None]) -> dict[Pair, float]:
    """Return the given cutoffs, those that are None from the first minima of the RDFs.

    Parameters
    ----------
    structure
        A structure or a trajectory; all its frames make the RDF.
    pairs
        Cutoff of each pair of elements, Å, or None.

    Raises
    ------
    InputError
        If a cutoff is not positive, or an RDF has no first minimum.
    """
    for (first, second), cutoff in pairs.items():
        if cutoff is not None and not 0.0 < cutoff < np.inf:
            raise InputError(f"the {first}-{second} cutoff is {cutoff} Å; give a positive one")
    found = {pair: cutoff for pair, cutoff in pairs.items() if cutoff is not None}
    if len(found) < len(pairs):
        rdf = radial_distribution(structure, _REACH_A, N_BINS)
        found |= {pair: first_minimum(rdf, *pair) for pair in pairs if pair not in found}
    return {pair: found[pair] for pair in pairs}


def find_bonds(structure: StructureLike, pairs: Mapping[Pair, float | None]) -> Bonds:
    """Return the bonds of one structure; small cells see their own images.

    Parameters
    ----------
    structure
        A structure, or a trajectory of one frame.
    pairs
        Cutoff of each pair of elements that bonds, Å; None takes the first minimum of its RDF.

    Raises
    ------
    InputError
        If an element is absent, a cutoff cannot be, or a trajectory has several frames.
    """
    frame = one_frame(structure)
    return _bonds_of_frame(frame, 0, bond_cutoffs(frame, pairs))


def coordination_numbers(
    trajectory: StructureLike, centre: str, neighbour: str, cutoff_a: float | None = None
) -> Coordination:
    """Return the coordination numbers of one element by another.

    Parameters
    ----------
    trajectory
        A trajectory or a structure.
    centre, neighbour
        The elements.
    cutoff_a
        Largest distance, Å; the first minimum of their RDF if not given.

    Raises
    ------
    InputError
        If an element is absent or the cutoff cannot be.
    """
    frames = as_trajectory(trajectory)
    centres = mask_of(frames.numbers, centre)
    mask_of(frames.numbers, neighbour)
    pair = (centre, neighbour)
    cutoff = bond_cutoffs(frames, {pair: cutoff_a})[pair]
    neighbours = mask_of(frames.numbers, neighbour)
    within = [max(cutoff - _EDGE_A, 0.0), cutoff, cutoff + _EDGE_A]
    numbers = np.empty((3, frames.n_frames, int(centres.sum())), dtype=np.int64)
    for n in range(frames.n_frames):
        bonds = _bonds_of_frame(frames, n, {pair: within[-1]})
        lengths = np.linalg.norm(bonds.vectors, axis=1)
        for limit, counted in zip(within, numbers, strict=True):
            towards = bonds.first[neighbours[bonds.second] & (lengths < limit)]
            counted[n] = np.bincount(towards, minlength=frames.n_atoms)[centres]
    shorter, longer = float(numbers[0].mean()), float(numbers[2].mean())
    return Coordination(
        centre, neighbour, cutoff, numbers[1], shorter, longer, cutoff_a is not None
    )


def _bonds_of_frame(frames: Trajectory, index: int, cutoffs: dict[Pair, float]) -> Bonds:
    from vesin import NeighborList

    of_pair = np.zeros((len(chemical_symbols), len(chemical_symbols)))
    for pair, cutoff in cutoffs.items():
        mask_of(frames.numbers, pair)
        a, b = (atomic_numbers[symbol] for symbol in pair)
        of_pair[a, b] = of_pair[b, a] = cutoff
    finder = NeighborList(cutoff=of_pair.max(), full_list=True, sorted=True, n_threads=1)
    first, second, images, vectors, distances = finder.compute(
        frames.positions[index], frames.cells[index], periodic=True, quantities="ijSDd"
    )
    kept = distances < of_pair[frames.numbers[first], frames.numbers[second]]
    ends = first[kept].astype(np.int64), second[kept].astype(np.int64)
    return Bonds(*ends, images[kept].astype(np.int64), vectors[kept], dict(cutoffs))
