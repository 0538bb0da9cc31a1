"""A small task for backends of potentials: Cu-Au cells with labels of effective medium theory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from ase import Atoms
from ase.build import bulk
from ase.calculators.emt import EMT

from amorph_flows.datasets import Frame, FrameSet, Provenance
from amorph_flows.potentials import Fit, LearnedBackend, get_learned_backend
from amorph_flows.schemas.labelling import EngineInfo
from amorph_flows.schemas.potential import FitSettings, PotentialDoc

_N_TRAINING = 20
SETTINGS = FitSettings(level=6, cutoff=4.5, radial_size=6, max_steps=60, seed=1)


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


@cache
def fitted(name: str) -> Task:
    """Return the potential of a backend fitted to the small task, once a process.

    Parameters
    ----------
    name
        The backend.
    """
    backend = get_learned_backend(name)
    training, validation = alloy_frames(_N_TRAINING, seed=0), alloy_frames(4, seed=1)
    fit = backend.fit(training, validation, SETTINGS)
    return Task(backend, fit, document(backend, fit, training), training, validation)


def document(backend: LearnedBackend, fit: Fit, training: FrameSet) -> PotentialDoc:
    """Return the document of a fit, with its active set.

    Parameters
    ----------
    backend
        What made the fit.
    fit
        The fit.
    training
        Its training frames.
    """
    active = backend.active_set(fit.potential, fit.species, training)
    return PotentialDoc(
        backend=backend.name,
        species=fit.species,
        settings=SETTINGS,
        engine=EngineInfo(name="EMT", settings_hash="emt", surrogate=True),
        files={"potential": fit.potential, "active_set": active},
        sha256="",
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
    calculator = task.backend.calculator(task.doc)
    results = []
    for frame in frames:
        atoms = frame.to_atoms()
        atoms.calc = calculator
        calculator.calculate(atoms, ["energy", "forces", "stress"])
        results.append(Frame.from_atoms(atoms))
    return FrameSet(results)


def squeezed(frame: Frame, factor: float) -> Frame:
    """Return an unlabelled frame with all lengths multiplied."""
    return Frame(frame.numbers, frame.positions * factor, frame.cell * factor)
