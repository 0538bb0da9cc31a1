"""The fit of an ACE: its input for pacemaker, and what comes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from ase.data import chemical_symbols

from amorph_flows.datasets import FrameSet
from amorph_flows.errors import InputError
from amorph_flows.potentials.ace._file import B_BASIS_FILE, YACE_FILE
from amorph_flows.potentials.environments.frames import frames_file
from amorph_flows.potentials.environments.installed import find_installed
from amorph_flows.potentials.environments.pins import ACE
from amorph_flows.potentials.environments.task import run_task
from amorph_flows.potentials.learned import Fit, UnfinishedFitError
from amorph_flows.schemas.fits import ACESettings
from amorph_flows.schemas.potential import PotentialDoc

FOLDER = "ace"
_MODEL = ("cutoff", "powers", "functions_per_element")


def train(
    training: FrameSet,
    validation: FrameSet,
    settings: ACESettings,
    start: PotentialDoc | None,
    method: Path,
) -> Fit:
    """Return a potential fitted by pacemaker.

    Parameters
    ----------
    training, validation, settings, start
        As `LearnedBackend.fit` takes them.
    method
        The script that python-ace's environment runs.

    Raises
    ------
    InputError
        If frames lack labels, or the start is of another basis.
    UnfinishedFitError
        If the queue job is about to end.
    """
    species = _species(training, start, settings)
    held_out = validation.labelled()
    _check_elements(held_out, species)
    installed = find_installed(ACE)
    alone = _lone_atoms(training, species, start)
    files = {"training.npz": frames_file(training), "validation.npz": frames_file(held_out)}
    if start is not None:
        files["start.yaml"] = start.files[B_BASIS_FILE]
    folder = Path.cwd() / FOLDER
    asked: dict[str, Any] = {
        **settings.model_dump(exclude={"max_seconds", "choose_on", "backend"}),
        "kappa": settings.kappa,
        "elements": sorted(species),
        "reference_energies": alone,
        "validated": len(held_out) > 0,
        "start": start is not None,
    }
    end = run_task(
        installed,
        method,
        "fit",
        folder,
        asked,
        files=files,
        max_seconds=settings.max_seconds,
        note="step of pacemaker",
        threads=settings.threads,
    )
    if end.ended == "walltime":
        raise UnfinishedFitError(
            f"the queue job was too short for the fit in {folder}; run it again"
        )
    return Fit(
        files={name: (folder / name).read_bytes() for name in (YACE_FILE, B_BASIS_FILE)},
        species=species,
        n_parameters=end.result["parameters"],
        cpu_seconds=end.cpu_seconds,
        history=end.history,
        ended="time" if end.ended == "time" else end.result["ended"],
        reference_energies_ev=alone,
        versions=dict(installed.method_versions),
    )


def _species(training: FrameSet, start: PotentialDoc | None, settings: ACESettings) -> list[str]:
    if not len(training):
        raise InputError("there are no frames to fit a potential to")
    for index, frame in enumerate(training):
        if not frame.is_labelled:
            raise InputError(f"training frame {index} has no energy or no forces; label it first")
    numbers = np.unique(np.concatenate([frame.numbers for frame in training]))
    held = [chemical_symbols[number] for number in numbers]
    if start is None:
        return held
    if not isinstance(start.settings, ACESettings) or B_BASIS_FILE not in start.files:
        raise InputError(
            f"the potential to start from has no {B_BASIS_FILE}: it is no ACE potential, or came "
            "without its B-basis"
        )
    for name in _MODEL:
        old, new = getattr(start.settings, name), getattr(settings, name)
        if old != new:
            raise InputError(
                f"the potential to start from has another basis: its {name} is {old}, not {new}"
            )
    return [*start.species, *(element for element in held if element not in start.species)]


def _check_elements(validation: FrameSet, species: list[str]) -> None:
    held = {chemical_symbols[number] for frame in validation for number in frame.numbers}
    if foreign := sorted(held - set(species)):
        raise InputError(
            f"validation frames hold {', '.join(foreign)}, which no training frame has"
        )


def _lone_atoms(
    training: FrameSet, species: list[str], start: PotentialDoc | None
) -> dict[str, float]:
    """Return a constant energy for an atom of each element, by least squares, eV.

    Those of a potential to start from are kept, since its functions were fitted beside them.
    """
    known = {} if start is None else start.reference_energies_ev
    counts = np.array(
        [[s.count(element) for element in species] for s in map(_symbols, training)], dtype=float
    )
    energies = np.array([frame.energy_ev for frame in training], dtype=float)
    fixed = np.array([known.get(element, 0.0) for element in species])
    free = [i for i, element in enumerate(species) if element not in known]
    if free:
        rest = energies - counts @ fixed
        fixed[free] = np.linalg.lstsq(counts[:, free], rest, rcond=None)[0]
    return {element: float(energy) for element, energy in zip(species, fixed, strict=True)}


def _symbols(frame: Any) -> list[str]:
    return [chemical_symbols[number] for number in frame.numbers]
