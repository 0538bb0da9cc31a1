"""Errors of predicted labels against the reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from ase import units

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets.frames import FrameSet
from amorph_flows.errors import InputError


@dataclass(frozen=True)
class ErrorStatistics:
    """Root-mean-square and mean absolute errors of predicted labels.

    Energies count once a frame, forces once a component, stresses once for each of the nine
    components of the tensor, so that the root-mean-square errors do not depend on the axes.

    Parameters
    ----------
    n_frames
        Number of frames.
    energy_rmse_mev_atom, energy_mae_mev_atom
        Of the energy per atom, meV.
    force_rmse_ev_a, force_mae_ev_a
        Of the force components, eV/Å.
    stress_rmse_gpa, stress_mae_gpa
        Of the stress components, GPa; None where no frame has a reference stress.
    """

    n_frames: int
    energy_rmse_mev_atom: float
    energy_mae_mev_atom: float
    force_rmse_ev_a: float
    force_mae_ev_a: float
    stress_rmse_gpa: float | None = None
    stress_mae_gpa: float | None = None


def error_statistics(labelled: FrameSet, predicted: FrameSet) -> ErrorStatistics:
    """Return the errors of predicted labels.

    Parameters
    ----------
    labelled
        Frames with reference energies and forces; stresses where there are any.
    predicted
        The same configurations with predicted labels.

    Returns
    -------
    ErrorStatistics
        The errors.

    Raises
    ------
    InputError
        If there is no frame, the sets are not of the same configurations, or a label is missing.
    """
    _check(labelled, predicted)
    energies, forces, stresses = [], [], []
    for reference, guess in zip(labelled, predicted, strict=True):
        energies.append(((guess.energy_ev or 0.0) - (reference.energy_ev or 0.0)) / guess.n_atoms)
        if guess.forces is not None and reference.forces is not None:
            forces.append((guess.forces - reference.forces).ravel())
        if guess.stress is not None and reference.stress is not None:
            stresses.append((guess.stress - reference.stress).ravel())
    energy = 1e3 * np.array(energies)
    force = np.concatenate(forces)
    stress = np.concatenate(stresses) / units.GPa if stresses else None
    return ErrorStatistics(
        n_frames=len(labelled),
        energy_rmse_mev_atom=_rmse(energy),
        energy_mae_mev_atom=_mae(energy),
        force_rmse_ev_a=_rmse(force),
        force_mae_ev_a=_mae(force),
        stress_rmse_gpa=None if stress is None else _rmse(stress),
        stress_mae_gpa=None if stress is None else _mae(stress),
    )


def _check(labelled: FrameSet, predicted: FrameSet) -> None:
    if not len(labelled) or len(labelled) != len(predicted):
        raise InputError(
            f"{len(labelled)} labelled and {len(predicted)} predicted frames; give the same "
            "number of each, at least one"
        )
    for index, (reference, guess) in enumerate(zip(labelled, predicted, strict=True)):
        if not (reference.is_labelled and guess.is_labelled):
            raise InputError(f"frame {index} has no energy or no forces on one of the two sides")
        if not np.array_equal(reference.numbers, guess.numbers):
            raise InputError(f"frame {index} has different atoms in the two sets")


def _rmse(errors: FloatArray) -> float:
    return float(np.sqrt(np.mean(errors**2)))


def _mae(errors: FloatArray) -> float:
    return float(np.mean(np.abs(errors)))
