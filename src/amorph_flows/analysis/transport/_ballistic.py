"""The time between frames that equipartition implies where motion between frames is ballistic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from ase import units
from ase.data import atomic_masses, chemical_symbols

from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.transport._unwrap import Steps
from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError

LEAST_RATIO = 3.0
"""MSD(2 frames)/MSD(1 frame) above which motion is ballistic: 4 is free flight, 2 diffusion."""
_MOST_FRAMES = 4000
"""Frames of a trajectory that the estimate looks at, from its start."""
_RESOLUTION_A2 = 1e-8


@dataclass(frozen=True)
class ImpliedSpacing:
    """Spacing of frames from equipartition.

    Parameters
    ----------
    spacing_fs
        Mean over the atoms of ballistic species, fs; None outside the ballistic regime.
    by_species_fs
        Of each ballistic species.
    ratio
        MSD(2 frames)/MSD(1 frame) of each species that moves.
    """

    spacing_fs: float | None
    by_species_fs: dict[str, float]
    ratio: dict[str, float]


def implied_frame_spacing(
    trajectory: Trajectory,
    temperature_k: float | None = None,
    discontinuities: Sequence[int] = (),
) -> ImpliedSpacing:
    """Return the time between frames that the atoms' speeds imply at a temperature.

    Frames are in the ballistic regime where MSD(2)/MSD(1) is nearly 4. There <v²> = 3 kT/m gives
    MSD(t) = (3 kT/m) t² (1 - c t² + …), in which c follows from the two first frames. The centre
    of mass of the cell is removed, with its 3 degrees of freedom.

    Parameters
    ----------
    trajectory
        At least three frames.
    temperature_k
        K; the trajectory's own if not given.
    discontinuities
        First frames of new pieces; nothing is averaged across them.

    Returns
    -------
    ImpliedSpacing
        Empty where no species, or too few atoms, are ballistic.

    Raises
    ------
    InputError
        If the temperature is not known or not positive.
    """
    kelvin = trajectory.temperature_k if temperature_k is None else temperature_k
    if kelvin is None or kelvin <= 0:
        raise InputError(f"temperature_k is {kelvin}; equipartition needs a positive temperature")
    first, second = _short_displacements(trajectory, discontinuities)
    spacings: dict[str, float] = {}
    ratios: dict[str, float] = {}
    n_ballistic = n_moving = 0
    for number in np.unique(trajectory.numbers):
        atoms = trajectory.numbers == number
        one, two = float(first[atoms].mean()), float(second[atoms].mean())
        if one < _RESOLUTION_A2:
            continue
        symbol = chemical_symbols[number]
        ratios[symbol] = two / one
        n_moving += int(atoms.sum())
        if ratios[symbol] > LEAST_RATIO:
            spacings[symbol] = _spacing_fs(one, ratios[symbol], number, kelvin, len(atoms))
            n_ballistic += int(atoms.sum())
    if 2 * n_ballistic <= n_moving:
        return ImpliedSpacing(None, {}, ratios)
    counts = [int((trajectory.numbers == chemical_symbols.index(s)).sum()) for s in spacings]
    mean = float(np.average(list(spacings.values()), weights=counts))
    return ImpliedSpacing(mean, spacings, ratios)


def _spacing_fs(one: float, ratio: float, number: int, kelvin: float, n_atoms: int) -> float:
    """Return the spacing of frames in which MSD(1) is reached at thermal speed, fs."""
    curvature = min(max((4 - ratio) / (16 - ratio), 0.0), 0.5)
    degrees_of_freedom = (n_atoms - 1) / n_atoms if n_atoms > 1 else 1.0
    squared_speed = degrees_of_freedom * 3 * units.kB * kelvin / float(atomic_masses[number])
    return float(np.sqrt(one / (1 - curvature) / squared_speed) / units.fs)


def _short_displacements(
    trajectory: Trajectory, discontinuities: Sequence[int]
) -> tuple[FloatArray, FloatArray]:
    """Return each atom's mean-square displacement over one and over two frames, Å²."""
    n_atoms, last_frame = trajectory.n_atoms, min(trajectory.n_frames, _MOST_FRAMES)
    steps = Steps(trajectory)
    masses = atomic_masses[trajectory.numbers]
    sums = np.zeros((2, n_atoms))
    counts = np.zeros(2)
    edges = [0, *(d for d in discontinuities if d < last_frame), last_frame]
    for start, stop in pairwise(edges):
        for _, chunk in steps.chunks(start, stop, slice(None)):
            if n_atoms > 1:
                chunk -= np.einsum("tax,a->tx", chunk, masses / masses.sum())[:, None]
            pairs = chunk[1:] + chunk[:-1]
            for row, moved in enumerate((chunk, pairs)):
                sums[row] += np.einsum("tax,tax->a", moved, moved)
                counts[row] += len(moved)
    one, two = sums / np.maximum(counts, 1)[:, None]
    return one, two
