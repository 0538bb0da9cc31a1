"""Extrapolation grades of structures by the kernel.

The grade of an environment with energy gradient g (with respect to all parameters) is
``max |g A^-1|``, the rows of A being the gradients of the active set (Podryabinkin and Shapeev,
Comput. Mater. Sci. 140 (2017) 171, equations 10 to 13).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from ase import Atoms

from amorph_flows.errors import InputError
from amorph_flows.potentials.mtp.active_set import ActiveSet
from amorph_flows.potentials.mtp.file import MTPPotential
from amorph_flows.potentials.mtp.selection import Mode, find_active_set
from amorph_flows.potentials.mtp.training_kernel import TrainingKernel

FloatArray = npt.NDArray[np.float64]


def active_set(
    potential: MTPPotential,
    frames: Sequence[Atoms],
    mode: Mode = "neighbourhood",
    threshold: float = 1.001,
) -> ActiveSet:
    """Select the active set of a potential from its training frames.

    Parameters
    ----------
    potential
        The fitted potential, with its species.
    frames
        What it was fitted to.
    mode
        Whether single environments are graded (``neighbourhood``) or sums over a structure
        (``configuration``).
    threshold
        Rows are swapped in until no candidate's grade exceeds this, which is above 1.

    Returns
    -------
    ActiveSet
        Its rank is the number of directions that the frames reach.

    Raises
    ------
    InputError
        If there are no frames, the mode is unknown, or an element is not in the potential.
    """
    kernel = TrainingKernel(potential, frames)
    gradients = (kernel.atom_gradients(number) for number in range(len(frames)))
    return find_active_set(potential.parameters, gradients, mode, threshold)


def grades(potential: MTPPotential, active: ActiveSet, frames: Sequence[Atoms]) -> FloatArray:
    """Give the extrapolation grade of each frame.

    Parameters
    ----------
    potential
        The potential that the active set was made with.
    active
        The active set.
    frames
        Structures.

    Returns
    -------
    ndarray
        Shape ``(n_frames,)``: in neighbourhood mode the largest grade of an atom.

    Raises
    ------
    InputError
        If the active set is another potential's.
    """
    active.check(potential)
    kernel = TrainingKernel(potential, frames)
    out = np.empty(len(frames))
    for frame in range(len(frames)):
        gradients = kernel.atom_gradients(frame)
        if active.mode == "configuration":
            gradients = gradients.sum(axis=0, keepdims=True)
        out[frame] = active.grade(gradients).max()
    return out


def atom_grades(potential: MTPPotential, active: ActiveSet, atoms: Atoms) -> FloatArray:
    """Give the grade of each atom's environment.

    Parameters
    ----------
    potential
        The potential that the active set was made with.
    active
        An active set of neighbourhoods.
    atoms
        The structure.

    Returns
    -------
    ndarray
        Shape ``(n_atoms,)``.

    Raises
    ------
    InputError
        If the active set is another potential's or one of configurations.
    """
    active.check(potential)
    if active.mode != "neighbourhood":
        raise InputError("the active set grades configurations, not atoms")
    return active.grade(TrainingKernel(potential, [atoms]).atom_gradients(0))
