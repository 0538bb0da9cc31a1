"""Walks whose host moves too: with the whole cell, or by itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.signal import lfilter

from amorph_flows.testing.walks._jumps import jump_paths, jumps
from amorph_flows.testing.walks._walk import HOPPING, Hopping, MakeWalk, Walk, vibrate


def drifting_cell(
    n_ions: int,
    n_frames: int,
    seed: int,
    of: MakeWalk = jumps,
    speed_a_fs: float = 5e-4,
    memory_fs: float = 50_000.0,
) -> Walk:
    """Return any walk in a cell that drifts as a whole, as a Langevin thermostat lets it.

    The truth is that of the walk: in the frame of the host nothing has changed. The velocity of
    the cell is an Ornstein-Uhlenbeck process; seen from outside, the drift adds speed² memory,
    1.25e-3 cm²/s with the defaults, to the diffusivity. They are those of 96 atoms of MgV₂O₅ at
    900 K: speed² = kT/M with M the mass of the cell.

    Parameters
    ----------
    n_ions, n_frames, seed
        Of the walk.
    of
        What makes the walk.
    speed_a_fs
        Standard deviation of the velocity of the cell along an axis, Å/fs.
    memory_fs
        How long the velocity of the cell lasts, fs.
    """
    walk = of(n_ions, n_frames, seed)
    rng = np.random.default_rng([seed, 2])
    keep = np.exp(-walk.frame_spacing_fs / memory_fs)
    kicks = speed_a_fs * rng.standard_normal((3, n_frames))
    kicks[:, 1:] *= np.sqrt(1 - keep**2)
    velocities = lfilter([1.0], [1.0, -keep], kicks, axis=1)
    drift = np.cumsum(velocities, axis=1) * walk.frame_spacing_fs
    return replace(walk, name="drifting_cell", drift_a=drift)


def flowing_host(
    n_ions: int,
    n_frames: int,
    seed: int,
    of: MakeWalk = jumps,
    host_rate: float = 0.5,
    n_host: int = 16,
    hopping: Hopping = HOPPING,
) -> Walk:
    """Return any walk in a host that flows: its atoms diffuse too, by random jumps.

    The truth is that of the ions, but they do not diffuse through a glass.

    Parameters
    ----------
    n_ions, n_frames, seed
        Of the walk.
    of
        What makes the walk of the ions.
    host_rate
        Rate of the jumps of the host's atoms over 1/τ of ``hopping``.
    n_host
        How many atoms the host has.
    hopping
        Of the host.
    """
    walk = of(n_ions, n_frames, seed)
    rng = np.random.default_rng([seed, 2])
    rates = np.full(n_host, host_rate * hopping.jumps_per_frame)
    host = vibrate(rng, jump_paths(rng, rates, n_frames, hopping), hopping)
    return replace(walk, name="flowing_host", host_paths_a=host)
