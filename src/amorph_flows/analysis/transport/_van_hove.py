"""Van Hove correlation functions: where an ion, and where its neighbours, are after a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.analysis.transport._discontinuities import Drift, survey_steps
from amorph_flows.analysis.transport._displacements import non_gaussian, squared_displacements
from amorph_flows.analysis.transport._ion_paths import piece_paths
from amorph_flows.analysis.transport._unwrap import atoms_of
from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import InputError

MOST_ORIGINS = 200
"""Time origins that the distinct part is averaged over, evenly spaced."""


@dataclass(frozen=True)
class VanHove:
    """Van Hove functions at one lag.

    Parameters
    ----------
    lag_fs
        Time, fs.
    distances_a
        Centres of the bins, Å.
    self_density
        4πr² G_s(r, t): probability per Å that an ion has moved by r.
    self_density_of_diffusion
        The same for Gaussian displacements with the ions' mean-square displacement.
    distinct
        G_d(r, t)/ρ: density of the other ions at time t around where an ion was, over the mean.
    distinct_distances_a
        Centres of its bins, up to half the cell's least height, Å.
    non_gaussian
        α₂ = 3<r⁴>/(5<r²>²) - 1.
    """

    lag_fs: float
    distances_a: FloatArray
    self_density: FloatArray
    self_density_of_diffusion: FloatArray
    distinct: FloatArray
    distinct_distances_a: FloatArray
    non_gaussian: float


def van_hove(
    trajectory: Trajectory,
    ion: str,
    lag_fs: float,
    largest_a: float = 10.0,
    n_bins: int = 200,
    drift: Drift = "host",
) -> VanHove:
    """Return the self and distinct Van Hove functions of one element at one lag.

    Van Hove, Phys. Rev. 95, 249 (1954); the self part as in Christensen et al., J. Mater. Chem. A
    (2025), section 3.4.

    Parameters
    ----------
    trajectory
        Of one temperature.
    ion
        Element symbol.
    lag_fs
        Time, fs; the nearest number of frames is taken.
    largest_a
        Largest distance of the self part, Å.
    n_bins
        Bins of each part.
    drift
        Which drift to remove.

    Raises
    ------
    InputError
        If there is no such ion, or no continuous piece is longer than the lag.
    """
    lag = max(1, round(lag_fs / trajectory.frame_spacing_fs))
    survey = survey_steps(trajectory)
    breaks = survey.discontinuities
    ions = atoms_of(trajectory, ion)
    drifted = survey.drift(ion, drift)
    squares = squared_displacements(piece_paths(survey.steps, ions, drifted, breaks), lag)
    if not squares.size:
        raise InputError(f"lag_fs is {lag_fs:g}; no continuous piece of the trajectory is longer")
    distances = np.sqrt(squares)
    edges = np.linspace(0, largest_a, n_bins + 1)
    centres = (edges[1:] + edges[:-1]) / 2
    density = np.histogram(distances, edges)[0] / len(distances) / np.diff(edges)
    squared = float(squares.mean())
    origins = _origins(trajectory.n_frames, lag, breaks)
    distinct_centres, distinct = _distinct(
        trajectory, ions, lag, origins, n_bins, np.cumsum(drifted, axis=0)
    )
    return VanHove(
        lag * trajectory.frame_spacing_fs,
        centres,
        density,
        _gaussian(centres, squared),
        distinct,
        distinct_centres,
        non_gaussian(squares),
    )


def _gaussian(distances: FloatArray, squared: float) -> FloatArray:
    """Return 4πr² times the Gaussian with a mean square, per Å."""
    if squared <= 0:
        return np.zeros_like(distances)
    density: FloatArray = (
        4 * np.pi * distances**2 * (3 / (2 * np.pi * squared)) ** 1.5
        * np.exp(-3 * distances**2 / (2 * squared))
    )  # fmt: skip
    return density


def _origins(n_frames: int, lag: int, breaks: list[int]) -> IntArray:
    """Return evenly spaced origins whose lag crosses no discontinuity."""
    starts = np.arange(n_frames - lag)
    crossed = np.searchsorted(breaks, starts, "right") != np.searchsorted(
        breaks, starts + lag, "right"
    )
    good = starts[~crossed]
    return good[:: -(-len(good) // MOST_ORIGINS)]


def _distinct(
    trajectory: Trajectory,
    ions: IntArray,
    lag: int,
    origins: IntArray,
    n_bins: int,
    moved: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return bins and G_d/ρ, the drift between the two times removed."""
    heights = 1 / np.linalg.norm(np.linalg.inv(trajectory.cells[0]), axis=0)
    edges = np.linspace(0, float(heights.min()) / 2, n_bins + 1)
    counts = np.zeros(n_bins)
    density = 0.0
    others = ~np.eye(len(ions), dtype=bool)
    for start in origins:
        cell = trajectory.cells[start + lag]
        now = trajectory.positions[start + lag, ions] - (moved[start + lag] - moved[start])
        apart = now[None] - trajectory.positions[start, ions][:, None]
        fractional = apart[others] @ np.linalg.inv(cell)
        distance = np.linalg.norm((fractional - np.rint(fractional)) @ cell, axis=1)
        counts += np.histogram(distance, edges)[0]
        density += max(len(ions) - 1, 1) / abs(float(np.linalg.det(cell))) / len(origins)
    shells = 4 / 3 * np.pi * np.diff(edges**3) * density * len(ions) * len(origins)
    return (edges[1:] + edges[:-1]) / 2, counts / shells
