"""The fit of an ACE: its input for pacemaker, and what comes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from amorph_flows.datasets import FrameSet
from amorph_flows.errors import InputError
from amorph_flows.potentials.ace._file import B_BASIS_FILE, YACE_FILE
from amorph_flows.potentials.environments.frames import frames_file
from amorph_flows.potentials.environments.installed import find_installed
from amorph_flows.potentials.environments.pins import ACE
from amorph_flows.potentials.environments.task import run_task
from amorph_flows.potentials.frame_weights import weights_of_frames
from amorph_flows.potentials.learned import Fit, UnfinishedFitError
from amorph_flows.potentials.training_frames import (
    check_elements,
    elements_of,
    lone_atoms,
    require_labels,
)
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
    check_elements(held_out, species)
    installed = find_installed(ACE)
    # those of the start are kept, since its functions were fitted beside them
    alone = lone_atoms(training, species, start.reference_energies_ev if start is not None else {})
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
        "of_frames": weights_of_frames(training, held_out, settings),
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
    require_labels(training)
    if start is None:
        return elements_of(training)
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
    return elements_of(training, start.species)
