"""Stoichiometry: the number of ions for a host cell, and a cell that holds a whole number."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np
from pymatgen.core import Structure

from amorph_flows.errors import InputError
from amorph_flows.structures._supercell import minimum_width, supercell_by_axes

_WHOLE = 1e-6
_MOST_CELLS = 20
"""Cells of a crystal that are put together at most: a step of 0.05 ions per formula."""


def count_ions(host: Structure, ions_per_formula: float) -> int:
    """Return the number of ions for a host cell.

    Parameters
    ----------
    host
        The empty host.
    ions_per_formula
        Ions for each reduced formula, such as 1 for MgV2O5.

    Raises
    ------
    InputError
        If that is not a whole positive number of ions in this cell.
    """
    formulas = host.composition.get_reduced_composition_and_factor()[1]
    wanted = ions_per_formula * formulas
    n_ions = round(wanted)
    if n_ions < 1 or abs(wanted - n_ions) > _WHOLE:
        raise InputError(
            f"{ions_per_formula:g} ions for each {host.composition.reduced_formula} are "
            f"{wanted:g} in a cell of {formulas:g} formulas; choose ions_per_formula or the cell "
            "so that it is a whole number above 0"
        )
    return n_ions


def repeated_for_ions(structure: Structure, contents: Sequence[float]) -> Structure:
    """Return a crystal, repeated if its cell does not hold a whole number of ions at each content.

    Parameters
    ----------
    structure
        The empty crystal; it is left as it is.
    contents
        Ions for each reduced formula.

    Raises
    ------
    InputError
        See `multiples_for_ions`.
    """
    return supercell_by_axes(structure, multiples_for_ions(structure, contents))


def multiples_for_ions(
    structure: Structure, contents: Sequence[float], least: Sequence[int] = (1, 1, 1)
) -> tuple[int, int, int]:
    """Return how often a cell is repeated to hold a whole number of ions at each content.

    Of the supercells with the fewest cells that do, the one that is widest at its narrowest is
    taken, such as two cells of layered TiS2 for half an ion per formula.

    Parameters
    ----------
    structure
        The empty crystal.
    contents
        Ions for each reduced formula.
    least
        Cells along a, b, c at least.

    Raises
    ------
    InputError
        If 20 times as many cells as asked for are too few.
    """
    formulas = structure.composition.get_reduced_composition_and_factor()[1]
    most = _MOST_CELLS * prod(least)
    for n_cells in range(prod(least), most + 1):
        wanted = np.multiply(contents, formulas * n_cells)
        if (wanted < 1 - _WHOLE).any() or (abs(wanted - wanted.round()) > _WHOLE).any():
            continue
        triples = [
            (i, j, n_cells // (i * j))
            for i in _divisors(n_cells, least[0], n_cells // (least[1] * least[2]))
            for j in _divisors(n_cells // i, least[1], n_cells // i // least[2])
        ]
        if triples:
            return max(triples, key=lambda triple: _width(structure, triple))
    told = ", ".join(f"{x:g}" for x in contents)
    raise InputError(
        f"{told} ions for each {structure.composition.reduced_formula} are no whole number in up "
        f"to {most} cells of {formulas:g} formulas; choose ions_per_formula so that they are"
    )


def _divisors(number: int, least: int, most: int) -> list[int]:
    return [n for n in range(least, most + 1) if number % n == 0]


def _width(structure: Structure, multiples: Sequence[int]) -> float:
    cell = structure.lattice.matrix * np.array(multiples)[:, None]
    return round(minimum_width(cell), 6)
