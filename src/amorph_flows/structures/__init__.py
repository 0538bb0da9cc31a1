"""Structures: packings, supercells, void sites, charges and occupations; no workflow engine."""

from amorph_flows.structures._crystal_density import CrystalDensity, density_from_crystals
from amorph_flows.structures._density import IONIC_RADII_ERROR, density_from_radii
from amorph_flows.structures._library import REFERENCE_METALS, reference_metal, v2o5
from amorph_flows.structures._occupation import Occupation, RankedOccupations, rank_occupations
from amorph_flows.structures._packing import (
    packed_lattice,
    pair_distances,
    random_packing,
    scaled_copies,
)
from amorph_flows.structures._reading import check_structure, read_structure
from amorph_flows.structures._supercell import (
    axis_multiples,
    check_width,
    minimum_width,
    supercell_by_axes,
    supercell_near,
)
from amorph_flows.structures._voids import VoidSites, find_void_sites
from amorph_flows.structures.charges import discharged_charges
from amorph_flows.structures.ions import parse_element, parse_ion, remove_species
from amorph_flows.structures.mixture import (
    CompositionLike,
    Mixture,
    composition_grid,
    read_mixture,
)

__all__ = [
    "IONIC_RADII_ERROR",
    "REFERENCE_METALS",
    "CompositionLike",
    "CrystalDensity",
    "Mixture",
    "Occupation",
    "RankedOccupations",
    "VoidSites",
    "axis_multiples",
    "check_structure",
    "check_width",
    "composition_grid",
    "density_from_crystals",
    "density_from_radii",
    "discharged_charges",
    "find_void_sites",
    "minimum_width",
    "packed_lattice",
    "pair_distances",
    "parse_element",
    "parse_ion",
    "random_packing",
    "rank_occupations",
    "read_mixture",
    "read_structure",
    "reference_metal",
    "remove_species",
    "scaled_copies",
    "supercell_by_axes",
    "supercell_near",
    "v2o5",
]
