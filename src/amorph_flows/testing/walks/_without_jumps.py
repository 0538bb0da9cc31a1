"""Ions that move without jumps: Brownian, caged, in free flight."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ase.data import atomic_masses
from ase.units import fs, kB
from scipy.signal import lfilter

from amorph_flows.errors import InputError
from amorph_flows.testing.walks._walk import (
    A2_FS_TO_CM2_S,
    HOPPING,
    TEMPERATURE_K,
    Hopping,
    Walk,
    random_source,
)


def brownian(n_ions: int, n_frames: int, seed: int, hopping: Hopping = HOPPING) -> Walk:
    """Return ions whose steps from frame to frame are independent and normally distributed.

    The variance of a step along an axis is 2D*Δt by definition of D*, which is that of jumps with
    the same settings, a²/6τ. The relaxation time is the τ of those jumps: the time to diffuse by
    the length of a jump.

    Parameters
    ----------
    n_ions, n_frames, seed
        Of the walk.
    hopping
        Of the jumps that diffuse as fast; the vibration is left out.
    """
    rng = random_source(seed, n_ions, n_frames)
    true = hopping.diffusivity_cm2_s
    step = np.sqrt(2 * true / A2_FS_TO_CM2_S * hopping.frame_spacing_fs)
    paths = np.cumsum(rng.normal(0.0, step, (3, n_ions, n_frames)), axis=2)
    return Walk(
        "brownian",
        seed,
        paths,
        true,
        true,
        None,
        None,
        hopping.residence_time_fs,
        None,
        hopping.frame_spacing_fs,
    )


def caged(
    n_ions: int,
    n_frames: int,
    seed: int,
    amplitudes_a: Sequence[float] = (0.5,),
    memory_times_fs: Sequence[float] = (2000.0,),
    frame_spacing_fs: float = 100.0,
) -> Walk:
    """Return ions in harmonic cages, which they never leave: the diffusivity is 0.

    The position is a sum of Ornstein-Uhlenbeck processes (overdamped motion in a harmonic well),
    each with MSD = 6A²(1 - exp(-t/τ)), which is bounded. All start in equilibrium.

    Parameters
    ----------
    n_ions, n_frames, seed
        Of the walk.
    amplitudes_a
        A of each process, Å: standard deviation along an axis.
    memory_times_fs
        τ of each process, fs; the longest is the relaxation time.
    frame_spacing_fs
        Time between frames, fs.
    """
    if not memory_times_fs or len(amplitudes_a) != len(memory_times_fs):
        raise InputError(
            f"there are {len(amplitudes_a)} amplitudes and {len(memory_times_fs)} memory times; "
            "give at least one and as many of each"
        )
    rng = random_source(seed, n_ions, n_frames)
    paths = np.zeros((3, n_ions, n_frames))
    for amplitude, memory in zip(amplitudes_a, memory_times_fs, strict=True):
        keep = np.exp(-frame_spacing_fs / memory)
        kicks = amplitude * rng.standard_normal(paths.shape)
        kicks[..., 1:] *= np.sqrt(1 - keep**2)
        paths += lfilter([1.0], [1.0, -keep], kicks, axis=2)
    only = memory_times_fs[0] if len(memory_times_fs) == 1 else None
    longest = max(memory_times_fs)
    return Walk("caged", seed, paths, 0.0, 0.0, None, only, longest, None, frame_spacing_fs)


def ballistic(
    n_ions: int,
    n_frames: int,
    seed: int,
    temperature_k: float = TEMPERATURE_K,
    frame_spacing_fs: float = 100.0,
) -> Walk:
    """Return ions in free flight longer than the run, with velocities of a thermal distribution.

    The MSD is 3(kT/m)t² throughout, so there is no diffusivity. The relaxation time is the time
    that the root mean square velocity takes for 2.5 Å.

    Parameters
    ----------
    n_ions, n_frames, seed
        Of the walk.
    temperature_k
        Of the velocities, K; the mass is that of Mg.
    frame_spacing_fs
        Time between frames, fs.
    """
    rng = random_source(seed, n_ions, n_frames)
    speed = float(np.sqrt(kB * temperature_k / atomic_masses[12]) * fs)
    velocities = rng.normal(0.0, speed, (3, n_ions, 1))
    paths = velocities * np.arange(n_frames) * frame_spacing_fs
    time = HOPPING.jump_a / (np.sqrt(3) * speed)
    return Walk("ballistic", seed, paths, np.nan, np.nan, None, None, time, None, frame_spacing_fs)
