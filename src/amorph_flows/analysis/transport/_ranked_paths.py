"""The ways of the slowest, the median and the fastest ion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from ase.data import chemical_symbols
from ase.geometry import find_mic

from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.transport._discontinuities import Drift
from amorph_flows.analysis.transport._ion_paths import ion_paths
from amorph_flows.analysis.transport._ranked_ions import displacement_start
from amorph_flows.analysis.transport._unwrap import atoms_of
from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError

Rank = Literal["slowest", "median", "fastest"]


@dataclass(frozen=True)
class RankedPath:
    """The way of one ion, and what was around its start.

    Parameters
    ----------
    rank
        Which of the ions it is, by displacement.
    atom
        Its index.
    displacement_a
        From the first to the last point, Å.
    times_fs
        Of the points, from the first one, fs.
    positions_a
        Where it is, unwrapped, Å, shape ``(n_points, 3)``.
    neighbours_a
        Atoms of other elements that were around it at first, by element, Å, shape ``(n, 3)``.
    """

    rank: Rank
    atom: int
    displacement_a: float
    times_fs: FloatArray
    positions_a: FloatArray
    neighbours_a: dict[str, FloatArray]


def ranked_paths(
    trajectory: Trajectory,
    ion: str,
    lag_fs: float,
    drift: Drift = "host",
    origin_fs: float | None = None,
    radius_a: float = 4.5,
    most_points: int = 200,
) -> list[RankedPath]:
    """Return the ways of the ions with the least, the median and the largest displacement.

    Christensen et al., J. Mater. Chem. A (2025), Fig. 6.

    Parameters
    ----------
    trajectory
        Of one temperature.
    ion
        Element symbol.
    lag_fs
        Time of the displacement, fs.
    drift
        Which drift to remove.
    origin_fs
        Where it starts, fs after the first frame; the start of the first continuous piece that is
        longer than the lag if not given.
    radius_a
        Largest distance of the neighbours, Å.
    most_points
        Points of a way, evenly spaced in time.

    Raises
    ------
    InputError
        If there are fewer than three ions, or no displacement of this lag starts at the origin
        within a continuous piece.
    """
    ions = atoms_of(trajectory, ion)
    if len(ions) < 3:
        raise InputError(f"there are {len(ions)} ions of {ion}; three and more can be ranked")
    spacing = trajectory.frame_spacing_fs
    lag = max(1, round(lag_fs / spacing))
    piece, origin = displacement_start(ion_paths(trajectory, ion, drift), lag, spacing, origin_fs)
    first = origin - piece.first
    moved = piece.path[:, :, first : first + lag + 1] - piece.path[:, :, first, None]
    distances = np.linalg.norm(moved[:, :, -1], axis=0)
    order = np.argsort(distances, kind="stable")
    kept = np.unique(np.linspace(0, lag, most_points).round().astype(np.int64))
    times: FloatArray = np.asarray(kept * spacing, dtype=np.float64)
    ranks: tuple[tuple[Rank, int], ...] = (
        ("slowest", order[0]),
        ("median", order[(len(order) - 1) // 2]),
        ("fastest", order[-1]),
    )
    found = []
    for rank, one in ranks:
        atom = int(ions[one])
        path: FloatArray = trajectory.positions[origin][atom] + moved[:, one, kept].T
        around = _neighbours(trajectory, origin, atom, radius_a)
        found.append(RankedPath(rank, atom, float(distances[one]), times, path, around))
    return found


def _neighbours(
    trajectory: Trajectory, frame: int, atom: int, radius_a: float
) -> dict[str, FloatArray]:
    """Return the atoms of other elements within a radius, at their images that are nearest."""
    numbers, positions = trajectory.numbers, trajectory.positions[frame]
    others = numbers != numbers[atom]
    vectors, lengths = find_mic(positions[others] - positions[atom], trajectory.cells[frame])
    places = positions[atom] + vectors[lengths < radius_a]
    near = numbers[others][lengths < radius_a]
    return {chemical_symbols[n]: places[near == n] for n in np.unique(near)}
