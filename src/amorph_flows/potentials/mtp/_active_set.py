"""The active set of a moment tensor potential by the compiled kernel."""

from __future__ import annotations

from collections.abc import Sequence

from ase import Atoms

from amorph_flows.potentials.d_optimality import ActiveSet, find_active_set
from amorph_flows.potentials.mtp._file import MTPPotential
from amorph_flows.potentials.mtp.training_kernel import TrainingKernel


def active_set(potential: MTPPotential, frames: Sequence[Atoms]) -> ActiveSet:
    """Return the active set of a potential, with gradients by the compiled kernel.

    Parameters
    ----------
    potential
        The fitted potential, with its species.
    frames
        What it was fitted to.

    Raises
    ------
    InputError
        If there are no frames, or an element is not in the potential.
    """
    kernel = TrainingKernel(potential, frames)
    gradients = (kernel.atom_gradients(number) for number in range(len(frames)))
    return find_active_set(potential.parameters, gradients)
