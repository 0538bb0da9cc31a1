"""What every fit asks of its training frames."""

from __future__ import annotations

import numpy as np
from ase.data import atomic_numbers, chemical_symbols

from amorph_flows.datasets import FrameSet
from amorph_flows.errors import InputError
from amorph_flows.schemas.potential import PotentialDoc


def require_labels(training: FrameSet) -> None:
    """Refuse a training set without frames, and frames without energy and forces.

    Parameters
    ----------
    training
        The frames.

    Raises
    ------
    InputError
        If there are none, or one lacks its labels; the message has its number.
    """
    if not len(training):
        raise InputError("there are no frames to fit a potential to")
    for index, frame in enumerate(training):
        if not frame.is_labelled:
            raise InputError(f"training frame {index} has no energy or no forces; label it first")


def elements_of(training: FrameSet, start: PotentialDoc | None = None) -> list[str]:
    """Return the species of a fit: those of the start, then new ones by atomic number.

    Parameters
    ----------
    training
        The frames.
    start
        The potential to start from.
    """
    numbers = np.unique(np.concatenate([frame.numbers for frame in training]))
    found = [chemical_symbols[number] for number in numbers]
    first = list(start.species) if start is not None else []
    new = sorted(set(found) - set(first), key=atomic_numbers.__getitem__)
    return [*first, *new]
