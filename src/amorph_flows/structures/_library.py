"""Library of crystals: alpha-V2O5, and the metals that voltages refer to."""

from __future__ import annotations

from ase.build import bulk
from pymatgen.core import Lattice, Structure
from pymatgen.io.ase import AseAtomsAdaptor

from amorph_flows.errors import InputError
from amorph_flows.structures.ions import parse_element

REFERENCE_METALS = ("Li", "Na", "K", "Mg", "Ca", "Zn", "Al")


def v2o5() -> Structure:
    """Return the unit cell of crystalline alpha-V2O5.

    Space group Pmmn (59, origin choice 2), 14 atoms, with the layers stacked along the third
    axis (4.383 Å), so that a, b, c here are a, c, b of the Pmnm setting (11.5, 4.4, 3.6 Å).

    Returns
    -------
    Structure
        4 V and 10 O without charges; V-O distances in the layer are 1.58 to 2.02 Å.
    """
    lattice = Lattice.orthorhombic(11.544, 3.571, 4.383)
    sites = [
        ("V", (0.1012, 0.25, 0.8917)),
        ("O", (0.1043, 0.25, 0.531)),
        ("O", (0.9311, 0.25, 0.003)),
        ("O", (0.25, 0.25, 0.001)),
    ]
    species, coords = zip(*sites, strict=True)
    return Structure.from_spacegroup("Pmmn:2", lattice, species, coords)


def reference_metal(element: str) -> Structure:
    """Return the metal that the voltage of an ion refers to, in its conventional cell.

    Lattice types and parameters are ASE's reference states, from N. W. Ashcroft and N. D. Mermin,
    *Solid State Physics* (1976): bcc Li, Na, K; hcp Mg (a = 3.21 Å, c/a = 1.624), Zn; fcc Ca, Al.
    They are starting values, to be relaxed by the engine that the voltage is computed with.

    Parameters
    ----------
    element
        Symbol or ion, such as ``"Mg"`` or ``"Mg2+"``.

    Returns
    -------
    Structure
        Two atoms (bcc, hcp) or four (fcc).

    Raises
    ------
    InputError
        If the ion is unknown or has no reference metal.
    """
    symbol = parse_element(element).symbol
    if symbol not in REFERENCE_METALS:
        raise InputError(
            f"ion {element!r} has no reference metal; "
            f"there is one for {', '.join(REFERENCE_METALS)}"
        )
    atoms = bulk(symbol)
    if atoms.cell.get_bravais_lattice().name != "HEX":
        atoms = bulk(symbol, cubic=True)
    return Structure.from_sites(AseAtomsAdaptor.get_structure(atoms))
