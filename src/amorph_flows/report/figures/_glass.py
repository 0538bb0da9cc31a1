"""The glass in three dimensions: its atoms, its bonds, its cell and its mobile ions."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from pymatgen.core import Structure

from amorph_flows.report.figures._theme import BLUE, CYCLE, GREEN, GREY, PURPLE, RED
from amorph_flows.schemas.figure import AtomsDoc, AtomsOfElement

_ANIONS = ("O", "F", "S", "Cl", "N", "Se", "Br", "I", "Te")
_COLOURS = {"O": RED, "V": GREY, "P": PURPLE, "S": "#c9a227", "Ti": BLUE, "Fe": "#b5653a"}
_ION_COLOUR = GREEN
_SHELL = 1.3
"""A bond is at most so many times the middle distance from a cation to its nearest anion."""
MOST_ATOMS, MOST_BONDED_ATOMS = 8000, 2500


def glass_figure(structure: Structure, ion: str) -> AtomsDoc:
    """Return atoms, bonds and cell edges of a structure.

    Of a structure of more than `MOST_ATOMS` atoms a slab of so many is shown; bonds are left out
    above `MOST_BONDED_ATOMS`.

    Parameters
    ----------
    structure
        Any number of atoms.
    ion
        Symbol of the mobile element, which is drawn larger.
    """
    shown = _slab(structure.copy())
    shown.translate_sites(range(len(shown)), (0, 0, 0), to_unit_cell=True)
    symbols = np.array([site.specie.symbol for site in shown])
    scale = min(1.0, max(0.3, (100 / len(shown)) ** (1 / 3)))  # as atoms shrink in a larger cell
    elements = []
    for symbol, colour in element_colours(symbols, ion).items():
        size = scale * (9.0 if symbol == ion else 3.5 if symbol in _ANIONS else 5.0)
        places = np.round(shown.cart_coords[symbols == symbol], 4)
        elements.append(AtomsOfElement(symbol=symbol, positions_a=places, colour=colour, size=size))
    bonds = _bonds(shown, symbols, ion) if len(shown) <= MOST_BONDED_ATOMS else []
    return AtomsDoc(
        elements=elements,
        cell_a=shown.lattice.matrix,
        bonds_a=np.reshape(np.array(bonds, dtype=float), (-1, 2, 3)),
    )


def element_colours(symbols: Iterable[str], ion: str) -> dict[str, str]:
    """Return a colour of each element, the mobile one last if it is there.

    Parameters
    ----------
    symbols
        The elements.
    ion
        Symbol of the mobile element.
    """
    present = set(symbols)
    spare = itertools.cycle(colour for colour in CYCLE if colour not in (_ION_COLOUR, RED, GREY))
    rest = sorted(present - {ion}, key=lambda symbol: (symbol in _ANIONS, symbol))
    found = {symbol: _COLOURS.get(symbol) or next(spare) for symbol in rest}
    return found | ({ion: _ION_COLOUR} if ion in present else {})


def _slab(structure: Structure) -> Structure:
    if len(structure) <= MOST_ATOMS:
        return structure
    lowest = np.argsort(structure.frac_coords[:, 2], kind="stable")[:MOST_ATOMS]
    return Structure.from_sites([structure[int(i)] for i in np.sort(lowest)])


def _bonds(
    structure: Structure, symbols: NDArray[np.str_], ion: str
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return the ends of bonds from the cations of the host to anions in the same cell."""
    anion = np.isin(symbols, _ANIONS)
    found = []
    for cation in sorted(set(symbols[~anion]) - {ion}):
        centres = np.flatnonzero(symbols == cation)
        if not anion.any():
            break
        distances = structure.lattice.get_all_distances(
            structure.frac_coords[centres], structure.frac_coords[anion]
        )
        reach = _SHELL * float(np.median(distances.min(axis=1)))
        for row, centre in enumerate(centres):
            start = structure.cart_coords[centre]
            for other in np.flatnonzero(anion)[distances[row] <= reach]:
                end = structure.cart_coords[other]
                if np.linalg.norm(end - start) <= reach:  # not through the side of the cell
                    found.append((start, end))
    return found
