"""Ions on a lattice of random barriers or of random traps, in continuous time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numba import njit
from scipy.sparse import csr_array
from scipy.sparse.linalg import cg

from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import InputError
from amorph_flows.testing.walks._walk import (
    HOPPING,
    Hopping,
    Walk,
    hopping_walk,
    random_source,
    vibrate,
)


def random_barriers(
    n_ions: int,
    n_frames: int,
    seed: int,
    hopping: Hopping = HOPPING,
    highest_kt: float = 6.0,
    n_cells: int = 12,
) -> Walk:
    """Return ions on sites of one energy with random barriers between neighbours.

    Barriers are uniform from 0 to ``highest_kt``, rates exp(-barrier) both ways, so that in
    equilibrium all sites are equally likely, and the ions start so. An ion that has crossed a low
    barrier soon crosses it back: the memory has times from that of the lowest to beyond that of the
    highest barrier (Haus & Kehr, Phys. Rep. 150, 263 (1987), section 5; Dyre & Schrøder, Rev. Mod.
    Phys. 72, 873 (2000)). The lattice is finite and periodic and differs from seed to seed. Its
    diffusivity is exact and not that of an infinite one: see `barrier_diffusion`.

    The relaxation time is the longer of the residence time and the mean time of the memory,
    ∫t K(t)dt/∫K(t)dt with K the velocity correlation; ``memory_time_fs`` is None.

    Parameters
    ----------
    n_ions, n_frames, seed
        Of the walk; the lattice has the same seed.
    hopping
        As in `jumps`; the residence time is the inverse of the mean rate of this lattice.
    highest_kt
        The highest barrier, kT.
    n_cells
        Sites along each edge of the lattice, at least 3.
    """
    lattice = _barrier_lattice(seed, highest_kt, n_cells)
    diffusion = lattice.diffusion
    rng = random_source(seed, n_ions, n_frames)
    start = rng.integers(0, len(lattice.rates), n_ions)
    paths = _walk(rng, lattice.rates * hopping.jumps_per_frame, start, n_frames, n_cells)
    paths *= hopping.jump_a
    factor = 6 * diffusion.diffusivity
    walk = hopping_walk("random_barriers", seed, vibrate(rng, paths, hopping), hopping, factor)
    memory = diffusion.memory_time * hopping.residence_time_fs
    return _with_relaxation_time(walk, memory)


def random_traps(
    n_ions: int,
    n_frames: int,
    seed: int,
    hopping: Hopping = HOPPING,
    deepest_kt: float = 5.0,
    n_cells: int = 12,
) -> Walk:
    """Return ions on sites of random depths, which they leave equally fast in all directions.

    Depths are uniform from 0 to ``deepest_kt``, and the mean stay at a site is τ_i ∝ exp(depth).
    In equilibrium an ion is at a site with probability ∝ τ_i, and the ions start so. Directions of
    jumps are independent of each other and of the waiting times, so there is no velocity memory,
    and D* = a²/6⟨τ⟩ exactly, with the mean over all sites (Haus & Kehr, Phys. Rep. 150, 263 (1987),
    section 4). Yet the ions differ for as long as they stay in traps of different depths.

    Parameters
    ----------
    n_ions, n_frames, seed
        Of the walk; the depths have the same seed.
    hopping
        As in `jumps`; the residence time is ⟨τ⟩ of these sites.
    deepest_kt
        Depth of the deepest traps, kT.
    n_cells
        Sites along each edge of the periodic lattice, at least 3.
    """
    rng = random_source(seed, n_ions, n_frames)
    stays = np.exp(rng.uniform(0.0, deepest_kt, n_cells**3))
    stays /= stays.mean()
    rates = np.repeat(hopping.jumps_per_frame / (6 * stays)[:, None], 6, axis=1)
    start = rng.choice(len(stays), n_ions, p=stays / stays.sum())
    paths = _walk(rng, rates, start, n_frames, n_cells)
    paths *= hopping.jump_a
    return hopping_walk("random_traps", seed, vibrate(rng, paths, hopping), hopping)


@dataclass(frozen=True)
class BarrierDiffusion:
    """Diffusion on a finite periodic lattice.

    Parameters
    ----------
    diffusivity
        A third of the trace of the diffusivity, in squared lattice constants per time.
    memory_time
        ∫t K(t)dt/∫K(t)dt of the velocity correlation K(t) after the jump itself; 0 without.
    """

    diffusivity: float
    memory_time: float


def barrier_diffusion(bonds: FloatArray) -> BarrierDiffusion:
    """Return the exact diffusivity of a walk with symmetric rates on a periodic lattice.

    With b the mean velocity at each site along an axis and W the matrix of rates, K(t) is
    -⟨b exp(Wt) b⟩, and its integral is taken off the diffusivity ⟨w⟩ of uncorrelated jumps. With
    the corrector χ, -Wχ = b, D = ⟨w⟩ - ⟨bχ⟩ along each axis (linear response of the finite system,
    which is also the equation of homogenisation: Kipnis & Varadhan, Commun. Math. Phys. 104, 1
    (1986)), and the mean time of the memory is ⟨χ²⟩/⟨bχ⟩.

    Parameters
    ----------
    bonds
        Rates across the bond from each site to the next along each axis, shape ``(n, n, n, 3)`` or
        with other edges, each at least 3.
    """
    shape = bonds.shape[:3]
    n_sites = int(np.prod(shape))
    sites = np.arange(n_sites).reshape(shape)
    here = np.tile(sites.ravel(), 3)
    there = np.concatenate([np.roll(sites, -1, axis).ravel() for axis in range(3)])
    rate = np.concatenate([bonds[..., axis].ravel() for axis in range(3)])
    rows = np.concatenate([here, there, here, there])
    columns = np.concatenate([there, here, here, there])
    values = np.concatenate([-rate, -rate, rate, rate])
    matrix = csr_array((values, (rows, columns)), shape=(n_sites, n_sites))
    velocities = np.stack(
        [(bonds[..., a] - np.roll(bonds[..., a], 1, a)).ravel() for a in range(3)], axis=1
    )
    corrector = np.stack([_solved(matrix, column) for column in velocities.T], axis=1)
    taken_off = float((velocities * corrector).sum()) / n_sites
    uncorrelated = float(rate.sum()) / n_sites
    memory = float((corrector**2).sum()) / n_sites / taken_off if taken_off > 1e-12 else 0.0
    return BarrierDiffusion((uncorrelated - taken_off) / 3, memory)


def _solved(matrix: csr_array, right: FloatArray) -> FloatArray:
    """Solve for the corrector of mean 0; constants are in the null space of the matrix."""
    found, left = cg(matrix, right, rtol=1e-10, maxiter=50 * len(right))
    if left:
        raise InputError("the barriers differ too much to solve for the diffusivity; lower them")
    return found - found.mean()


@dataclass(frozen=True)
class _BarrierLattice:
    """Rates of one jump a unit of time on average, out of each site in six directions."""

    rates: FloatArray
    diffusion: BarrierDiffusion


@lru_cache(maxsize=16)
def _barrier_lattice(seed: int, highest_kt: float, n_cells: int) -> _BarrierLattice:
    """Return the lattice of a seed."""
    rng = np.random.default_rng([seed, 4])
    bonds = np.exp(-rng.uniform(0.0, highest_kt, (n_cells, n_cells, n_cells, 3)))
    bonds /= 6 * bonds.mean()
    rates = np.empty((n_cells**3, 6))
    for axis in range(3):
        rates[:, 2 * axis] = np.roll(bonds[..., axis], 1, axis).ravel()
        rates[:, 2 * axis + 1] = bonds[..., axis].ravel()
    return _BarrierLattice(rates, barrier_diffusion(bonds))


def _with_relaxation_time(walk: Walk, memory_fs: float) -> Walk:
    """Return the walk with the longer of residence and memory time to count lengths in."""
    return replace(walk, relaxation_time_fs=max(walk.relaxation_time_fs, memory_fs))


@njit(cache=True)
def _walk(
    rng: np.random.Generator, rates: FloatArray, start: IntArray, n_frames: int, n_cells: int
) -> FloatArray:
    """Return positions in lattice constants, shape ``(3, n_ions, n_frames)``.

    Parameters
    ----------
    rng
        Source of random numbers.
    rates
        Jumps per frame out of each site to -x, x, -y, y, -z, z, shape ``(n_sites, 6)``.
    start
        Site of each ion in the first frame.
    n_frames, n_cells
        How many frames; sites along each edge.
    """
    n_ions = len(start)
    paths = np.zeros((3, n_ions, n_frames))
    strides = np.array([n_cells * n_cells, n_cells, 1])
    for ion in range(n_ions):
        site = start[ion]
        place = np.zeros(3)
        frame = 0
        now = 0.0
        while frame < n_frames:
            now += rng.standard_exponential() / rates[site].sum()
            while frame < n_frames and frame < now:
                paths[:, ion, frame] = place
                frame += 1
            left = rng.random() * rates[site].sum()
            direction = 0
            while direction < 5 and left >= rates[site, direction]:
                left -= rates[site, direction]
                direction += 1
            axis = direction // 2
            sign = 2 * (direction % 2) - 1
            place[axis] += sign
            along = (site // strides[axis]) % n_cells
            site += ((along + sign) % n_cells - along) * strides[axis]
    return paths
