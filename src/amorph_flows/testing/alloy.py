"""A small task for backends of potentials: Cu-Au cells with labels of effective medium theory."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.calculators.emt import EMT

from amorph_flows.datasets import Frame, FrameSet, Provenance
from amorph_flows.potentials import Fit, LearnedBackend, get_learned_backend
from amorph_flows.schemas.fits import FitSettings, MTPSettings, settings_type
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.schemas.potential import PotentialDoc

_N_TRAINING = 20
MTP_SETTINGS = MTPSettings(level=6, cutoff=4.5, radial_size=6, max_steps=60, seed=1)
"""A moment tensor potential that is fitted to the small task within seconds."""


def alloy_frames(n_frames: int, seed: int, rattle_a: float = 0.15) -> FrameSet:
    """Return strained and rattled cells of four or eight Cu and Au atoms with EMT labels.

    Parameters
    ----------
    n_frames
        How many.
    seed
        Seed of strains, displacements and occupations.
    rattle_a
        Standard deviation of the displacements, Å.
    """
    rng = np.random.default_rng(seed)
    frames = []
    for index in range(n_frames):
        atoms = bulk("Cu", "fcc", a=3.85, cubic=True).repeat((1, 1, 1 + index % 2))
        atoms.numbers[rng.random(len(atoms)) < 0.5] = 79
        strain = np.eye(3) + rng.uniform(-0.04, 0.04, (3, 3))
        atoms.set_cell(atoms.cell @ strain, scale_atoms=True)
        atoms.positions += rng.normal(0.0, rattle_a, atoms.positions.shape)
        frames.append(alloy_frame(atoms, step=index))
    return FrameSet(frames)


def alloy_frame(atoms: Atoms, step: int = 0) -> Frame:
    """Return a frame with the energy, forces and stress of effective medium theory.

    Parameters
    ----------
    atoms
        Of the metals that EMT knows.
    step
        For the provenance.
    """
    atoms = atoms.copy()
    atoms.calc = EMT()
    atoms.get_forces()
    atoms.get_stress()
    return Frame.from_atoms(atoms, Provenance(stage="test", run="alloy", step=step))


@dataclass(frozen=True)
class Task:
    """A fitted potential and the frames that it was fitted to."""

    backend: LearnedBackend
    fit: Fit
    doc: PotentialDoc
    training: FrameSet
    validation: FrameSet


def fitted(settings: FitSettings) -> Task:
    """Return a potential fitted to the small task, once a process.

    Parameters
    ----------
    settings
        How it is fitted; they name the backend.
    """
    return _fitted(json.dumps(settings.model_dump()))


@cache
def _fitted(stored: str) -> Task:
    fields = json.loads(stored)
    settings = settings_type(fields["backend"]).model_validate(fields)
    assert isinstance(settings, FitSettings)
    backend = get_learned_backend(settings.backend)
    training, validation = alloy_frames(_N_TRAINING, seed=0), alloy_frames(4, seed=1)
    fit = backend.fit(training, validation, settings)
    doc = document(backend, fit, training, settings)
    return Task(backend, fit, doc, training, validation)


def document(
    backend: LearnedBackend, fit: Fit, training: FrameSet, settings: FitSettings
) -> PotentialDoc:
    """Return the document of a fit, with the files of its grades.

    Parameters
    ----------
    backend
        What made the fit.
    fit
        The fit.
    training
        Its training frames.
    settings
        How it was fitted.
    """
    graded_by = backend.grade_files(fit, training, settings)
    return PotentialDoc(
        species=fit.species,
        settings=settings,
        engine=EngineInfo(name="EMT", settings_hash="emt", surrogate=True),
        files=fit.files | graded_by,
        grade_files=sorted(graded_by),
        reference_energies_ev=fit.reference_energies_ev,
        n_parameters=fit.n_parameters,
        n_training_frames=len(training),
        errors={},
        training_cpu_seconds=fit.cpu_seconds,
    )


def predicted(task: Task, frames: FrameSet) -> FrameSet:
    """Return frames with the potential's labels, by one calculator for all.

    Parameters
    ----------
    task
        The potential.
    frames
        Any frames.
    """
    return frames.labelled_by(task.backend.calculator(task.doc))


def squeezed(frame: Frame, factor: float) -> Frame:
    """Return an unlabelled frame with all lengths multiplied."""
    return Frame(frame.numbers, frame.positions * factor, frame.cell * factor)
