"""Fluctuation of a host's RDFs about 1 at long distances, a measure of long-range order."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy.ndimage import gaussian_filter1d

from amorph_flows.analysis.structure._snapshot import symbols_of
from amorph_flows.analysis.structure.rdf import RadialDistribution, radial_distribution
from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.errors import InputError

_SMOOTHING_A = 0.2
FLUCTUATION_RANGE_A = (6.0, 10.0)
BINS_PER_A = 20


def rdf_fluctuation(
    rdf: RadialDistribution, host_species: str | Iterable[str], thermal_displacement_a: float = 0.0
) -> tuple[float, float]:
    """Return the rms of g_ij(r) - 1 between 6 and 10 Å over the host's pairs, and its noise.

    Pairs count by their number; the RDFs are smoothed by 0.2 Å.

    Parameters
    ----------
    rdf
        Must reach beyond 10 Å.
    host_species
        Elements whose pairs are taken.
    thermal_displacement_a
        Rms displacement per direction, Å, of vibrations to add (each atom of a pair has it).

    Returns
    -------
    tuple
        The fluctuation, and the part of it that atoms placed at random would show.

    Raises
    ------
    InputError
        If the RDF is too short or an element is not in it.
    """
    inner, outer = FLUCTUATION_RANGE_A
    if rdf.edges_a[-1] < outer:
        raise InputError(f"the RDF ends at {rdf.edges_a[-1]:g} Å; {outer:g} Å is needed")
    r = rdf.distances_a
    window = (r > inner) & (r < outer)
    width = float(np.sqrt(_SMOOTHING_A**2 + 2.0 * thermal_displacement_a**2))
    hosts = symbols_of(host_species)
    square = noise = weights = 0.0
    for n, first in enumerate(hosts):
        for second in hosts[n:]:
            g = gaussian_filter1d(rdf.pair(first, second), width / rdf.bin_width_a)
            n_pairs = float(np.prod([rdf.counts[rdf.elements.index(e)] for e in (first, second)]))
            distinct = n_pairs / (2.0 if first == second else 1.0)
            per_a = distinct * rdf.n_frames * 4.0 * np.pi * r[window] ** 2 / rdf.volume_a3
            weight = n_pairs * (1.0 if first == second else 2.0)
            square += weight * float(((g[window] - 1.0) ** 2).mean())
            noise += weight * float((1.0 / (2.0 * np.sqrt(np.pi) * width * per_a)).mean())
            weights += weight
    return float(np.sqrt(square / weights)), float(np.sqrt(noise / weights))


def host_fluctuation(
    frames: Trajectory,
    hosts: str | Iterable[str],
    thermal_displacement_a: float = 0.0,
    own_images: bool = False,
) -> tuple[float, float]:
    """Return `rdf_fluctuation` of a trajectory, its frames averaged.

    Parameters
    ----------
    frames
        The trajectory.
    hosts, thermal_displacement_a
        As in `rdf_fluctuation`.
    own_images
        As in `radial_distribution`: true for a crystal.
    """
    reach = FLUCTUATION_RANGE_A[1] + 1.0
    rdf = radial_distribution(frames, reach, round(reach * BINS_PER_A), own_images)
    return rdf_fluctuation(rdf, hosts, thermal_displacement_a)


def above_noise(fluctuation: float, noise: float) -> float:
    """Return a fluctuation with the counting noise taken off its square."""
    return float(np.sqrt(max(fluctuation**2 - noise**2, 0.0)))
