"""Reading of structures, and the refusal of those that no simulation can start from."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from ase.io import read
from pymatgen.core import Structure
from pymatgen.io.ase import AseAtomsAdaptor

from amorph_flows.errors import InputError

SHORTEST_DISTANCE = 0.5


def read_structure(path: str | Path) -> Structure:
    """Read a structure from a file and check it.

    The format is told by the name, as pymatgen does (CIF, POSCAR, JSON, ...); names that pymatgen
    does not know (extended XYZ, LAMMPS data, ...) are read by ASE, the last image of several.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    Structure
        The structure as stored.

    Raises
    ------
    InputError
        If there is no such file, it holds no readable periodic structure, or
        :func:`check_structure` refuses it.
    """
    file = Path(path)
    if not file.is_file():
        state = "is a folder, not a file" if file.is_dir() else "does not exist"
        raise InputError(f"structure file {str(path)!r} {state}")
    try:
        structure = _parse(file)
    except Exception as exc:
        reason = (str(exc).strip() or type(exc).__name__).splitlines()[0]
        raise InputError(f"no structure can be read from {str(path)!r}: {reason}") from exc
    try:
        check_structure(structure)
    except InputError as exc:
        raise InputError(f"structure file {str(path)!r}: {exc}") from exc
    return structure


def _parse(file: Path) -> Structure:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return Structure.from_file(file)
        except ValueError as exc:
            if "extension" not in str(exc):
                raise
        return AseAtomsAdaptor.get_structure(read(file))


def check_structure(structure: Structure) -> None:
    """Refuse a structure that no simulation can start from.

    Parameters
    ----------
    structure
        The structure to check; atoms are counted from 0 in the messages.

    Raises
    ------
    InputError
        If there are no atoms, the cell or a position is not finite, the cell has no volume, a
        site is partially occupied, or two atoms (periodic images included) are closer than 0.5 Å.
    """
    _check_cell(structure)
    if len(structure) == 0:
        raise InputError("the structure holds no atoms")
    for index, site in enumerate(structure):
        if not np.all(np.isfinite(site.frac_coords)):
            raise InputError(
                f"atom {index} ({site.species_string}) has a position that is not a number"
            )
        if not site.is_ordered:
            raise InputError(
                f"atom {index} is partially occupied ({site.species_string}); "
                "order the structure first, for instance in a supercell"
            )
    _check_contacts(structure)


def _check_cell(structure: Structure) -> None:
    cell = structure.lattice.matrix
    if not np.all(np.isfinite(cell)):
        raise InputError(f"the cell holds NaN or infinite numbers: {cell.tolist()}")
    if abs(np.linalg.det(cell)) < 1e-6:
        raise InputError(f"the cell has no volume: {cell.tolist()}")


def _check_contacts(structure: Structure) -> None:
    first, second, _, distances = structure.get_neighbor_list(SHORTEST_DISTANCE, exclude_self=True)
    if len(distances) == 0:
        return
    nearest = int(np.argmin(distances))
    i, j = sorted((int(first[nearest]), int(second[nearest])))
    name = "and its own image" if i == j else f"and {j} ({structure[j].species_string})"
    raise InputError(
        f"atoms {i} ({structure[i].species_string}) {name} are {distances[nearest]:.3f} Å apart, "
        f"closer than {SHORTEST_DISTANCE} Å; is the space group or the setting right?"
    )
