"""Oxidation states of an element with at most one d electron, from the moments of its atoms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from ase.data import atomic_numbers

from amorph_flows.arrays import FloatArray
from amorph_flows.errors import InputError

D0_CHARGES = {"Ti": 4, "V": 5, "Nb": 5, "Mo": 6, "W": 6}
"""Charge of the ion without a d electron, by element."""

TOLERANCE_MUB = 1 / 3
"""How far from a whole number of unpaired electrons a moment may be, µB."""


@dataclass(frozen=True)
class OxidationStates:
    """Shares of the d⁰ and d¹ states of an element, over atoms and frames.

    Parameters
    ----------
    element
        Its symbol, such as ``"V"``.
    d0_ion, d1_ion
        The ion without and with one d electron, such as ``"V5+"`` and ``"V4+"``.
    d0, d1
        Their shares of the atoms.
    undecided
        Share of atoms whose moment is neither: between the two, or above both.
    mean_moment_mub
        Mean size of the moments, µB.
    n_atoms
        Atoms of the element in a frame.
    n_frames
        Frames counted.
    """

    element: str
    d0_ion: str
    d1_ion: str
    d0: float
    d1: float
    undecided: float
    mean_moment_mub: float
    n_atoms: int
    n_frames: int


def oxidation_states(
    numbers: npt.NDArray[np.int64],
    magmoms: FloatArray,
    element: str,
    tolerance_mub: float = TOLERANCE_MUB,
) -> OxidationStates:
    """Count the d⁰ and d¹ states of an element by the moments of its atoms.

    An ion with n unpaired d electrons has a spin moment of n µB, so V⁵⁺ (d⁰) has 0 and V⁴⁺ (d¹) has
    1 µB. Only its size counts, as neighbours may be antiparallel. Engines integrate the spin
    density in a sphere about the atom: it leaves out the tail of the d orbital, and holds what
    covalency with the anions brings. Both are taken to be less than a third of an electron where
    the electron is on one site, so that an atom counts where its moment is within `tolerance_mub`
    of 0 or of 1 µB. The boundary is a choice, not a measurement; the shares at another tell what
    depends on it.

    What lies between, by default from 1/3 to 2/3 µB, is undecided: an electron that several sites
    share, or one that is just hopping. So is what lies above 4/3 µB, such as V³⁺ with 2 µB. A large
    share of it says that the two states do not describe the sample.

    That moments stand for the valence where charges barely differ is the use that Deng et al.,
    Nature Machine Intelligence 5, 1031 (2023), make of CHGNet's moments.

    Parameters
    ----------
    numbers
        Atomic numbers, shape ``(n_atoms,)``.
    magmoms
        Moments, µB, shape ``(n_frames, n_atoms)``, or of one frame, shape ``(n_atoms,)``.
    element
        One of Ti, V, Nb, Mo and W.
    tolerance_mub
        µB, more than 0 and at most 1/2; with 1/2 nothing lies between.

    Returns
    -------
    OxidationStates
        The shares.

    Raises
    ------
    InputError
        If the element is another or no atom is of it, the tolerance is out of range, the shapes do
        not fit, or a moment is not finite.
    """
    if element not in D0_CHARGES:
        raise InputError(f"element is {element!r}; give one of {', '.join(D0_CHARGES)}")
    if not 0 < tolerance_mub <= 0.5:
        raise InputError(f"tolerance_mub is {tolerance_mub:g}; give more than 0 and at most 0.5 µB")
    moments = np.abs(np.atleast_2d(magmoms))
    if moments.ndim != 2 or moments.shape[1] != len(numbers) or not len(moments):
        raise InputError(
            f"magmoms has shape {np.shape(magmoms)}; give (n_frames, {len(numbers)}), a moment for "
            "each atom"
        )
    moments = moments[:, np.asarray(numbers) == atomic_numbers[element]]
    if not moments.shape[1]:
        raise InputError(f"no atom is {element}; give an element of the sample")
    if not np.isfinite(moments).all():
        raise InputError(f"a moment of {element} is not finite; leave out its frame")
    is_d0 = moments <= tolerance_mub
    is_d1 = ~is_d0 & (np.abs(moments - 1) <= tolerance_mub)
    charge = D0_CHARGES[element]
    return OxidationStates(
        element=element,
        d0_ion=f"{element}{charge}+",
        d1_ion=f"{element}{charge - 1}+",
        d0=float(is_d0.mean()),
        d1=float(is_d1.mean()),
        undecided=float((~is_d0 & ~is_d1).mean()),
        mean_moment_mub=float(moments.mean()),
        n_atoms=moments.shape[1],
        n_frames=len(moments),
    )
