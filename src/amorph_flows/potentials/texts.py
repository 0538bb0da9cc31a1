"""Potentials and active sets from the texts of a document, each parsed once.

A run that is graded as it goes asks for the same texts again and again.
"""

from __future__ import annotations

from functools import lru_cache

from amorph_flows.potentials.mtp.active_set import ActiveSet
from amorph_flows.potentials.mtp.file import MTPPotential, parse_mtp


@lru_cache(maxsize=4)
def parsed_potential(text: str, species: tuple[str, ...]) -> MTPPotential:
    """Return the potential of an ``.mtp`` text.

    Parameters
    ----------
    text
        The contents of the file.
    species
        Element symbols in the order of the species numbers.
    """
    return parse_mtp(text, species=species)


@lru_cache(maxsize=4)
def parsed_active_set(text: str) -> ActiveSet:
    """Return the active set of a text.

    Parameters
    ----------
    text
        The contents of the file.
    """
    return ActiveSet.parse(text)
