"""Labelled frames as rows of linear least squares: a triangle for each kind of labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt

import numpy as np
from ase.data import atomic_numbers

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets import Frame
from amorph_flows.errors import InputError
from amorph_flows.potentials.snap._lammps import SnapLammps
from amorph_flows.potentials.snap._least_squares import Triangle
from amorph_flows.potentials.snap._potential import SnapBasis
from amorph_flows.schemas.fits import LossWeights

ENERGY, FORCES, STRESS = "energy", "forces", "stress"
_FULL_TENSOR = np.sqrt([1.0, 1.0, 1.0, 2.0, 2.0, 2.0])


def weights_by_kind(weights: LossWeights) -> dict[str, float]:
    """Return the weight of each kind of labels.

    Parameters
    ----------
    weights
        As in the settings of a fit.
    """
    return {
        ENERGY: weights.energy_weight,
        FORCES: weights.force_weight,
        STRESS: weights.stress_weight,
    }


def check_labels(frames: Sequence[Frame], weights: LossWeights, what: str) -> None:
    """Refuse frames without the labels that have a weight; not every frame needs a stress.

    Parameters
    ----------
    frames
        The frames.
    weights
        Their weights.
    what
        What to call them in errors.

    Raises
    ------
    InputError
        If there is no weight, or a frame lacks a label or has one that is not a number.
    """
    if not any(weights_by_kind(weights).values()):
        raise InputError("energy_weight, force_weight and stress_weight are all 0; give one")
    for number, frame in enumerate(frames):
        if frame.energy_ev is None or not np.isfinite(frame.energy_ev):
            raise InputError(f"{what} frame {number} ({frame.formula}) has no finite energy")
        if weights.force_weight > 0 and (
            frame.forces is None or not np.all(np.isfinite(frame.forces))
        ):
            raise InputError(
                f"{what} frame {number} ({frame.formula}) has no finite forces; label them, or set "
                f"force_weight, which is {weights.force_weight}, to 0"
            )


def lone_atom_energies(frames: Sequence[Frame], species: Sequence[str]) -> FloatArray:
    """Return the energy of each element that fits the frames best without any interaction, eV.

    Parameters
    ----------
    frames
        With energies.
    species
        Element symbols.
    """
    numbers = [atomic_numbers[symbol] for symbol in species]
    shares = np.array([[np.mean(frame.numbers == z) for z in numbers] for frame in frames])
    found = np.linalg.lstsq(shares, [frame.energy_ev_atom for frame in frames], rcond=None)[0]
    return np.asarray(found)


def triangles(
    basis: SnapBasis,
    frames: Sequence[Frame],
    lone: FloatArray,
    weights: LossWeights,
    of_frames: FloatArray,
    progress: Callable[[int], None] = lambda _: None,
) -> dict[str, FloatArray]:
    """Return the triangle of each kind of labels that has a weight.

    With n frames of N atoms, ``|A x - b|²`` of a triangle is the mean over frames, each times its
    own weight, of ``dE² / N²``, of ``sum |dF|² / N`` or of ``|dW|² / N²`` with W the volume times
    the stress, as in MLIP-2.

    Parameters
    ----------
    basis
        The basis.
    frames
        Labelled frames.
    lone
        Energy of a lone atom of each species, which is taken off the labels, eV.
    weights
        Kinds without a weight are left out.
    of_frames
        Weight of each frame, shape ``(n_frames,)``.
    progress
        Told the number of frames that are done.
    """
    found = {
        kind: Triangle(basis.n_parameters)
        for kind, weight in weights_by_kind(weights).items()
        if weight > 0.0
    }
    lammps = SnapLammps(basis)
    for number, frame in enumerate(frames):
        _add_frame(found, lammps, frame, lone, sqrt(of_frames[number] / len(frames)))
        progress(number + 1)
    return {kind: triangle.matrix() for kind, triangle in found.items()}


def _add_frame(
    found: dict[str, Triangle], lammps: SnapLammps, frame: Frame, lone: FloatArray, share: float
) -> None:
    energy, forces, virial, turn = lammps.rows(frame.to_atoms())
    per_atom = share / frame.n_atoms
    if ENERGY in found and frame.energy_ev is not None:
        counts = energy.reshape(len(lone), -1)[:, 0]
        label = frame.energy_ev - counts @ lone
        found[ENERGY].add(energy[None] * per_atom, np.array([label * per_atom]))
    if FORCES in found and frame.forces is not None:
        scale = share / sqrt(frame.n_atoms)
        found[FORCES].add(forces * scale, (frame.forces @ turn.T).ravel() * scale)
    if STRESS in found and frame.stress is not None:
        volume = abs(np.linalg.det(frame.cell))
        work = -volume * (turn @ frame.stress @ turn.T)[[0, 1, 2, 1, 0, 0], [0, 1, 2, 2, 2, 1]]
        scales = _FULL_TENSOR * per_atom
        found[STRESS].add(virial * scales[:, None], work * scales)
