"""Bare structures: without the charges and velocities that a run left on their sites."""

from __future__ import annotations

from pymatgen.core import Structure


def bare_structure(structure: Structure) -> Structure:
    """Return a copy without charges and without site properties such as velocities.

    Parameters
    ----------
    structure
        Any ordered structure.
    """
    return Structure(
        structure.lattice, [site.specie.symbol for site in structure], structure.frac_coords
    )
