"""Void sites: the places in a host with room for an ion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from pymatgen.core import Element, Lattice, Structure
from scipy.spatial import KDTree, Voronoi

from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError
from amorph_flows.structures._reading import check_structure
from amorph_flows.structures.charges import carried_charges
from amorph_flows.structures.ions import parse_element

UNLIKE_CONTACT = 0.8
LIKE_CONTACT = 1.35
ANION_ELECTRONEGATIVITY = 2.5
_SAME = 1e-4
"""Nodes nearer than this in each fractional coordinate are one."""
_TIE_A = 1e-6
_FEW = 5
"""Points below which the nodes of a cell may come from images beyond the next, however reduced."""


@dataclass(frozen=True, eq=False)
class VoidSites:
    """Candidate sites for an ion; can be used wherever an array ``(n, 3)`` can.

    Parameters
    ----------
    frac_coords
        Fractional coordinates, in [0, 1), roomiest site first, shape ``(n, 3)``.
    clearance
        Least distance to the host, in units of ``min_distance`` of that element, shape ``(n,)``.
    n_found
        Voronoi nodes of the host, before any tolerance.
    n_cut_by_distance
        Nodes dropped for being nearer to the host than ``min_distance``.
    n_merged
        Nodes dropped for being within ``merge_distance`` of a roomier one.
    min_distance
        Least distance to each element of the host, Å.
    merge_distance
        Sites are at least this far from each other, Å.
    """

    frac_coords: FloatArray
    clearance: FloatArray
    n_found: int
    n_cut_by_distance: int
    n_merged: int
    min_distance: dict[str, float]
    merge_distance: float

    def __len__(self) -> int:
        return len(self.frac_coords)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.array(self.frac_coords, dtype=dtype, copy=copy)

    def summary(self) -> str:
        """Return how many sites were found and what each tolerance cut."""
        limits = ", ".join(f"{el} {d:.2f} Å" for el, d in self.min_distance.items())
        return (
            f"{len(self)} of {self.n_found} Voronoi nodes are left: {self.n_cut_by_distance} cut "
            f"by min_distance ({limits}), {self.n_merged} by merge_distance "
            f"({self.merge_distance:g} Å)"
        )


def find_void_sites(
    host: Structure,
    ion: str,
    min_distance: float | Mapping[str, float] | None = None,
    merge_distance: float = 0.75,
) -> VoidSites:
    """Find candidate sites for an ion in a host, crystalline or amorphous.

    The candidates are the Voronoi nodes of the host's anions without those that its cations
    occupy, as in ``TopographyAnalyzer`` of pymatgen-analysis-defects, filtered by distance to the
    host and merged: of nodes within ``merge_distance`` the one with the most room stays.

    Parameters
    ----------
    host
        The host, with charges or without; without, elements of a Pauling electronegativity above
        2.5 are its anions, and a host that has none (a metal) is all framework.
    ion
        The ion, such as ``"Mg2+"``.
    min_distance
        Least distance to the atoms of the host, Å: one for all elements, or by element. By
        default, and for elements not named, from Shannon's crystal radii: 0.8 of their sum to
        ions of opposite charge (Mg-O 1.70 Å), 1.35 of it to ions of like charge (Mg-V 2.21 Å).
    merge_distance
        Sites nearer to each other than this become one, Å.

    Returns
    -------
    VoidSites
        The sites and what each tolerance cut.

    Raises
    ------
    InputError
        If the host cannot be simulated, the ion is unknown, a distance is negative or not
        finite, or names an element that the host does not hold.
    """
    check_structure(host)
    charges = _charges(host)
    limits = _distance_limits(charges, ion, min_distance)
    if not (np.isfinite(merge_distance) and merge_distance >= 0):
        raise InputError(f"merge_distance is {merge_distance}; give a length in Å, 0 or more")
    nodes = _voronoi_nodes(host, charges)
    distances = host.lattice.get_all_distances(nodes, host.frac_coords)
    limit_of_atom = np.array([limits[site.specie.symbol] for site in host])
    clearance: FloatArray = (distances / limit_of_atom).min(axis=1)
    roomy = clearance >= 1
    order = _roomiest_first(nodes[roomy], clearance[roomy])
    sites, room = nodes[roomy][order], clearance[roomy][order]
    kept = _merge(sites, host.lattice, merge_distance)
    return VoidSites(
        frac_coords=sites[kept],
        clearance=room[kept],
        n_found=len(nodes),
        n_cut_by_distance=int(len(nodes) - roomy.sum()),
        n_merged=len(sites) - len(kept),
        min_distance=limits,
        merge_distance=float(merge_distance),
    )


def _charges(host: Structure) -> dict[Element, float]:
    """Return the carried charges, else the signs that Pauling's electronegativities suggest."""
    carried = carried_charges(host)
    if carried is not None:
        return carried
    elements = list(host.composition.element_composition)
    anions = [el for el in elements if el.X > ANION_ELECTRONEGATIVITY]
    return {el: 0.0 if not anions else -1.0 if el in anions else 1.0 for el in elements}


