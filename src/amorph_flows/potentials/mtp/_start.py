"""The start of a fit: an untrained potential, or an earlier one with species added."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from ase.data import atomic_numbers

from amorph_flows.datasets import FrameSet, shortest_contact
from amorph_flows.errors import InputError
from amorph_flows.potentials.mtp import MTPPotential, parse_mtp
from amorph_flows.potentials.mtp._untrained import untrained
from amorph_flows.potentials.training_frames import elements_of, require_labels
from amorph_flows.schemas.fits import MTPSettings

_TAG = "species"
_CLOSER_THAN_CLOSEST = 0.95


def starting_potential(
    training: FrameSet, settings: MTPSettings, start: str | None = None
) -> MTPPotential:
    """Return the potential to start a fit from.

    Parameters
    ----------
    training
        Labelled frames; their elements, by atomic number, are the species.
    settings
        Level, cutoff, radial basis, and the seed of an untrained potential.
    start
        Text of an earlier potential of the same basis; elements that it lacks are added after its
        own, with the mean of its radial functions.

    Returns
    -------
    MTPPotential
        With its species.

    Raises
    ------
    InputError
        If a frame is not labelled, there is none, or ``start`` has another basis or does not name
        its species.
    """
    elements = _elements(training)
    if start is not None:
        return _extended(named_potential(start), elements, settings)
    return untrained(
        settings.level,
        elements,
        settings.cutoff,
        min_distance=settings.min_distance or _min_distance(training, settings.cutoff),
        radial_size=settings.radial_size,
        seed=settings.seed,
    )


def named_text(potential: MTPPotential) -> str:
    """Return the ``.mtp`` text with the species in its tag, which the format has no place for.

    Parameters
    ----------
    potential
        A potential with species.
    """
    return replace(potential, tag=" ".join([_TAG, *potential.species])).text()


def named_potential(text: str) -> MTPPotential:
    """Return the potential of an ``.mtp`` text that names its species.

    Parameters
    ----------
    text
        As `named_text` writes it.

    Raises
    ------
    InputError
        If the text is damaged or its tag names no species.
    """
    potential = parse_mtp(text, "potential to start from")
    words = potential.tag.split()
    if not words or words[0] != _TAG:
        raise InputError(
            "the potential to start from does not say which elements its species are; set its "
            f"line to 'potential_tag = {_TAG} Mg V O', in the order of the species numbers"
        )
    return replace(potential, species=tuple(words[1:]))


def _elements(training: FrameSet) -> list[str]:
    require_labels(training)
    return elements_of(training)


def _min_distance(training: FrameSet, cutoff: float) -> float:
    """Return a distance that few pairs ever come below, Å."""
    contacts = [shortest_contact(frame, cutoff) for frame in training]
    shortest = min((contact for contact in contacts if contact is not None), default=None)
    if shortest is None:
        raise InputError(f"no two atoms of the training frames are within the cutoff {cutoff} Å")
    return _CLOSER_THAN_CLOSEST * shortest


def _extended(potential: MTPPotential, elements: list[str], settings: MTPSettings) -> MTPPotential:
    """Return the potential with the elements that it lacks.

    A new pair gets the mean of the fitted radial functions rather than random ones: fits with
    Mg, Fe or Na added ended at the same losses and held-out errors, and the mean needs no seed.
    """
    _check_basis(potential, settings)
    new = sorted(set(elements) - set(potential.species), key=atomic_numbers.__getitem__)
    n_old, n_all = potential.n_species, potential.n_species + len(new)
    radial = np.empty((n_all, n_all, *potential.radial_coeffs.shape[2:]))
    radial[:] = potential.radial_coeffs.mean(axis=(0, 1))
    radial[:n_old, :n_old] = potential.radial_coeffs
    species_coeffs = np.full(n_all, potential.species_coeffs.mean())
    species_coeffs[:n_old] = potential.species_coeffs
    return replace(
        potential,
        radial_coeffs=radial,
        species_coeffs=species_coeffs,
        species=(*potential.species, *new),
    )


def _check_basis(potential: MTPPotential, settings: MTPSettings) -> None:
    expected = untrained(
        settings.level,
        list(potential.species),
        settings.cutoff,
        min_distance=potential.min_distance,
        radial_size=settings.radial_size,
        seed=settings.seed,
    )
    same = (
        potential.radial_coeffs.shape == expected.radial_coeffs.shape
        and len(potential.moment_coeffs) == len(expected.moment_coeffs)
        and len(potential.index_basic) == len(expected.index_basic)
        and abs(potential.cutoff - settings.cutoff) < 1e-9
    )
    if not same:
        raise InputError(
            f"the potential to start from (cutoff {potential.cutoff:g} Å, "
            f"{potential.n_parameters} parameters) has another basis than level {settings.level}, "
            f"cutoff {settings.cutoff:g} Å, radial size {settings.radial_size} "
            f"({expected.n_parameters} parameters); start without it or keep its settings"
        )
