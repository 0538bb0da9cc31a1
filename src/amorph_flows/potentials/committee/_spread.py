"""Grades by a committee: how much the forces of several potentials differ."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from ase.calculators.calculator import Calculator

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets.frames import Frame, FrameSet
from amorph_flows.errors import InputError

_QUANTILE = 0.99
_SAME_A = 0.2
"""Root mean square of the displacements between configurations that one label is enough for, Å."""


@dataclass(frozen=True)
class CommitteeScale:
    """What a spread of forces means.

    The spread of an atom is the standard deviation of its force vector between the members. The
    error that is to be expected is ``error_per_spread`` times it, the ratio of the root mean
    squares of both on labelled frames. A grade of 1 is the largest expected error among their
    atoms (the 0.99 quantile), as D-optimality has a grade of 1 at the edge of its training set.

    Parameters
    ----------
    error_per_spread
        Expected error of a force over the spread.
    edge_ev_a
        Expected error of a force that has a grade of 1, eV/Å.
    n_frames
        Labelled frames that they come from; 0: none, both are assumed.
    fingerprint
        Of the potential that they belong to.
    """

    error_per_spread: float
    edge_ev_a: float
    n_frames: int
    fingerprint: str

    def grades(self, spreads: FloatArray) -> FloatArray:
        """Return the grade of each spread."""
        return spreads * (self.error_per_spread / self.edge_ev_a)

    def to_file(self) -> bytes:
        """Return the contents of its file."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_file(cls, content: bytes, fingerprint: str) -> CommitteeScale:
        """Return what a file holds.

        Parameters
        ----------
        content
            What `to_file` gave.
        fingerprint
            Of the potential that is to be graded.

        Raises
        ------
        InputError
            If the file is damaged or another potential's.
        """
        try:
            scale = cls(**json.loads(content))
        except (ValueError, TypeError) as error:
            raise InputError(f"the scale of the committee cannot be read: {error}") from error
        if scale.fingerprint != fingerprint:
            raise InputError(
                "the scale of the committee belongs to another potential; fit the potential again"
            )
        return scale


def spread_of_forces(members: Sequence[Calculator], frame: Frame) -> FloatArray:
    """Return the standard deviation of each atom's force between the members.

    Parameters
    ----------
    members
        At least two calculators.
    frame
        The configuration.

    Returns
    -------
    ndarray
        Shape ``(n_atoms,)``, eV/Å.
    """
    forces = np.array([_forces(member, frame) for member in members])
    apart = forces - forces.mean(axis=0)
    spread: FloatArray = np.sqrt(np.sum(apart**2, axis=(0, 2)) / (len(members) - 1))
    return spread


def scale_of(
    members: Sequence[Calculator],
    labelled: FrameSet,
    fingerprint: str,
    unlabelled_error_ev_a: float,
) -> CommitteeScale:
    """Return what the spread of a committee means, from labelled frames.

    Parameters
    ----------
    members
        The first is the potential itself.
    labelled
        Frames with forces, which the members were not fitted to where that can be helped.
    fingerprint
        Of the potential.
    unlabelled_error_ev_a
        Error that a grade of 1 stands for where there are no frames, eV/Å; the spread then counts
        as the error.
    """
    spreads, errors = [], []
    for frame in labelled.labelled():
        assert frame.forces is not None
        spreads.append(spread_of_forces(members, frame))
        errors.append(np.linalg.norm(_forces(members[0], frame) - frame.forces, axis=1))
    if not spreads:
        return CommitteeScale(1.0, unlabelled_error_ev_a, 0, fingerprint)
    spread, error = np.concatenate(spreads), np.concatenate(errors)
    if not np.any(spread > 0):
        raise InputError(
            "the members of the committee agree in every force: they are one model; name others, "
            "or other seeds"
        )
    ratio = float(np.sqrt(np.mean(error**2) / np.mean(spread**2))) or 1.0
    edge = float(np.quantile(ratio * spread, _QUANTILE))
    return CommitteeScale(ratio, edge, len(spreads), fingerprint)


def most_uncertain(
    grades: FloatArray, training: FrameSet, candidates: FrameSet, limit: int
) -> list[int]:
    """Return the candidates whose grade is above 1, largest first, alike ones once.

    Parameters
    ----------
    grades
        Of the candidates, shape ``(n_candidates,)``.
    training
        Frames that need no label any more; equal candidates are passed over.
    candidates
        Configurations.
    limit
        How many to return at most.
    """
    known = {frame.content_hash for frame in training}
    chosen: list[int] = []
    for index in np.argsort(-grades, kind="stable").tolist():
        frame = candidates[index]
        if len(chosen) == limit or grades[index] <= 1.0:
            break
        if frame.content_hash not in known and not any(
            _alike(frame, candidates[other]) for other in chosen
        ):
            chosen.append(index)
    return chosen


def _alike(one: Frame, two: Frame) -> bool:
    """Return whether two configurations of the same atoms in one cell lie side by side."""
    if not np.array_equal(one.numbers, two.numbers) or not np.allclose(
        one.cell, two.cell, atol=_SAME_A
    ):
        return False
    apart = (one.positions - two.positions) @ np.linalg.inv(one.cell)
    apart = (apart - np.round(apart)) @ one.cell
    return bool(np.sqrt(np.mean(np.sum(apart**2, axis=1))) < _SAME_A)


def _forces(calculator: Calculator, frame: Frame) -> FloatArray:
    atoms = frame.to_atoms()
    calculator.calculate(atoms, ["energy", "forces"])
    return np.array(calculator.results["forces"], dtype=float)
