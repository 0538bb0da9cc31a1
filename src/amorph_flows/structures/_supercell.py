"""Supercells of wanted lengths, and how wide a periodic cell is."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import numpy as np
import numpy.typing as npt
from pymatgen.core import Structure

from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError


def supercell_by_axes(structure: Structure, multiples: Sequence[int]) -> Structure:
    """Return the structure repeated along its axes.

    Parameters
    ----------
    structure
        The cell to repeat; it is left as it is.
    multiples
        Three positive whole numbers, one for each axis.

    Returns
    -------
    Structure
        The supercell.

    Raises
    ------
    InputError
        If the multiples are not three positive whole numbers.
    """
    if len(multiples) != 3 or any(m < 1 or int(m) != m for m in multiples):
        raise InputError(f"multiples {tuple(multiples)} are not three positive whole numbers")
    return structure * tuple(int(m) for m in multiples)


def axis_multiples(
    lengths: Sequence[float], target_lengths: Sequence[float]
) -> tuple[int, int, int]:
    """Return how often to repeat each axis so that the cell has the wanted lengths in some order.

    Of all assignments of the wanted lengths L to the axes a_i with n_i = round(L_i / a_i) >= 1,
    the one of the least sum of ln(n_i a_i / L_i)^2 is taken.

    Parameters
    ----------
    lengths
        Lengths of the three axes, Å.
    target_lengths
        The three wanted lengths, Å, in any order.

    Returns
    -------
    tuple of int
        The multiples of the three axes.

    Raises
    ------
    InputError
        If the wanted lengths are not three positive finite numbers.
    """
    wanted = np.asarray(target_lengths, dtype=float)
    if wanted.shape != (3,) or not np.all(np.isfinite(wanted) & (wanted > 0)):
        raise InputError(f"target lengths {target_lengths} are not three positive lengths in Å")

    def multiples(targets: Sequence[float]) -> tuple[int, int, int]:
        i, j, k = (max(1, round(t / a)) for t, a in zip(targets, lengths, strict=True))
        return i, j, k

    def misfit(targets: Sequence[float]) -> float:
        repeated = np.multiply(multiples(targets), lengths)
        return float(np.sum(np.log(repeated / np.asarray(targets)) ** 2))

    return multiples(min(permutations(target_lengths), key=misfit))


def supercell_near(structure: Structure, target_lengths: Sequence[float]) -> Structure:
    """Return the supercell whose edges come nearest to three wanted lengths, in any order.

    The wanted lengths are matched to the axes whatever the setting of the crystal, so that a
    protocol names one cell for all settings: 8.81, 10.77, 11.60 Å is the 84-atom cell of V2O5,
    (1, 3, 2) of the setting of :func:`v2o5` and (1, 2, 3) of a setting with a > b > c.

    Parameters
    ----------
    structure
        The cell to repeat; it is left as it is, axes included.
    target_lengths
        Three lengths, Å.

    Returns
    -------
    Structure
        The supercell, its axes in the order of the given structure.

    Raises
    ------
    InputError
        If the wanted lengths are not three positive finite numbers.
    """
    return supercell_by_axes(structure, axis_multiples(structure.lattice.abc, target_lengths))


def perpendicular_widths(cell: npt.ArrayLike) -> FloatArray:
    """Return the distances of opposite faces of a cell, Å, shape ``(3,)``.

    Parameters
    ----------
    cell
        Row vectors, Å, shape ``(3, 3)``.
    """
    widths: FloatArray = 1 / np.linalg.norm(np.linalg.inv(np.asarray(cell, dtype=float)), axis=0)
    return widths


def minimum_width(cell: npt.ArrayLike) -> float:
    """Return the least perpendicular width of a cell, V / max |a_i x a_j|.

    Parameters
    ----------
    cell
        Row vectors, Å, shape ``(3, 3)``.

    Returns
    -------
    float
        Smallest distance between opposite faces, Å.
    """
    return float(perpendicular_widths(cell).min())


def check_width(structure: Structure, cutoff: float) -> None:
    """Refuse a cell narrower than twice a cutoff, in which an atom sees its own images.

    Parameters
    ----------
    structure
        The cell to simulate.
    cutoff
        Cutoff of the potential, Å.

    Raises
    ------
    InputError
        If the least perpendicular width is below twice the cutoff.
    """
    width = minimum_width(structure.lattice.matrix)
    if width < 2 * cutoff:
        raise InputError(
            f"the cell is {width:.2f} Å wide at its narrowest, less than twice the cutoff of "
            f"{cutoff:g} Å; repeat it to at least {2 * cutoff:g} Å or lower the cutoff"
        )
