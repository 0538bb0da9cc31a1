"""Proper orthogonal descriptors as a backend."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import ClassVar

import numpy as np
from typing_extensions import override

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets import FrameSet
from amorph_flows.errors import CalculationError
from amorph_flows.potentials.base import register
from amorph_flows.potentials.d_optimality import Gradients
from amorph_flows.potentials.in_process import LammpsCalculator, NativeBackend
from amorph_flows.potentials.learned import Fit, require_settings
from amorph_flows.potentials.pod._lammps import PODLammps
from amorph_flows.potentials.pod._potential import PODBasis, PODPotential, parse_pod
from amorph_flows.potentials.pod._training import train
from amorph_flows.potentials.training_frames import (
    check_elements,
    elements_of,
    energy_of_lone_atoms,
    lone_atoms,
    require_all,
    require_labels,
)
from amorph_flows.runtime.cpu_time import cpu_seconds
from amorph_flows.schemas.fits import FitSettings, PODSettings
from amorph_flows.schemas.potential import PotentialDoc

FOLDER = "pod"
_LOSS_FRAMES = 20


@register
class PODBackend(NativeBackend[PODPotential]):
    """Linear in the proper orthogonal descriptors; LAMMPS has the fit and the pair style."""

    name: ClassVar[str] = "pod"
    settings_type: ClassVar[type[FitSettings]] = PODSettings
    parse = staticmethod(parse_pod)

    @override
    def fit(
        self,
        training: FrameSet,
        validation: FrameSet,
        settings: FitSettings,
        start: PotentialDoc | None = None,
    ) -> Fit:
        """Fit by ``fitpod`` in the folder ``pod`` of the current one; each fit starts anew.

        Stresses are not fitted; the validation frames choose nothing.
        """
        asked = require_settings(settings, PODSettings)
        require_labels(training)
        species = elements_of(training, start.species if start is not None else ())
        require_all(training, species)
        check_elements(validation, species)
        self.check()
        began = cpu_seconds()
        alone = lone_atoms(training, species)
        potential = train(training, alone, asked, Path.cwd() / FOLDER)
        loss = _checked_loss(potential, training, alone, asked)
        used = cpu_seconds() - began
        return Fit(
            files=potential.files(),
            species=species,
            n_parameters=potential.coefficients.size,
            cpu_seconds=used,
            history=[(used, loss)],
            reference_energies_ev=potential.reference_energies_ev,
            versions={"lammps": version("lammps")},
        )

    @override
    def graded_by(
        self, files: dict[str, bytes], species: list[str]
    ) -> tuple[FloatArray, Gradients]:
        """Return constants and descriptors."""
        potential = self.potential(files)
        lammps = _instance(potential.basis)
        return potential.coefficients.ravel(), lambda frame: lammps.atom_rows(frame.to_atoms())


def _checked_loss(
    potential: PODPotential, training: FrameSet, alone: dict[str, float], settings: PODSettings
) -> float:
    """Return the loss of some training frames; refuse one that is no better than no interaction.

    ``fitpod`` does not say whether it could solve its equations.
    """
    frames = training[:: max(1, len(training) // _LOSS_FRAMES)]
    fitted, without = [], []
    for frame, guess in zip(frames, frames.labelled_by(LammpsCalculator(potential)), strict=True):
        energy, forces = float(frame.energy_ev or 0.0), np.asarray(frame.forces)
        wrong = energy - float(guess.energy_ev or 0.0), forces - np.asarray(guess.forces)
        fitted.append(_loss(*wrong, settings))
        without.append(_loss(energy - energy_of_lone_atoms(frame, alone), forces, settings))
    loss, none = float(np.mean(fitted)), float(np.mean(without))
    if not loss < none:
        raise CalculationError(
            f"fitpod could not solve its equations: the loss of training frames is {loss:.3g}, "
            f"and {none:.3g} without any interaction; raise ridge ({settings.ridge:g}), or give "
            "fewer functions or more frames"
        )
    return loss


def _loss(energy_ev: float, forces_ev_a: FloatArray, settings: PODSettings) -> float:
    """Return the loss of a frame of these errors."""
    n_atoms = len(forces_ev_a)
    return (
        settings.energy_weight * (energy_ev / n_atoms) ** 2
        + settings.force_weight * float(np.sum(forces_ev_a**2)) / n_atoms
    )


@lru_cache(maxsize=4)
def _instance(basis: PODBasis) -> PODLammps:
    return PODLammps(basis)
