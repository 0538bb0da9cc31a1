"""Structures of ASE or pymatgen as one-frame trajectories, and the choice of atoms in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from ase.data import atomic_numbers, chemical_symbols

from amorph_flows.analysis.trajectory import Trajectory
from amorph_flows.arrays import FloatArray, IntArray
from amorph_flows.errors import InputError

if TYPE_CHECKING:
    from ase import Atoms
    from pymatgen.core import Structure

    StructureLike: TypeAlias = Atoms | Structure | Trajectory
else:
    StructureLike: TypeAlias = Any


def as_trajectory(source: StructureLike) -> Trajectory:
    """Return a structure as a trajectory of one frame; a trajectory passes through.

    Parameters
    ----------
    source
        ASE ``Atoms``, an ordered pymatgen ``Structure``, or a `Trajectory`.

    Raises
    ------
    InputError
        If the source is none of these, or has partially occupied sites.
    TrajectoryError
        If the cell has no volume.
    """
    if isinstance(source, Trajectory):
        return source
    if hasattr(source, "get_positions"):
        positions, cell, numbers = source.get_positions(), source.cell.array, source.numbers
    elif hasattr(source, "cart_coords"):
        if not source.is_ordered:
            raise InputError(f"{source.formula} has partially occupied sites; give an ordered cell")
        positions, cell = source.cart_coords, source.lattice.matrix
        numbers = source.atomic_numbers
    else:
        raise InputError(
            f"a structure is needed (ASE Atoms, pymatgen Structure or Trajectory), "
            f"not {type(source).__name__}"
        )
    return Trajectory(positions[None], cell, np.asarray(numbers), np.zeros(1))


def one_frame(source: StructureLike) -> Trajectory:
    """Return a structure as a trajectory of one frame, as `as_trajectory`.

    Parameters
    ----------
    source
        A structure, or a trajectory of one frame.

    Raises
    ------
    InputError
        If a trajectory has several frames.
    """
    frame = as_trajectory(source)
    if frame.n_frames != 1:
        raise InputError(f"the trajectory has {frame.n_frames} frames; select one frame")
    return frame


def elements_of(numbers: IntArray) -> tuple[str, ...]:
    """Return the elements present, in order of atomic number."""
    return tuple(chemical_symbols[number] for number in np.unique(numbers))


def symbols_of(species: str | Iterable[str]) -> list[str]:
    """Return one chemical symbol or several as a list without repeats.

    Raises
    ------
    InputError
        If there is none.
    """
    symbols = [species] if isinstance(species, str) else list(dict.fromkeys(species))
    if not symbols:
        raise InputError("no element was given; give at least one chemical symbol")
    return symbols


def mask_of(numbers: IntArray, species: str | Iterable[str]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which atoms are of one or several elements.

    Parameters
    ----------
    numbers
        Atomic numbers, shape ``(n_atoms,)``.
    species
        One chemical symbol or several.

    Raises
    ------
    InputError
        If a symbol is unknown or absent from the structure.
    """
    wanted = symbols_of(species)
    present = elements_of(numbers)
    for symbol in wanted:
        if symbol not in present:
            raise InputError(f"there is no {symbol!r} here; the elements are {', '.join(present)}")
    return np.isin(numbers, [atomic_numbers[symbol] for symbol in wanted])


def perpendicular_widths(cell: FloatArray) -> FloatArray:
    """Return the distances between opposite faces of a cell, Å, shape ``(3,)``.

    Parameters
    ----------
    cell
        Row vectors, Å, shape ``(3, 3)``.
    """
    widths: FloatArray = 1.0 / np.linalg.norm(np.linalg.inv(cell), axis=0)
    return widths
