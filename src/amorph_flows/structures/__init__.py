"""Structures: supercells, void sites, charges and ranked occupations, without a workflow engine."""

from amorph_flows.structures._library import REFERENCE_METALS, reference_metal, v2o5
from amorph_flows.structures._occupation import Occupation, RankedOccupations, rank_occupations
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

__all__ = [
    "REFERENCE_METALS",
    "Occupation",
    "RankedOccupations",
    "VoidSites",
    "axis_multiples",
    "check_structure",
    "check_width",
    "discharged_charges",
    "find_void_sites",
    "minimum_width",
    "parse_element",
    "parse_ion",
    "rank_occupations",
    "read_structure",
    "reference_metal",
    "remove_species",
    "supercell_by_axes",
    "supercell_near",
    "v2o5",
]
