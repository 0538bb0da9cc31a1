"""Cleaning of labelled frames: repeated and unphysical configurations are taken out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import Atoms
from ase.neighborlist import neighbor_list

from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.errors import InputError


@dataclass(frozen=True)
class Refusal:
    """Frames that passed the limits and those that did not.

    Parameters
    ----------
    kept
        The frames within the limits, in order.
    refused
        The reason for each refused index of the frames as given.
    """

    kept: FrameSet
    refused: dict[int, str]


def deduplicate(frames: FrameSet) -> tuple[FrameSet, int]:
    """Return each distinct configuration once.

    Of frames with equal content the first labelled one is kept, at the place of the first.

    Parameters
    ----------
    frames
        Any frames.

    Returns
    -------
    FrameSet
        Distinct frames in their first order.
    int
        How many were dropped.
    """
    distinct: dict[str, Frame] = {}
    for frame in frames:
        known = distinct.get(frame.content_hash)
        if known is None or (frame.is_labelled and not known.is_labelled):
            distinct[frame.content_hash] = frame
    return FrameSet(distinct.values()), len(frames) - len(distinct)


def refuse_unphysical(
    frames: FrameSet, min_contact_a: float | None = 1.25, max_force_ev_a: float | None = 30.0
) -> Refusal:
    """Take out frames with too short contacts or too large forces for a fit.

    What is not a finite number is taken out in any case.

    Parameters
    ----------
    frames
        Labelled or unlabelled frames.
    min_contact_a
        Shortest distance between two atoms (periodic images included) that is kept, Å; None: any.
    max_force_ev_a
        Largest norm of the force on an atom that is kept, eV/Å, None: any; unlabelled frames have
        none.

    Returns
    -------
    Refusal
        What was kept, and why the rest was not.

    Raises
    ------
    InputError
        If a limit is not positive.
    """
    if any(limit is not None and limit <= 0 for limit in (min_contact_a, max_force_ev_a)):
        raise InputError(
            f"limits min_contact_a = {min_contact_a} and max_force_ev_a = {max_force_ev_a} "
            "must be positive, or none for no limit"
        )
    reasons = {
        index: reason
        for index, frame in enumerate(frames)
        if (reason := _fault(frame, min_contact_a, max_force_ev_a))
    }
    return Refusal(frames.take(i for i in range(len(frames)) if i not in reasons), reasons)


def shortest_contact(frame: Frame, below_a: float) -> float | None:
    """Return the shortest distance between two atoms, Å, or None if none is below the limit.

    Parameters
    ----------
    frame
        A periodic configuration.
    below_a
        Distances up to here are searched, Å.
    """
    atoms = Atoms(frame.numbers, positions=frame.positions, cell=frame.cell, pbc=True)
    distances = neighbor_list("d", atoms, below_a)
    return float(distances.min()) if len(distances) else None


def _fault(frame: Frame, min_contact_a: float | None, max_force_ev_a: float | None) -> str:
    """Return what is wrong with a frame, or an empty text."""
    labels = [frame.positions, frame.cell, frame.energy_ev, frame.forces, frame.stress]
    if not all(np.all(np.isfinite(label)) for label in labels if label is not None):
        return "a coordinate or a label is not a finite number"
    contact = None if min_contact_a is None else shortest_contact(frame, min_contact_a)
    if contact is not None:
        return f"two atoms are {contact:.2f} Å apart (limit {min_contact_a:g} Å)"
    if frame.forces is not None and max_force_ev_a is not None:
        force = float(np.linalg.norm(frame.forces, axis=1).max(initial=0.0))
        if force > max_force_ev_a:
            return f"a force of {force:.1f} eV/Å (limit {max_force_ev_a:g} eV/Å)"
    return ""
