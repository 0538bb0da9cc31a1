"""How estimates scatter: between ions, between blocks of time, and in the course of the run.

Ions of one run share their time, blocks of one run share their ions. The variance of a sum over
both is therefore clustered both ways, V(blocks) + V(ions) - V(both) (Cameron, Gelbach and Miller,
J. Bus. Econ. Stat. 29, 238 (2011)): where ions move together the first is the larger, where their
rates differ the second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr

from amorph_flows.analysis.transport._spectrum import StepSpectrum
from amorph_flows.arrays import FloatArray, IntArray

_FEWEST_BLOCKS, _MOST_BLOCKS = 8, 40
_BLOCK_PER_MEMORY = 6.0
"""Least length of a block over the memory time: blocks are then nearly independent."""


@dataclass(frozen=True)
class Blocks:
    """Blocks of time in all pieces.

    Parameters
    ----------
    pieces
        The pieces.
    edges
        First step of each block, and the end, by piece.
    """

    pieces: Sequence[StepSpectrum]
    edges: list[IntArray]

    @classmethod
    def over(cls, pieces: Sequence[StepSpectrum], memory_time: float) -> Blocks:
        """Return blocks that are long beside the memory time, where there is room for a few.

        Parameters
        ----------
        pieces
            The pieces.
        memory_time
            Frames.
        """
        total = sum(p.n_steps for p in pieces)
        least = max(_BLOCK_PER_MEMORY * memory_time, 8.0)
        wanted = float(np.clip(total / least, _FEWEST_BLOCKS, _MOST_BLOCKS))
        counts = [max(1, round(wanted * p.n_steps / total)) for p in pieces]
        edges = [
            np.linspace(0, p.n_steps, min(count, p.n_steps) + 1).astype(np.int64)
            for p, count in zip(pieces, counts, strict=True)
        ]
        return cls(pieces, edges)

    @property
    def lengths(self) -> list[FloatArray]:
        """Steps of each block, by piece."""
        return [np.diff(edges).astype(float) for edges in self.edges]

    @property
    def count(self) -> int:
        """Number of blocks."""
        return sum(len(edges) - 1 for edges in self.edges)

    def sums(self, products: Sequence[FloatArray]) -> list[FloatArray]:
        """Return sums over each block, by piece, of what each ion and step contributes.

        Parameters
        ----------
        products
            By piece, shape ``(..., n_steps)``.
        """
        return [
            np.asarray(np.add.reduceat(product, edges[:-1], axis=-1))
            for product, edges in zip(products, self.edges, strict=True)
        ]

    def deviations(self, sums: Sequence[FloatArray]) -> list[FloatArray]:
        """Return how far each ion and block are from an even share of the whole.

        Parameters
        ----------
        sums
            By piece, shape ``(n_ions, n_blocks)``.
        """
        whole = sum(float(s.sum()) for s in sums)
        steps = sum(p.n_steps for p in self.pieces)
        return [
            s - whole * lengths / steps / len(s)
            for s, lengths in zip(sums, self.lengths, strict=True)
        ]


@dataclass(frozen=True)
class Variance:
    """Variance of a sum over ions and time.

    Parameters
    ----------
    both
        Clustered both ways.
    of_time
        From blocks of time alone: it lacks that ions differ for good.
    """

    both: float
    of_time: float


def clustered_variance(blocks: Blocks, deviations: Sequence[FloatArray]) -> Variance:
    """Return the variance of the sum of deviations.

    Parameters
    ----------
    blocks
        Blocks of time.
    deviations
        By piece, shape ``(n_ions, n_blocks)``.
    """
    n_blocks = blocks.count
    of_time = sum(float(np.sum(d.sum(axis=0) ** 2)) for d in deviations)
    of_time *= n_blocks / max(n_blocks - 1, 1)
    by_run: dict[int, FloatArray] = {}
    for piece, deviation in zip(blocks.pieces, deviations, strict=True):
        by_run[piece.run] = by_run.get(piece.run, np.zeros(1)) + deviation.sum(axis=1)
    ions = np.concatenate(list(by_run.values()))
    of_ions = float(np.sum(ions**2)) * len(ions) / max(len(ions) - 1, 1)
    if len(ions) == 1:
        of_ions = 0.0
    shared = sum(float(np.sum(d**2)) for d in deviations)
    return Variance(max(of_time + of_ions - shared, of_time, of_ions), of_time)


@dataclass(frozen=True)
class Trend:
    """How the ions' activity changes in the course of the run.

    Parameters
    ----------
    fall
        One minus the mean over the last third over that of the first; negative where it rises.
    p
        Probability that a steady run shows such a trend with time or with log time.
    """

    fall: float
    p: float


def trend_of(blocks: Blocks, sums: Sequence[FloatArray]) -> Trend:
    """Return the trend of block rates with time and with its logarithm, by linear regression.

    A rate that falls for ever, as with waiting times that have no mean (Bouchaud and Georges, Phys.
    Rep. 195, 127 (1990)), falls with the logarithm of time.

    Parameters
    ----------
    blocks
        Blocks of time.
    sums
        Of a measure of activity, by piece, shape ``(n_ions, n_blocks)``.
    """
    rates, when = [], []
    passed: dict[int, float] = {}
    for piece, total, edges in zip(blocks.pieces, sums, blocks.edges, strict=True):
        rates.append(total.sum(axis=0) / np.diff(edges))
        when.append(passed.get(piece.run, 0.0) + (edges[1:] + edges[:-1]) / 2)
        passed[piece.run] = passed.get(piece.run, 0.0) + piece.n_steps
    rate, time = np.concatenate(rates), np.concatenate(when)
    if len(rate) < 4 or not rate.mean() > 0 or np.ptp(rate) == 0:
        return Trend(0.0, 1.0)
    end = max(passed.values())
    early, late = rate[time <= end / 3], rate[time >= 2 * end / 3]
    fall = 1 - float(late.mean() / early.mean()) if early.mean() > 0 else float("nan")
    tests = [_chance_of_slope(x, rate) for x in (time, np.log(time))]
    return Trend(fall, min(1.0, 2 * min(tests)))


def _chance_of_slope(x: FloatArray, y: FloatArray) -> float:
    """Return the probability of so steep a line by chance, by Student's test of the correlation."""
    freedom = len(x) - 2
    correlation = float(np.corrcoef(x, y)[0, 1])
    t = abs(correlation) * np.sqrt(freedom / max(1 - correlation**2, np.finfo(float).tiny))
    return float(2 * stdtr(freedom, -t))
