"""Average insertion voltage from total energies."""

from __future__ import annotations

from amorph_flows.errors import InputError


def average_voltage(
    inserted_ev: float, removed_ev: float, metal_ev_atom: float, n_ions: int, charge: float
) -> float:
    """Return the average voltage of inserting ions, against the ion's metal, V.

    ``V = -(E(inserted) - E(removed) - n E(metal)) / (n z)`` with energies in eV, which is Eq. 1
    of Choyal et al., Small (2025), for n ions of charge z instead of one Mg2+.

    Parameters
    ----------
    inserted_ev
        Total energy with the ions, eV.
    removed_ev
        Total energy of the same host without them, eV.
    metal_ev_atom
        Energy of one atom of the metal, eV.
    n_ions
        Number of ions.
    charge
        Charge of an ion, in elementary charges.

    Raises
    ------
    InputError
        If there are no ions or they carry no positive charge.
    """
    if n_ions < 1 or charge <= 0:
        raise InputError(
            f"a voltage needs ions with a positive charge; n_ions is {n_ions}, charge is {charge:g}"
        )
    return -(inserted_ev - removed_ev - n_ions * metal_ev_atom) / (n_ions * charge)
