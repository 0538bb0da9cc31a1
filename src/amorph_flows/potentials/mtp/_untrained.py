"""Untrained moment tensor potentials."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from amorph_flows.errors import InputError
from amorph_flows.potentials.mtp._basis import moment_graph
from amorph_flows.potentials.mtp._file import MTPPotential


def untrained(
    level: int,
    species: Sequence[str],
    cutoff: float,
    min_distance: float = 1.2,
    radial_size: int = 8,
    seed: int = 0,
) -> MTPPotential:
    """Build a potential to start a fit from.

    Each radial function starts near one Chebyshev polynomial, with small random admixtures that
    part the pairs of species; the linear coefficients are small and wait for least squares.

    Parameters
    ----------
    level
        Even, 2 to 28; the basis is that of MLIP-2's untrained potentials.
    species
        Element symbols, in the order of the species numbers.
    cutoff
        Å.
    min_distance
        Lower end of the Chebyshev polynomials' range, Å; a little below the closest contact.
    radial_size
        Number of Chebyshev polynomials.
    seed
        Of the random numbers.

    Returns
    -------
    MTPPotential
        Its energies mean nothing yet.

    Raises
    ------
    InputError
        If the level does not exist, or species, distances or sizes make no potential.
    """
    if not species:
        raise InputError("no species given; name the elements of the potential")
    if radial_size < 2:
        raise InputError(f"radial_size {radial_size}: at least 2 Chebyshev polynomials are needed")
    graph = moment_graph(level)
    rng = np.random.default_rng(seed)
    n_species = len(species)
    radial = _radial_coeffs(rng, (n_species, n_species, graph.n_radial_functions, radial_size))
    return MTPPotential(
        scaling=4.0 / (cutoff - min_distance) ** 2 if cutoff > min_distance else 1.0,
        min_distance=min_distance,
        cutoff=cutoff,
        radial_coeffs=radial,
        index_basic=graph.index_basic,
        index_times=graph.index_times,
        n_moments=graph.n_moments,
        scalar_moments=graph.scalar_moments,
        species_coeffs=np.zeros(n_species),
        moment_coeffs=rng.normal(0.0, 1e-3, len(graph.scalar_moments)),
        species=tuple(species),
        name=f"MTP{level}",
    )


def _radial_coeffs(rng: np.random.Generator, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Give one dominant Chebyshev polynomial to each radial function."""
    radial = rng.normal(0.0, 0.05, shape)
    for function in range(shape[2]):
        radial[:, :, function, function % shape[3]] += 1.0
    return radial
