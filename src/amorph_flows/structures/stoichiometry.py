"""Stoichiometry: the number of ions for a host cell, and a cell that holds a whole number."""

from __future__ import annotations

from itertools import product
from math import prod

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


def repeated_for_ions(structure: Structure, ions_per_formula: float) -> Structure:
    """Return a crystal, repeated if its cell does not hold a whole number of ions.

    Of the supercells with the fewest cells that do, the one that is widest at its narrowest is
    taken, such as two cells of layered TiS2 for half an ion per formula.

    Parameters
    ----------
    structure
        The empty crystal; it is left as it is.
    ions_per_formula
        Ions for each reduced formula.

    Raises
    ------
    InputError
        If 20 cells are too few.
    """
    formulas = structure.composition.get_reduced_composition_and_factor()[1]
    for n_cells in range(1, _MOST_CELLS + 1):
        wanted = ions_per_formula * formulas * n_cells
        if round(wanted) >= 1 and abs(wanted - round(wanted)) <= _WHOLE:
            triples = product(range(1, n_cells + 1), repeat=3)
            cells = [
                supercell_by_axes(structure, triple)
                for triple in triples
                if prod(triple) == n_cells
            ]
            return max(cells, key=lambda cell: round(minimum_width(cell.lattice.matrix), 6))
    raise InputError(
        f"{ions_per_formula:g} ions for each {structure.composition.reduced_formula} are no whole "
        f"number in up to {_MOST_CELLS} cells of {formulas:g} formulas; choose ions_per_formula so "
        "that they are"
    )
