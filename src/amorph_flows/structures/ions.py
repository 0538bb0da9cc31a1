"""Ions: reading their names, and removing them from a structure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pymatgen.core import Element, Species, Structure

from amorph_flows.errors import InputError


def parse_element(name: str) -> Element:
    """Return the element of a symbol such as ``"Mg"`` or an ion such as ``"Mg2+"``.

    Parameters
    ----------
    name
        Element symbol, with or without a charge.

    Returns
    -------
    Element
        The element.

    Raises
    ------
    InputError
        If there is no such element.
    """
    symbol = name.rstrip("+-0123456789.") if isinstance(name, str) else ""
    if not Element.is_valid_symbol(symbol):
        raise InputError(f"unknown ion {name!r}; give an element symbol and a charge, as in 'Mg2+'")
    return Element(symbol)


def parse_ion(ion: str) -> Species:
    """Return the species of an ion such as ``"Mg2+"``.

    Parameters
    ----------
    ion
        Element symbol followed by the charge number and its sign.

    Returns
    -------
    Species
        The ion with its charge.

    Raises
    ------
    InputError
        If there is no such element, or the charge is missing, zero or malformed.
    """
    element = parse_element(ion)
    # pymatgen's own parser takes "Mg2" for Mg2+ and "Mg++" for Mg+
    match = re.fullmatch(r"[A-Z][a-z]?(\d+(?:\.\d+)?|)([+-])", ion)
    charge = float(match[1] or 1) * (1 if match[2] == "+" else -1) if match else 0.0
    if charge == 0:
        raise InputError(f"ion {ion!r} has no charge; write it as in '{element.symbol}2+'")
    return Species(element.symbol, int(charge) if charge.is_integer() else charge)


def anion_among(symbols: Iterable[str]) -> str:
    """Return the most electronegative of some elements.

    Parameters
    ----------
    symbols
        Element symbols, such as those of a host.
    """
    return max(sorted(symbols), key=lambda symbol: Element(symbol).X)


def network_of(
    symbols: Iterable[str],
    former: str | None = None,
    others: Iterable[str] | None = None,
    anion: str | None = None,
) -> tuple[str, list[str], str]:
    """Return former, other cations and anion of the network of a glass.

    Parameters
    ----------
    symbols
        The elements of the glass.
    former
        None: the most electronegative cation, such as P of Na-Fe-P-O.
    others
        Other cations of the network; None: those that are neither alkali nor alkaline earth
        metals, such as Fe.
    anion
        None: the most electronegative element.

    Raises
    ------
    InputError
        If a named element is not there, or only one element is.
    """
    present = sorted(set(symbols))
    if len(present) < 2:
        raise InputError(f"a glass of {present} alone has no network of cations and anions")
    anion = anion or anion_among(present)
    cations = [symbol for symbol in present if symbol != anion]
    former = former or anion_among(cations)
    chosen = others
    if chosen is None:
        metals = [Element(symbol) for symbol in cations if symbol != former]
        chosen = [el.symbol for el in metals if not (el.is_alkali or el.is_alkaline)]
    found = list(chosen)
    for symbol in (anion, former, *found):
        if symbol not in present:
            raise InputError(f"there is no {symbol!r} here; the elements are {', '.join(present)}")
    return former, found, anion


def remove_species(structure: Structure, element: str) -> Structure:
    """Return a copy of the structure without the atoms of one element.

    Parameters
    ----------
    structure
        The structure, with or without charges.
    element
        Symbol of the element, such as ``"Mg"``; ``"Mg2+"`` means the element too.

    Returns
    -------
    Structure
        The other atoms in their old order, positions and cell untouched.

    Raises
    ------
    InputError
        If the structure holds no such atoms, or nothing else.
    """
    symbol = parse_element(element).symbol
    kept = [site for site in structure if site.specie.symbol != symbol]
    if len(kept) == len(structure):
        raise InputError(
            f"there is no {symbol} to remove from {structure.composition.reduced_formula}, which "
            f"holds {', '.join(structure.composition.chemical_system.split('-'))}"
        )
    if not kept:
        raise InputError(f"removing {symbol} leaves no atoms: the structure holds nothing else")
    return Structure.from_sites(kept)
