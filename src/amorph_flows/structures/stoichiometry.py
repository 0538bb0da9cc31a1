"""Stoichiometry: the number of ions for a host cell."""

from __future__ import annotations

from pymatgen.core import Structure

from amorph_flows.errors import InputError


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
    if n_ions < 1 or abs(wanted - n_ions) > 1e-6:
        raise InputError(
            f"{ions_per_formula:g} ions for each {host.composition.reduced_formula} are "
            f"{wanted:g} in a cell of {formulas:g} formulas; choose ions_per_formula or the cell "
            "so that it is a whole number above 0"
        )
    return n_ions