def _distance_limits(
    charges: Mapping[Element, float], ion: str, given: float | Mapping[str, float] | None
) -> dict[str, float]:
    limits = {str(el): _contact(el, charge, ion) for el, charge in charges.items()}
    if given is not None:
        named = given if isinstance(given, Mapping) else dict.fromkeys(limits, given)
        unknown = set(named) - set(limits)
        if unknown:
            raise InputError(
                f"min_distance names {', '.join(sorted(unknown))}, which the host does not hold; "
                f"it holds {', '.join(limits)}"
            )
        limits.update({el: float(distance) for el, distance in named.items()})
    for element, distance in limits.items():
        if not (np.isfinite(distance) and distance > 0):
            raise InputError(
                f"min_distance to {element} is {distance}; give a positive length in Å"
            )
    return limits


def _contact(element: Element, charge: float, ion: str) -> float:
    """Return the default least distance of an ion to an element of the host, Å."""
    ion_charge = _charge_sign(ion)
    like = charge * ion_charge > 0
    radii = _radius(parse_element(ion), ion_charge) + _radius(element, charge)
    return round((LIKE_CONTACT if like else UNLIKE_CONTACT) * radii, 3)


def _charge_sign(ion: str) -> float:
    parse_element(ion)
    return -1.0 if ion.endswith("-") else 1.0


def _radius(element: Element, charge: float) -> float:
    """Return Shannon's crystal radius averaged over the charges of that sign, Å."""
    average = element.average_cationic_radius if charge > 0 else element.average_anionic_radius
    return float(average if charge and average else element.atomic_radius)


def _voronoi_nodes(host: Structure, charges: Mapping[Element, float]) -> FloatArray:
    """Return the Voronoi nodes of the anions without those nearest to a cation."""
    anions = [el.symbol for el, charge in charges.items() if charge < 0]
    anions = anions or [el.symbol for el in charges]
    # one image on each side is enough for a reduced cell
    lattice = host.lattice.get_lll_reduced_lattice()
    inside = np.mod(lattice.get_fractional_coords(host.cart_coords), 1.0)
    is_anion = np.array([site.specie.symbol in anions for site in host])
    nodes = _nodes_in_cell(inside[is_anion], lattice)
    if not is_anion.all():
        distances = lattice.get_all_distances(inside[~is_anion], nodes)
        occupied = (distances <= distances.min(axis=1, keepdims=True) + _TIE_A).any(axis=0)
        nodes = nodes[~occupied]
    cartesian = lattice.get_cartesian_coords(nodes)
    return np.mod(np.mod(host.lattice.get_fractional_coords(cartesian), 1.0), 1.0)


def _nodes_in_cell(frac_coords: FloatArray, lattice: Lattice) -> FloatArray:
    """Return the Voronoi nodes of points and their images, those of one cell and each once."""
    reach = 1 if len(frac_coords) >= _FEW else 2
    shifts = np.array(list(product(range(-reach, reach + 1), repeat=3)))
    images = (frac_coords[None] + shifts[:, None]).reshape(-1, 3)
    vertices = Voronoi(lattice.get_cartesian_coords(images)).vertices
    found = lattice.get_fractional_coords(vertices)
    found = found[((found >= -_SAME) & (found < 1 + _SAME)).all(axis=1)]
    kept: list[int] = []
    wrapped = np.mod(np.mod(found, 1.0), 1.0)
    near = KDTree(wrapped, boxsize=np.ones(3)).query_ball_point(wrapped, _SAME, p=np.inf)
    taken = np.zeros(len(found), dtype=bool)
    for index, images_of_it in enumerate(near):
        if not taken[index]:
            kept.append(index)
            taken[images_of_it] = True
    return found[kept]


def _roomiest_first(nodes: FloatArray, clearance: FloatArray) -> npt.NDArray[np.intp]:
    """Return the order by falling clearance; equal ones (to 1e-4) by their coordinates."""
    keys = [nodes[:, axis].round(4) for axis in (2, 1, 0)]
    return np.lexsort([*keys, -clearance.round(4)])


def _merge(sites: FloatArray, lattice: Lattice, merge_distance: float) -> list[int]:
    kept: list[int] = []
    distances = lattice.get_all_distances(sites, sites) if len(sites) else np.empty((0, 0))
    for index in range(len(sites)):
        if np.all(distances[index, kept] >= merge_distance):
            kept.append(index)
    return kept
