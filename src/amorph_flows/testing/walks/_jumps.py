"""Ions that vibrate and jump: alike or not, with memory, in chains, ever more slowly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

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


def jumps(n_ions: int, n_frames: int, seed: int, hopping: Hopping = HOPPING) -> Walk:
    """Return ions that vibrate in place and jump at random.

    Jumps are a Poisson process of rate 1/τ, each along one of six lattice directions. Successive
    displacements are independent, so MSD = a² t/τ and D* = a²/6τ from the first jump on (a random
    walk in continuous time: Haus & Kehr, Phys. Rep. 150, 263 (1987), section 2). Vibration adds a
    constant to the MSD. The ions are independent, so the jump diffusivity is the same.

    Parameters
    ----------
    n_ions, n_frames, seed
        Of the walk.
    hopping
        Residence time, jump length, vibration and spacing of frames.
    """
    rng = random_source(seed, n_ions, n_frames)
    rates = np.full(n_ions, hopping.jumps_per_frame)
    paths = vibrate(rng, jump_paths(rng, rates, n_frames, hopping), hopping)
    return hopping_walk("jumps", seed, paths, hopping)


def spread_rates(
    n_ions: int, n_frames: int, seed: int, hopping: Hopping = HOPPING, sigma: float = 0.5
) -> Walk:
    """Return ions of which each jumps with a rate of its own, from a log-normal distribution.

    The truth is the mean of the distribution, which is a²/6τ with 1/τ its mean rate: the rates are
    exp(σg - σ²/2)/τ with g from a normal distribution. An average over a few ions differs from it,
    and an honest interval knows that.

    Parameters
    ----------
    n_ions, n_frames, seed, hopping
        As in `jumps`; the residence time is the inverse of the mean rate.
    sigma
        Standard deviation of the logarithm of the rate.
    """
    rng = random_source(seed, n_ions, n_frames)
    rates = hopping.jumps_per_frame * np.exp(sigma * rng.standard_normal(n_ions) - sigma**2 / 2)
    paths = vibrate(rng, jump_paths(rng, rates, n_frames, hopping), hopping)
    return hopping_walk("spread_rates", seed, paths, hopping)


def two_kinds(
    n_ions: int,
    n_frames: int,
    seed: int,
    hopping: Hopping = HOPPING,
    slower: float = 5.0,
    slow_share: float = 0.5,
) -> Walk:
    """Return ions of two kinds, fast and slow, each ion being of one kind by chance.

    The truth is the mean of the distribution, as in `spread_rates`.

    Parameters
    ----------
    n_ions, n_frames, seed, hopping
        As in `jumps`; the residence time is the inverse of the mean rate.
    slower
        Rate of the fast ions over that of the slow ones.
    slow_share
        Probability that an ion is slow.
    """
    rng = random_source(seed, n_ions, n_frames)
    fast = hopping.jumps_per_frame / (1 - slow_share + slow_share / slower)
    rates = np.where(rng.random(n_ions) < slow_share, fast / slower, fast)
    paths = vibrate(rng, jump_paths(rng, rates, n_frames, hopping), hopping)
    return hopping_walk("two_kinds", seed, paths, hopping)


def remembering_jumps(
    n_ions: int,
    n_frames: int,
    seed: int,
    hopping: Hopping = HOPPING,
    correlation_factor: float = 1 / 3,
) -> Walk:
    """Return ions that often jump back: each jump reverses the last one with a probability p.

    With probability 1 - p the direction is random, so that the mean cosine of successive jumps is
    c = -p, of jumps k apart c^k, and f = 1 + 2Σc^k = (1 + c)/(1 - c) = (1 - p)/(1 + p) (Compaan &
    Haven, Trans. Faraday Soc. 52, 786 (1956); Haus & Kehr, Phys. Rep. 150, 263 (1987), section
    2.3). With Poisson waiting times the velocity correlation after the jump itself is
    c a²/τ² exp(-(1 - c)t/τ), one exponential of decay time τ/(1 + p). The first jump of each ion
    has a random direction, which is the stationary state.

    Parameters
    ----------
    n_ions, n_frames, seed, hopping
        As in `jumps`.
    correlation_factor
        f, above 0 and at most 1.
    """
    if not 0 < correlation_factor <= 1:
        raise InputError(
            f"correlation_factor is {correlation_factor:g}; give one above 0 and at most 1"
        )
    back = (1 - correlation_factor) / (1 + correlation_factor)
    rng = random_source(seed, n_ions, n_frames)
    rates = np.full(n_ions, hopping.jumps_per_frame)
    paths = vibrate(rng, jump_paths(rng, rates, n_frames, hopping, back), hopping)
    memory = hopping.residence_time_fs / (1 + back) if back else None
    return hopping_walk("remembering_jumps", seed, paths, hopping, correlation_factor, memory)


def chains(
    n_ions: int, n_frames: int, seed: int, hopping: Hopping = HOPPING, length: int = 3
) -> Walk:
    """Return ions that move together in chains that last: all ions of a chain make each jump.

    Each ion alone walks as in `jumps`, D* = a²/6τ. The displacement of a chain of m ions, summed,
    is m times that of one, so the jump diffusivity is D* Σm²/Σm: the length times D*, where the
    length divides the number of ions. The last chain is shorter where it does not.

    Parameters
    ----------
    n_ions, n_frames, seed, hopping
        As in `jumps`.
    length
        Number of ions in a chain.
    """
    if length < 1:
        raise InputError(f"length is {length}; give 1 or more ions in a chain")
    rng = random_source(seed, n_ions, n_frames)
    chain = np.arange(n_ions) // length
    members = np.bincount(chain)
    rates = np.full(len(members), hopping.jumps_per_frame)
    paths = vibrate(rng, jump_paths(rng, rates, n_frames, hopping)[:, chain], hopping)
    together = float((members**2).sum() / n_ions)
    return hopping_walk("chains", seed, paths, hopping, collective=together)


def ageing(
    n_ions: int, n_frames: int, seed: int, hopping: Hopping = HOPPING, fall: float = 0.5
) -> Walk:
    """Return ions that jump ever more rarely, so that no one diffusivity describes the run.

    The rate falls exponentially with time, as in a glass that ages. The mean over the run is 1/τ.

    Parameters
    ----------
    n_ions, n_frames, seed, hopping
        As in `jumps`.
    fall
        By how much the mean rate in the last third of the run is below that in the first.
    """
    if not 0 < fall < 1:
        raise InputError(f"fall is {fall:g}; give one between 0 and 1")
    rng = random_source(seed, n_ions, n_frames)
    rates = np.full(n_ions, hopping.jumps_per_frame)
    paths = jump_paths(rng, rates, n_frames, hopping, decay=-1.5 * np.log(1 - fall))
    walk = hopping_walk("ageing", seed, vibrate(rng, paths, hopping), hopping)
    return replace(walk, tracer_diffusivity_cm2_s=np.nan, jump_diffusivity_cm2_s=np.nan)


def endless_waits(
    n_ions: int,
    n_frames: int,
    seed: int,
    hopping: Hopping = HOPPING,
    exponent: float = 0.5,
) -> Walk:
    """Return ions that wait for times without a mean between two jumps.

    Waiting times have the density ψ(t) ∝ t^(-1 - α) above a shortest one. With α ≤ 1 their mean is
    infinite: the MSD grows as t^α from the beginning, jumps become ever rarer, and neither an
    equilibrium nor a diffusivity exists (Bouchaud & Georges, Phys. Rep. 195, 127 (1990), section
    2). The run begins with a jump of every ion.

    Parameters
    ----------
    n_ions, n_frames, seed
        Of the walk.
    hopping
        As in `jumps`, except that its residence time is the median of the waiting times, in which
        lengths of runs are counted.
    exponent
        α.
    """
    if not 0 < exponent <= 1:
        raise InputError(f"exponent is {exponent:g}; give one above 0 and at most 1")
    rng = random_source(seed, n_ions, n_frames)
    shortest = 0.5 ** (1 / exponent) / hopping.jumps_per_frame
    ends: list[FloatArray] = []
    now = np.zeros(n_ions)
    while not ends or now.min() < n_frames:
        waits = shortest * rng.random((64, n_ions)) ** (-1 / exponent)
        ends.append(now + np.cumsum(waits, axis=0))
        now = ends[-1][-1]
    when = np.concatenate(ends)
    frame, ion = np.nonzero(when < n_frames - 1)
    frame = 1 + when[frame, ion].astype(np.int64)
    axis, sign = _random_directions(rng, len(ion))
    paths = _summed(frame, ion, axis, sign * hopping.jump_a, (3, n_ions, n_frames))
    walk = hopping_walk("endless_waits", seed, vibrate(rng, paths, hopping), hopping)
    return replace(
        walk,
        tracer_diffusivity_cm2_s=np.nan,
        jump_diffusivity_cm2_s=np.nan,
        residence_time_fs=None,
        correlation_factor=None,
    )


def jump_paths(
    rng: np.random.Generator,
    rates: FloatArray,
    n_frames: int,
    hopping: Hopping,
    back: float = 0.0,
    decay: float = 0.0,
) -> FloatArray:
    """Return paths of ions that jump, without vibration, Å, shape ``(3, n_ions, n_frames)``.

    Parameters
    ----------
    rng
        Source of random numbers.
    rates
        Jumps of each ion between two frames, on average over the run.
    n_frames
        How many.
    hopping
        With the length of a jump.
    back
        Probability that a jump reverses the last one.
    decay
        The rate falls as exp(-decay t/T) over a run of length T.
    """
    n_jumps = rng.poisson(rates * (n_frames - 1))
    ion = np.repeat(np.arange(len(rates)), n_jumps)
    when = np.sort(ion + rng.random(len(ion))) - ion
    if decay:
        when = -np.log1p(when * np.expm1(-decay)) / decay
    frame = 1 + np.minimum((when * (n_frames - 1)).astype(np.int64), n_frames - 2)
    axis, sign = _random_directions(rng, len(ion))
    if back:
        order = np.arange(len(ion))
        fresh = rng.random(len(ion)) >= back
        fresh[np.unique(ion, return_index=True)[1]] = True
        last = np.maximum.accumulate(np.where(fresh, order, 0))
        axis, sign = axis[last], sign[last] * (1 - 2 * ((order - last) % 2))
    return _summed(frame, ion, axis, sign * hopping.jump_a, (3, len(rates), n_frames))


def _random_directions(rng: np.random.Generator, n: int) -> tuple[IntArray, FloatArray]:
    """Return axes and signs of lattice directions."""
    direction = rng.integers(0, 6, n)
    return direction // 2, np.where(direction % 2 == 0, -1.0, 1.0)


def _summed(
    frame: IntArray, ion: IntArray, axis: IntArray, step: FloatArray, shape: tuple[int, int, int]
) -> FloatArray:
    """Return the sums of the steps of each ion up to each frame."""
    flat = np.ravel_multi_index((axis, ion, frame), shape)
    counted = np.bincount(flat, step, minlength=int(np.prod(shape)))
    steps: FloatArray = counted.astype(float, copy=False).reshape(shape)  # no jumps: integers
    return np.cumsum(steps, axis=2, out=steps)
