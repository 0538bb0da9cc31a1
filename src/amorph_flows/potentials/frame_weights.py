"""Weights of frames in a fit, which fall with the energy above the hull and with the forces."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linprog

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets import Frame
from amorph_flows.errors import InputError
from amorph_flows.schemas.fits import LossWeights

_SAME = 1e-9
"""Difference of two shares of an element that are the same, and eV per atom of no energy."""


class FrameWeights:
    """What the squared errors of a frame are multiplied by in the loss of a fit.

    ``w = c / (1 + (dE/e)²) / (1 + (F/f)²)`` with dE the energy per atom above the lower convex hull
    of the training frames over their compositions, F the root mean square of the forces on the
    atoms, e and f ``half_above_hull_ev`` and ``half_at_force_ev_a``, and c such that the training
    frames have a mean of 1. A relative error then counts alike in all frames that are far above e
    or f, as an absolute one does below. Of a composition that the training frames do not span, dE
    is not known and taken as zero.

    Parameters
    ----------
    training
        Labelled frames.
    settings
        Of the fit.

    Raises
    ------
    InputError
        If a frame lacks the energy or the forces that its weight depends on.
    """

    def __init__(self, training: Sequence[Frame], settings: LossWeights) -> None:
        self.settings = settings
        self._elements = sorted({int(z) for frame in training for z in np.unique(frame.numbers)})
        self._shares: FloatArray = np.zeros((0, len(self._elements)))
        self._lowest: FloatArray = np.zeros(0)
        if settings.half_above_hull_ev is not None:
            self._shares, self._lowest = self._lowest_energies(training)
        found = self._falling(training)
        self._mean = float(np.mean(found)) if len(found) else 1.0

    def of(self, frames: Sequence[Frame]) -> FloatArray:
        """Return the weights of frames, shape ``(n_frames,)``.

        Parameters
        ----------
        frames
            Labelled; those of the training or others.
        """
        return self._falling(frames) / self._mean

    def above_hull(self, frames: Sequence[Frame]) -> FloatArray:
        """Return the energies per atom above the hull, 0 below it, eV, shape ``(n_frames,)``.

        Parameters
        ----------
        frames
            With energies.
        """
        hull: dict[tuple[float, ...], float] = {}
        found = np.zeros(len(frames))
        for number, frame in enumerate(frames):
            shares = self._shares_of(frame)
            key = tuple(np.round(shares, 9).tolist())
            if key not in hull:
                hull[key] = self._hull_at(shares)
            found[number] = max(0.0, _energy(frame, number) - hull[key])
        return found

    def _falling(self, frames: Sequence[Frame]) -> FloatArray:
        weights = np.ones(len(frames))
        if self.settings.half_above_hull_ev is not None:
            weights /= 1.0 + (self.above_hull(frames) / self.settings.half_above_hull_ev) ** 2
        if self.settings.half_at_force_ev_a is not None:
            forces = np.array([_force(frame, number) for number, frame in enumerate(frames)])
            weights /= 1.0 + (forces / self.settings.half_at_force_ev_a) ** 2
        return weights

    def _shares_of(self, frame: Frame) -> FloatArray:
        return np.array([np.mean(frame.numbers == z) for z in self._elements])

    def _lowest_energies(self, training: Sequence[Frame]) -> tuple[FloatArray, FloatArray]:
        """Return the compositions, and the lowest energy per atom at each."""
        shares = np.array([self._shares_of(frame) for frame in training])
        energies = np.array([_energy(frame, number) for number, frame in enumerate(training)])
        unique, place = np.unique(np.round(shares, 9), axis=0, return_inverse=True)
        lowest = np.full(len(unique), np.inf)
        np.minimum.at(lowest, place.ravel(), energies)
        return unique, lowest

    def _hull_at(self, shares: FloatArray) -> float:
        """Return the lowest energy of a mixture of this composition; inf where there is none."""
        if abs(shares.sum() - 1.0) > _SAME:  # an element of no training frame
            return np.inf
        found = linprog(
            self._lowest, A_eq=self._shares.T, b_eq=shares, bounds=(0.0, None), method="highs"
        )
        return np.inf if found.fun is None else float(found.fun)


def weights_of_frames(
    training: Sequence[Frame], validation: Sequence[Frame], settings: LossWeights
) -> list[list[float]]:
    """Return the weights of training and of validation frames; none where all are 1.

    Parameters
    ----------
    training, validation
        Labelled frames.
    settings
        Of the fit.
    """
    if not settings.falls:
        return [[], []]
    weights = FrameWeights(training, settings)
    return [weights.of(frames).tolist() for frames in (training, validation)]


def _energy(frame: Frame, number: int) -> float:
    if frame.energy_ev is None or not np.isfinite(frame.energy_ev):
        raise InputError(
            f"frame {number} ({frame.formula}) has no finite energy, which its weight depends on; "
            "label it, or leave out half_above_hull_ev"
        )
    return frame.energy_ev_atom


def _force(frame: Frame, number: int) -> float:
    if frame.forces is None or not np.all(np.isfinite(frame.forces)):
        raise InputError(
            f"frame {number} ({frame.formula}) has no finite forces, which its weight depends on; "
            "label it, or leave out half_at_force_ev_a"
        )
    return float(np.sqrt(np.mean(np.sum(np.asarray(frame.forces) ** 2, axis=1))))
