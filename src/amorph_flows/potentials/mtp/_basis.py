"""The moment graph of a level: every scalar contraction of moments up to that level, once.

A basis function is a product of connected contractions; a connected contraction is a multigraph
without loops whose vertices are moments ``M_{mu,nu}`` of degree nu. The level of a moment is
``2 + 4 mu + nu`` and levels add up (Novikov et al., Mach. Learn.: Sci. Technol. 2 (2021) 025002,
equations 7 and 8). As in MLIP-2, a basis function has at most four moments.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import permutations, product
from math import factorial

import numpy as np

from amorph_flows.arrays import Int32Array
from amorph_flows.errors import InputError

MAX_FACTORS = 4
Monomial = tuple[int, int, int]
Vertex = tuple[int, int, int]  # mu, rank, free indices


@dataclass(frozen=True)
class Tensor:
    """Moments with some indices contracted among them and the rest free.

    Parameters
    ----------
    vertices
        ``(mu, rank, free)`` of each moment, sorted.
    edges
        Number of contractions of each pair of vertices, a symmetric matrix.
    """

    vertices: tuple[Vertex, ...]
    edges: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class MomentGraph:
    """All moments and products of a level, as the ``.mtp`` file lists them."""

    n_radial_functions: int
    index_basic: Int32Array
    index_times: Int32Array
    n_moments: int
    scalar_moments: Int32Array


@cache
def moment_graph(level: int) -> MomentGraph:
    """Build the moment graph of a level.

    Parameters
    ----------
    level
        An even number from 2 to 28.

    Returns
    -------
    MomentGraph
        At level 16: 130 basic moments, 92 basis functions.

    Raises
    ------
    InputError
        If there is no such level.
    """
    if level % 2 or not 2 <= level <= 28:
        raise InputError(f"level {level}: moment tensor potentials have even levels from 2 to 28")
    builder = _Builder(level)
    connected = sorted(_connected(level), key=lambda found: (found[0], repr(found[1])))
    scalars = [builder.products(factors) for factors in _multisets(connected, level)]
    return builder.finish(sorted(set(scalars)))


def moment_level(mu: int, rank: int) -> int:
    """Give the level of a moment, ``2 + 4 mu + nu``."""
    return 2 + 4 * mu + rank


def _monomials(degree: int) -> list[Monomial]:
    return [
        (degree - q, q - c, c) for q in range(degree + 1) for c in range(q + 1)
    ]  # x first, as in the file


def _multinomial(m: Monomial) -> int:
    return factorial(sum(m)) // (factorial(m[0]) * factorial(m[1]) * factorial(m[2]))


def _add(*monomials: Monomial) -> Monomial:
    return (sum(m[0] for m in monomials), sum(m[1] for m in monomials),
            sum(m[2] for m in monomials))  # fmt: skip


@cache
def _canonical(tensor: Tensor) -> tuple[Tensor, tuple[int, ...]]:
    """Sort the vertices; gives the tensor and the order that was taken."""
    n = len(tensor.vertices)
    key = [
        (v, tuple(sorted(zip(row, tensor.vertices, strict=True))))
        for v, row in zip(tensor.vertices, tensor.edges, strict=True)
    ]
    classes: dict[object, list[int]] = {}
    for vertex in sorted(range(n), key=lambda i: key[i]):
        classes.setdefault(key[vertex], []).append(vertex)
    best: tuple[tuple[tuple[int, ...], ...], tuple[int, ...]] | None = None
    for parts in product(*(permutations(group) for group in classes.values())):
        order = tuple(i for part in parts for i in part)
        edges = tuple(tuple(tensor.edges[i][j] for j in order) for i in order)
        if best is None or edges < best[0]:
            best = edges, order
    assert best is not None
    return Tensor(tuple(tensor.vertices[i] for i in best[1]), best[0]), best[1]


def _is_connected(edges: tuple[tuple[int, ...], ...]) -> bool:
    seen, stack = {0}, [0]
    while stack:
        for j, k in enumerate(edges[stack.pop()]):
            if k and j not in seen:
                seen.add(j)
                stack.append(j)
    return len(seen) == len(edges)


def _connected(level: int) -> Iterator[tuple[int, Tensor]]:
    """Give level and graph of every connected contraction."""
    seen = set()
    for types in _vertex_multisets(level):
        total = sum(moment_level(mu, rank) for mu, rank in types)
        for edges in _graphs(tuple(rank for _, rank in types)):
            if _is_connected(edges):
                tensor, _ = _canonical(Tensor(tuple((mu, r, 0) for mu, r in types), edges))
                if tensor not in seen:
                    seen.add(tensor)
                    yield total, tensor


def _vertex_multisets(level: int) -> Iterator[tuple[tuple[int, int], ...]]:
    types = [(mu, 0) for mu in range(level) if moment_level(mu, 0) <= level]
    yield from ((single,) for single in types)
    ranked = [
        (mu, rank)
        for mu in range(level)
        for rank in range(1, level)
        if moment_level(mu, rank) + moment_level(0, 1) <= level
    ]

    def extend(
        start: int, left: int, chosen: tuple[tuple[int, int], ...]
    ) -> Iterator[tuple[tuple[int, int], ...]]:
        if len(chosen) > 1 and sum(rank for _, rank in chosen) % 2 == 0:
            yield chosen
        if len(chosen) == MAX_FACTORS:
            return
        for i in range(start, len(ranked)):
            if moment_level(*ranked[i]) <= left:
                yield from extend(i, left - moment_level(*ranked[i]), (*chosen, ranked[i]))

    yield from extend(0, level, ())


def _graphs(degrees: tuple[int, ...]) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Give every loopless multigraph with these degrees."""
    n = len(degrees)
    edges = [[0] * n for _ in range(n)]

    def fill(i: int, j: int, left: list[int]) -> Iterator[tuple[tuple[int, ...], ...]]:
        if i == n - 1:
            if left[i] == 0:
                yield tuple(tuple(row) for row in edges)
            return
        if j == n:
            if left[i] == 0:
                yield from fill(i + 1, i + 2, left)
            return
        for k in range(min(left[i], left[j]) + 1):
            edges[i][j] = edges[j][i] = k
            left[i] -= k
            left[j] -= k
            yield from fill(i, j + 1, left)
            left[i] += k
            left[j] += k
        edges[i][j] = edges[j][i] = 0

    yield from fill(0, 1, list(degrees))


