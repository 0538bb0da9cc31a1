"""Occupations of candidate sites, ranked by their Ewald energy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pymatgen.core import Species, Structure
from pymatgen.core.ewald import EwaldSummation
from pymatgen.symmetry.analyzer import SpacegroupAnalyzer

from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError
from amorph_flows.structures._reading import SHORTEST_DISTANCE, check_structure
from amorph_flows.structures._subset_search import QuadraticProblem, Subset, find_best_subsets
from amorph_flows.structures._voids import VoidSites
from amorph_flows.structures.charges import carried_charges
from amorph_flows.structures.ions import parse_ion

NEUTRAL_CHARGE = 1e-4
SAME_SITE = 0.01
SYMMETRY_TOLERANCE = 0.01


@dataclass(frozen=True, eq=False)
class Occupation:
    """One way to put the ions on the sites.

    Parameters
    ----------
    indices
        The occupied sites, in rising order, as numbered by the caller.
    energy_ev
        Ewald energy of host and ions, eV per cell.
    structure
        The host's atoms in their order, then the ions, all with charges.
    """

    indices: tuple[int, ...]
    energy_ev: float
    structure: Structure


@dataclass(frozen=True, eq=False)
class RankedOccupations:
    """The best distinct occupations.

    Parameters
    ----------
    occupations
        Best first.
    proven_optimal
        Whether no distinct occupation left out is better than the last of the list.
    seed
        Seed of the search.
    """

    occupations: tuple[Occupation, ...]
    proven_optimal: bool
    seed: int


def rank_occupations(
    host: Structure,
    sites: npt.ArrayLike | VoidSites,
    ion: str,
    n_ions: int,
    n_best: int = 10,
    seed: int = 0,
    *,
    merge_equivalent: bool = True,
    node_limit: int = 60_000,
) -> RankedOccupations:
    """Rank the ways to put ions on candidate sites by their Ewald energy.

    With E_ij pymatgen's Ewald matrix of the host and all sites, computed once, the energy is a
    constant, a term for each ion and one for each pair of ions. Up to 200,000 choices are
    enumerated; beyond, a seeded swap search is followed by branch and bound.

    Parameters
    ----------
    host
        The host with the charges that it has after insertion, as from
        :func:`~amorph_flows.structures.discharged_charges`.
    sites
        Fractional coordinates of the candidate sites, shape ``(n, 3)``, as from
        :func:`~amorph_flows.structures.find_void_sites`.
    ion
        The ion, such as ``"Mg2+"``.
    n_ions
        How many sites are occupied.
    n_best
        How many distinct occupations to return; fewer come back if there are fewer.
    seed
        Seed of the swap search.
    merge_equivalent
        Whether occupations that a symmetry of the host maps onto each other count as one; with
        False they are distinct when their sets of sites are.
    node_limit
        Most nodes of branch and bound, each about 0.1 ms at 60 sites and counted as
        (R / 60)^2 at R more; at 0 nothing beyond enumeration is proven.

    Returns
    -------
    RankedOccupations
        The occupations, best first, and whether they are proven to be the best.

    Raises
    ------
    InputError
        If the host has no charges or is not neutral with the ions, the sites are too few, not
        finite, coincide, or lie on the host, or a number is not positive.
    """
    species = parse_ion(ion)
    for name, number in (("n_ions", n_ions), ("n_best", n_best)):
        if int(number) != number or number < 1:
            raise InputError(f"{name} is {number}; give a positive whole number")
    _check_neutral(host, species, n_ions)
    coords = _checked_sites(host, sites, species, n_ions)
    # a fixed order of the sites makes the search blind to the order they are given in
    order = np.lexsort(np.mod(coords, 1.0).round(6).T)
    constant, problem = _ewald_problem(host, coords[order], species, n_ions)
    canonical = _equivalence(host, coords[order]) if merge_equivalent else tuple
    ranked, proven = find_best_subsets(problem, n_best, seed, node_limit, canonical)
    occupations = []
    for energy, subset in ranked:
        indices = tuple(sorted(int(order[i]) for i in subset))
        occupied = _with_ions(host, coords[list(indices)], species)
        occupations.append(Occupation(indices, constant + energy, occupied))
    return RankedOccupations(tuple(occupations), proven, seed)


def _check_neutral(host: Structure, ion: Species, n_ions: int) -> None:
    if carried_charges(host) is None:
        raise InputError(
            "the host carries no charges; give it those it has after insertion, "
            "for instance by discharged_charges(host, ion, n_ions)"
        )
    check_structure(host)
    total = float(sum(site.specie.oxi_state for site in host)) + n_ions * float(ion.oxi_state)
    if abs(total) > NEUTRAL_CHARGE:
        raise InputError(
            f"with {n_ions} {ion} the cell has a net charge of {total:+g}; the host must carry the "
            "charges it has after insertion (V4+, not V5+, in MgV2O5), for instance by "
            "discharged_charges(host, ion, n_ions)"
        )


def _checked_sites(
    host: Structure, sites: npt.ArrayLike | VoidSites, ion: Species, n_ions: int
) -> FloatArray:
    coords = np.asarray(sites, dtype=float)
    if coords.ndim != 2 or coords.shape[1] != 3 or not np.all(np.isfinite(coords)):
        raise InputError(
            f"sites must be finite coordinates of shape (n, 3), got shape {coords.shape}"
        )
    if len(coords) < n_ions:
        found = f"; {sites.summary()}" if isinstance(sites, VoidSites) else ""
        raise InputError(f"{len(coords)} sites are too few for {n_ions} {ion}{found}")
    to_host = host.lattice.get_all_distances(coords, host.frac_coords)
    site, atom = np.unravel_index(int(to_host.argmin()), to_host.shape)
    if to_host[site, atom] < SHORTEST_DISTANCE:
        raise InputError(
            f"site {site} is {to_host[site, atom]:.3f} Å from atom {atom} "
            f"({host[int(atom)].species_string}) of the host, closer than {SHORTEST_DISTANCE} Å"
        )
    apart = host.lattice.get_all_distances(coords, coords)
    np.fill_diagonal(apart, np.inf)
    first, second = np.unravel_index(int(apart.argmin()), apart.shape)
    if apart[first, second] < SAME_SITE:
        raise InputError(f"sites {first} and {second} are the same point; give each site once")
    return coords


def _with_ions(host: Structure, coords: FloatArray, ion: Species) -> Structure:
    species = [*host.species, *[ion] * len(coords)]
    return Structure(host.lattice, species, np.vstack([host.frac_coords, coords]))


def _ewald_problem(
    host: Structure, coords: FloatArray, ion: Species, n_ions: int
) -> tuple[float, QuadraticProblem]:
    """Return E of the host alone and E - E_host as a function of the occupied sites.

    E = sum_ij M_ij over the atoms present, M the (symmetric) Ewald matrix.
    """
    matrix = EwaldSummation(_with_ions(host, coords, ion)).total_energy_matrix
    n = len(host)
    linear = np.diag(matrix)[n:] + 2 * matrix[:n, n:].sum(axis=0)
    pair = 2 * matrix[n:, n:]
    np.fill_diagonal(pair, 0.0)
    return float(matrix[:n, :n].sum()), QuadraticProblem(linear, pair, n_ions)


def _equivalence(host: Structure, coords: FloatArray) -> Callable[[Subset], Subset]:
    """Return the map of an occupation to the first of those that symmetries make of it."""
    operations = SpacegroupAnalyzer(host, symprec=SYMMETRY_TOLERANCE).get_symmetry_operations()
    permutations = []
    for operation in operations:
        images = operation.operate_multi(coords)
        distances = host.lattice.get_all_distances(images, coords)
        if np.all(distances.min(axis=1) < 10 * SYMMETRY_TOLERANCE):
            permutations.append(distances.argmin(axis=1))
    table = np.array(permutations)

    def canonical(subset: Subset) -> Subset:
        images = np.sort(table[:, list(subset)], axis=1)
        return tuple(min(images.tolist()))

    return canonical
