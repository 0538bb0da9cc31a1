"""Search for the subsets of n out of N sites with the lowest quadratic energy.

The energy of a subset S is E(S) = sum_{i in S} h_i + 1/2 sum_{i != j in S} J_ij.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import chain, combinations
from math import comb

import numpy as np
import numpy.typing as npt

from amorph_flows.arrays import FloatArray, IntArray

Subset = tuple[int, ...]

ENUMERATION_LIMIT = 200_000
TIE_EV = 1e-9
RESPLITS_PER_NODE = 2
TYPICAL_SITES = 60


@dataclass(frozen=True, eq=False)
class QuadraticProblem:
    """Choose ``n_chosen`` of N sites.

    Parameters
    ----------
    linear
        h_i, eV, shape ``(N,)``.
    pair
        J_ij, eV, symmetric with zero diagonal, shape ``(N, N)``.
    n_chosen
        How many sites are chosen.
    """

    linear: FloatArray
    pair: FloatArray
    n_chosen: int

    @property
    def n_sites(self) -> int:
        """Number of sites to choose from."""
        return len(self.linear)

    def energies(self, subsets: IntArray) -> FloatArray:
        """Return E(S), eV, of each row of site indices, shape ``(n_subsets, n_chosen)``."""
        pairs = self.pair[subsets[:, :, None], subsets[:, None, :]]
        energies: FloatArray = self.linear[subsets].sum(axis=1) + 0.5 * pairs.sum(axis=(1, 2))
        return energies


class BestSubsets:
    """The best distinct subsets met so far.

    Parameters
    ----------
    problem
        The energy.
    size
        How many to keep.
    canonical
        Maps a sorted subset to the representative of those that count as the same.
    """

    def __init__(
        self, problem: QuadraticProblem, size: int, canonical: Callable[[Subset], Subset]
    ) -> None:
        self.problem, self.size, self.canonical = problem, size, canonical
        self._found: dict[Subset, tuple[float, Subset]] = {}

    def add(self, subsets: IntArray) -> None:
        """Take in subsets, one a row, shape ``(n_subsets, n_chosen)``."""
        ordered = np.sort(subsets, axis=1)
        for energy, row in zip(self.problem.energies(ordered), ordered.tolist(), strict=True):
            if energy < self.cutoff:
                self._insert(float(energy), tuple(row))

    def _insert(self, energy: float, subset: Subset) -> None:
        key = self.canonical(subset)
        entry = (energy, subset)
        self._found[key] = min(entry, self._found.get(key, entry))
        if len(self._found) > self.size:
            del self._found[max(self._found, key=lambda k: self._found[k])]

    @property
    def cutoff(self) -> float:
        """Energy that a subset must be below to enter, eV."""
        if len(self._found) < self.size:
            return float("inf")
        return max(energy for energy, _ in self._found.values()) - TIE_EV

    def ranked(self) -> list[tuple[float, Subset]]:
        """Return energy and subset of each, best first; equal energies by their indices."""
        return sorted(self._found.values(), key=lambda entry: (round(entry[0], 8), entry[1]))


def find_best_subsets(
    problem: QuadraticProblem,
    n_best: int,
    seed: int,
    node_limit: int,
    canonical: Callable[[Subset], Subset] = tuple,
) -> tuple[list[tuple[float, Subset]], bool]:
    """Return the best subsets, and whether they are proven to be the best.

    Up to 200,000 choices are enumerated. Beyond, a seeded swap search finds good subsets and
    branch and bound then proves them the best, or finds better ones, until the node limit.

    Parameters
    ----------
    problem
        The energy and the number of sites to choose.
    n_best
        How many distinct subsets to return.
    seed
        Seed of the swap search.
    node_limit
        Most nodes that branch and bound visits; one of R > 60 sites counts as (R / 60)^2.
    canonical
        Maps a sorted subset to the representative of those that count as the same.

    Returns
    -------
    list of (float, tuple of int)
        Energy (eV) and sorted indices, best first; fewer than ``n_best`` if there are fewer.
    bool
        Whether no other distinct subset is better than the last of them.
    """
    best = BestSubsets(problem, n_best, canonical)
    if comb(problem.n_sites, problem.n_chosen) <= ENUMERATION_LIMIT:
        _enumerate(problem, best)
        return best.ranked(), True
    _swap_search(problem, best, seed)
    proven = _branch_and_bound(problem, best, node_limit)
    return best.ranked(), proven


def _enumerate(problem: QuadraticProblem, best: BestSubsets) -> None:
    n = problem.n_chosen
    choices = combinations(range(problem.n_sites), n)
    flat = np.fromiter(chain.from_iterable(choices), dtype=np.int64).reshape(-1, n)
    blocks = np.array_split(flat, max(1, flat.size * n // 10_000_000))
    energies = np.concatenate([problem.energies(block) for block in blocks])
    for row in np.argsort(energies, kind="stable"):
        if energies[row] >= best.cutoff:
            break
        best.add(flat[row : row + 1])


def _swap_search(
    problem: QuadraticProblem, best: BestSubsets, seed: int, n_starts: int = 200
) -> None:
    """Descend by best swaps from random subsets and from disturbed copies of the best one."""
    rng = np.random.default_rng(seed)
    n, n_sites = problem.n_chosen, problem.n_sites
    for start in range(n_starts):
        if start % 2 == 0:
            chosen = rng.choice(n_sites, n, replace=False)
        else:
            kept = rng.permutation(best.ranked()[0][1])[: n - max(1, n // 3)]
            others = rng.permutation(np.setdiff1d(np.arange(n_sites), kept))
            chosen = np.concatenate([kept, others[: n - len(kept)]])
        _descend(problem, best, chosen.astype(np.int64))


def _descend(problem: QuadraticProblem, best: BestSubsets, chosen: IntArray) -> None:
    """Swap the pair that lowers the energy most until none does; offer the last neighbours too."""
    field = problem.linear + problem.pair[:, chosen].sum(axis=1)
    while True:
        free = np.setdiff1d(np.arange(problem.n_sites), chosen)
        change = field[free] - field[chosen][:, None] - problem.pair[np.ix_(chosen, free)]
        out, into = np.unravel_index(int(change.argmin()), change.shape)
        if change[out, into] >= -TIE_EV:
            break
        leaving, entering = chosen[out], free[into]
        field += problem.pair[:, entering] - problem.pair[:, leaving]
        chosen[out] = entering
    order = np.argsort(change, axis=None, kind="stable")[: best.size]
    outs, intos = np.unravel_index(order, change.shape)
    neighbours = np.tile(chosen, (len(order) + 1, 1))
    neighbours[np.arange(len(order)), outs] = free[intos]
    best.add(neighbours)


@dataclass(frozen=True, eq=False)
class _Node:
    """Subsets that hold all of ``chosen`` and otherwise only ``sites``.

    ``linear`` is h plus the interaction with the chosen sites. ``half`` splits J over the two
    orders of a pair, half_ij + half_ji = J_ij, with an infinite diagonal.
    """

    energy: float
    chosen: Subset
    sites: IntArray
    linear: FloatArray
    half: FloatArray

    def restricted(self, keep: npt.NDArray[np.bool_]) -> _Node:
        """Return the node without the sites that are not kept."""
        return replace(
            self,
            sites=self.sites[keep],
            linear=self.linear[keep],
            half=self.half[np.ix_(keep, keep)],
        )

    def branches(self) -> tuple[_Node, _Node]:
        """Return the node without and with its site of least energy, the latter to visit first."""
        b = int(np.argmin(self.linear))
        rest = self.restricted(np.arange(len(self.sites)) != b)
        coupling = np.delete(self.half[b] + self.half[:, b], b)
        taken = replace(
            rest,
            energy=self.energy + float(self.linear[b]),
            chosen=(*self.chosen, int(self.sites[b])),
            linear=rest.linear + coupling,
        )
        return rest, taken

    def completed(self, additions: Iterable[Iterable[int]]) -> IntArray:
        """Return the subsets made of the chosen sites and each addition."""
        return np.array([[*self.chosen, *added] for added in additions], dtype=np.int64)


def _branch_and_bound(problem: QuadraticProblem, best: BestSubsets, node_limit: int) -> bool:
    """Search the whole space depth first; return whether it was finished within the limit."""
    half = problem.pair / 2
    np.fill_diagonal(half, np.inf)
    sites = np.arange(problem.n_sites)
    stack = [_Node(0.0, (), sites, problem.linear, half)]
    budget = float(node_limit)
    while stack and budget > 0:
        node = stack.pop()
        budget -= max(1.0, (len(node.sites) / TYPICAL_SITES) ** 2)
        n_left = problem.n_chosen - len(node.chosen)
        if n_left == 1:
            below = node.sites[node.energy + node.linear < best.cutoff]
            if len(below):
                best.add(node.completed([int(site)] for site in below))
            continue
        tight = _tighten(node, n_left, best.cutoff)
        if tight is None:
            continue
        if len(tight.sites) == n_left:
            best.add(tight.completed([tight.sites.tolist()]))
        else:
            stack.extend(tight.branches())
    return not stack


def _tighten(node: _Node, n_left: int, cutoff: float) -> _Node | None:
    """Drop what cannot be in a subset below the cutoff; None if no such subset is left.

    The bound is that of Gilmore and Lawler: a site in the subset costs at least its own energy
    and its n_left - 1 cheapest halves (P. C. Gilmore, J. SIAM 10, 305 (1962); E. L. Lawler,
    Manage. Sci. 9, 586 (1963)). The split of J into halves is improved by subgradient steps as in
    A. Caprara, D. Pisinger and P. Toth, INFORMS J. Comput. 11, 125 (1999).
    """
    resplits = 0
    while len(node.sites) > n_left:
        cheapest = np.argpartition(node.half, n_left - 2, axis=1)[:, : n_left - 1]
        cost = node.linear + np.take_along_axis(node.half, cheapest, axis=1).sum(axis=1)
        top = np.argpartition(cost, n_left - 1)[:n_left]
        bound = node.energy + cost[top].sum()
        if bound >= cutoff:
            return None
        keep = bound - cost[top].max() + cost < cutoff
        keep[top] = True
        if not keep.all():
            node = node.restricted(keep)
        elif resplits < RESPLITS_PER_NODE and np.isfinite(cutoff):
            resplits += 1
            node = _resplit(node, top, cheapest, cutoff - bound)
        else:
            return node
    return node if len(node.sites) == n_left else None


def _resplit(node: _Node, top: IntArray, cheapest: IntArray, gap: float) -> _Node:
    """Shift weight between half_ij and half_ji where only one of the two was used by the bound."""
    used = np.zeros_like(node.half)
    used[top[:, None], cheapest[top]] = 1
    disagreement = used - used.T
    squared = float((disagreement**2).sum())
    if squared == 0:
        return node
    return replace(node, half=node.half + gap / squared * disagreement)
