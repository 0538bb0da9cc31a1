"""Errors of predicted labels against the reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    energy_rmse_error_mev_atom, force_rmse_error_ev_a, stress_rmse_error_gpa
        Standard errors of the root-mean-square errors, as of a sample of independent frames:
        linearised ratio estimator (W. G. Cochran, Sampling Techniques, 3rd ed., section 2.11).
        Frames of one run resemble each other, so that they are too small rather than too large.
        None with fewer than two frames.
    energy_mae_error_mev_atom, force_mae_error_ev_a, stress_mae_error_gpa
        The same of the mean absolute errors.
    """

    n_frames: int
    energy_rmse_mev_atom: float
    energy_mae_mev_atom: float
    force_rmse_ev_a: float
    force_mae_ev_a: float
    stress_rmse_gpa: float | None = None
    stress_mae_gpa: float | None = None
    energy_rmse_error_mev_atom: float | None = None
    force_rmse_error_ev_a: float | None = None
    stress_rmse_error_gpa: float | None = None
    energy_mae_error_mev_atom: float | None = None
    force_mae_error_ev_a: float | None = None
    stress_mae_error_gpa: float | None = None


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
        error_ev = (guess.energy_ev or 0.0) - (reference.energy_ev or 0.0)
        energies.append(np.array([1e3 * error_ev / guess.n_atoms]))
        if guess.forces is not None and reference.forces is not None:
            forces.append((guess.forces - reference.forces).ravel())
        if guess.stress is not None and reference.stress is not None:
            stresses.append((guess.stress - reference.stress).ravel() / units.GPa)
    return ErrorStatistics(
        n_frames=len(labelled),
        energy_rmse_mev_atom=_rmse(energies),
        energy_mae_mev_atom=_mae(energies),
        force_rmse_ev_a=_rmse(forces),
        force_mae_ev_a=_mae(forces),
        stress_rmse_gpa=_rmse(stresses) if stresses else None,
        stress_mae_gpa=_mae(stresses) if stresses else None,
        energy_rmse_error_mev_atom=_rmse_error(energies),
        force_rmse_error_ev_a=_rmse_error(forces),
        stress_rmse_error_gpa=_rmse_error(stresses),
        energy_mae_error_mev_atom=_mean_error(energies, np.abs),
        force_mae_error_ev_a=_mean_error(forces, np.abs),
        stress_mae_error_gpa=_mean_error(stresses, np.abs),
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


def _rmse(errors: Sequence[FloatArray]) -> float:
    return float(np.sqrt(np.mean(np.concatenate(errors) ** 2)))


def _mae(errors: Sequence[FloatArray]) -> float:
    return float(np.mean(np.abs(np.concatenate(errors))))


def _rmse_error(errors: Sequence[FloatArray]) -> float | None:
    """Return the standard error of a root-mean-square error, one array for each frame."""
    of_square = _mean_error(errors, np.square)
    if of_square is None:
        return None
    return of_square / (2 * _rmse(errors)) if of_square else 0.0


def _mean_error(
    errors: Sequence[FloatArray], of: Callable[[FloatArray], FloatArray]
) -> float | None:
    """Return the standard error of the mean of a function of errors, one array for each frame."""
    n = len(errors)
    if n < 2:
        return None
    sizes = np.array([len(of_frame) for of_frame in errors])
    sums = np.array([np.sum(of(of_frame)) for of_frame in errors])
    residuals = sums - sums.sum() / sizes.sum() * sizes
    return float(np.sqrt(n / (n - 1) * np.sum(residuals**2)) / sizes.sum())