def _multisets(
    connected: list[tuple[int, Tensor]], level: int, factors: int = MAX_FACTORS, start: int = 0
) -> Iterator[tuple[Tensor, ...]]:
    for i in range(start, len(connected)):
        cost, tensor = connected[i]
        size = len(tensor.vertices)
        if cost <= level and size <= factors:
            yield (tensor,)
            for rest in _multisets(connected, level - cost, factors - size, i):
                yield (tensor, *rest)


class _Builder:
    """Moments by number; a moment with the same products as another is that other."""

    def __init__(self, level: int) -> None:
        basic = [
            (mu, *m)
            for mu in range((level - 2) // 4 + 1)
            for rank in range(level)
            if moment_level(mu, rank) + (moment_level(0, rank) if rank else 0) <= level
            for m in _monomials(rank)
        ]
        self.basic = {row: i for i, row in enumerate(basic)}
        self.by_products: dict[tuple[tuple[tuple[int, int], int], ...], int] = {}
        self.components: dict[tuple[Tensor, tuple[Monomial, ...]], int] = {}

    def _moment(self, terms: Counter[tuple[int, int]]) -> int:
        key = tuple(sorted(terms.items()))
        return self.by_products.setdefault(key, len(self.basic) + len(self.by_products))

    def products(self, factors: tuple[Tensor, ...]) -> int:
        """Give the moment that is the product of scalars."""
        first = self.component(factors[0], ((0, 0, 0),) * len(factors[0].vertices))
        if len(factors) == 1:
            return first
        rest = self.products(factors[1:])
        return self._moment(Counter({(min(first, rest), max(first, rest)): 1}))

    def component(self, tensor: Tensor, free: tuple[Monomial, ...]) -> int:
        """Give the moment that is one component of a tensor."""
        if len(tensor.vertices) == 1:
            return self.basic[(tensor.vertices[0][0], *free[0])]
        if (tensor, free) in self.components:
            return self.components[tensor, free]
        peeled, rest, order = _peel(tensor)
        row = tensor.edges[peeled]
        terms: Counter[tuple[int, int]] = Counter()
        for contracted in product(*(_monomials(row[j]) for j in order)):
            left = self.basic[(tensor.vertices[peeled][0], *_add(free[peeled], *contracted))]
            parts = tuple(_add(free[j], m) for j, m in zip(order, contracted, strict=True))
            right = self.component(rest, parts)
            weight = 1
            for m in contracted:
                weight *= _multinomial(m)
            terms[min(left, right), max(left, right)] += weight
        found = self._moment(terms)
        self.components[tensor, free] = found
        return found

    def finish(self, scalars: list[int]) -> MomentGraph:
        """Give the graph."""
        times = [(a, b, m, c) for key, c in self.by_products.items() for (a, b), m in key]
        basic = np.array(list(self.basic), dtype=np.int32)
        return MomentGraph(
            n_radial_functions=int(basic[:, 0].max()) + 1,
            index_basic=basic,
            index_times=np.array(times, dtype=np.int32).reshape(-1, 4),
            n_moments=len(self.basic) + len(self.by_products),
            scalar_moments=np.array(scalars, dtype=np.int32),
        )


@cache
def _peel(tensor: Tensor) -> tuple[int, Tensor, tuple[int, ...]]:
    """Take a vertex off: its number, the rest, and where the rest's vertices were.

    The rest stays connected; of those vertices, the one of lowest rank that leaves the fewest
    components.
    """
    best: tuple[tuple[int, ...], int, Tensor, tuple[int, ...]] | None = None
    for v, (mu, rank, _) in enumerate(tensor.vertices):
        others = [j for j in range(len(tensor.vertices)) if j != v]
        edges = tuple(tuple(tensor.edges[i][j] for j in others) for i in others)
        if not _is_connected(edges):
            continue
        vertices = tuple(
            (tensor.vertices[j][0], tensor.vertices[j][1],
             tensor.vertices[j][2] + tensor.edges[v][j]) for j in others
        )  # fmt: skip
        rest, order = _canonical(Tensor(vertices, edges))
        size = 1
        for _, _, free in rest.vertices:
            size *= (free + 1) * (free + 2) // 2
        cost = (rank, mu, size)
        if best is None or cost < best[0]:
            best = cost, v, rest, tuple(others[i] for i in order)
    assert best is not None
    return best[1:]
