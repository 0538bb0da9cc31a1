"""What every fit asks of its training frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from ase.data import atomic_numbers, chemical_symbols

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets import Frame, FrameSet
from amorph_flows.errors import InputError


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


def elements_of(training: FrameSet, first: Sequence[str] = ()) -> list[str]:
    """Return the species of a fit: those of the start, then new ones by atomic number.

    Parameters
    ----------
    training
        The frames.
    first
        Species of the start.
    """
    numbers = np.unique(np.concatenate([frame.numbers for frame in training]))
    found = [chemical_symbols[number] for number in numbers]
    new = sorted(set(found) - set(first), key=atomic_numbers.__getitem__)
    return [*first, *new]


def check_elements(validation: FrameSet, species: Sequence[str]) -> None:
    """Refuse validation frames of elements that no training frame has.

    Parameters
    ----------
    validation
        The frames.
    species
        Element symbols of the fit.

    Raises
    ------
    InputError
        If there are such elements.
    """
    held = {chemical_symbols[number] for frame in validation for number in frame.numbers}
    if foreign := sorted(held - set(species)):
        raise InputError(
            f"validation frames hold {', '.join(foreign)}, which no training frame has"
        )


def lone_atoms(
    training: FrameSet, species: Sequence[str], known: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Return a constant energy for an atom of each element, by least squares, eV.

    Where the frames cannot tell elements apart, the smallest constants are taken.

    Parameters
    ----------
    training
        Labelled frames.
    species
        Element symbols.
    known
        Constants that are kept, eV.
    """
    energies = np.array([frame.energy_ev for frame in training], dtype=float)
    return element_constants(training, energies, species, known or {})


def element_constants(
    frames: FrameSet,
    energies: FloatArray,
    species: Sequence[str],
    known: Mapping[str, float] | None = None,
) -> dict[str, float]:
    """Return the constants of elements whose sums over the atoms are nearest to some energies, eV.

    Parameters
    ----------
    frames
        The configurations.
    energies
        Of each, eV, shape ``(n_frames,)``.
    species
        Element symbols.
    known
        Constants that are kept, eV.
    """
    kept = known or {}
    numbers = [atomic_numbers[symbol] for symbol in species]
    counts = np.array([[np.sum(f.numbers == z) for z in numbers] for f in frames], dtype=float)
    constants = np.array([kept.get(symbol, 0.0) for symbol in species])
    free = [i for i, symbol in enumerate(species) if symbol not in kept]
    if free:
        rest = energies - counts @ constants
        constants[free] = np.linalg.lstsq(counts[:, free], rest, rcond=None)[0]
    return dict(zip(species, constants.tolist(), strict=True))


def energy_of_lone_atoms(frame: Frame, alone: Mapping[str, float]) -> float:
    """Return the energy that the atoms of a frame have alone, eV.

    Parameters
    ----------
    frame
        The configuration.
    alone
        Energy of a lone atom of each element, eV.
    """
    return sum(alone[chemical_symbols[number]] for number in frame.numbers)


def require_all(training: FrameSet, species: list[str]) -> None:
    """Refuse a start with elements that no training frame has, where each fit starts anew.

    Parameters
    ----------
    training
        The frames.
    species
        Element symbols of the start and of the frames.

    Raises
    ------
    InputError
        If there are such elements.
    """
    present = elements_of(training)
    if missing := [element for element in species if element not in present]:
        raise InputError(
            f"the potential to start from has {', '.join(missing)}, which no training frame has; "
            "each fit of this method starts anew, so keep the earlier frames in the training set"
        )
