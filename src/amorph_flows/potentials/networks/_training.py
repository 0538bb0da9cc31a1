"""The training of a committee of networks, each by a process of the method's environment."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from amorph_flows.datasets import FrameSet
from amorph_flows.errors import InputError
from amorph_flows.potentials.environments.frames import frames_file
from amorph_flows.potentials.environments.installed import Installed
from amorph_flows.potentials.environments.task import TaskEnd, run_task
from amorph_flows.potentials.frame_weights import weights_of_frames
from amorph_flows.potentials.learned import Fit, UnfinishedFitError
from amorph_flows.potentials.training_frames import (
    check_elements,
    elements_of,
    lone_atoms,
    require_labels,
)
from amorph_flows.schemas.fits import NetworkSettings
from amorph_flows.schemas.potential import PotentialDoc

LOOP = Path(__file__).with_name("_loop.py")
_NOT_THE_TASKS = {"backend", "members", "max_seconds", "choose_on", "replay"}
_SEEDS_APART = 1_000_003


@dataclass(frozen=True)
class Training:
    """What a committee is trained on, and with what.

    Parameters
    ----------
    method
        Folder of the method's script.
    suffix
        Of its files, such as ``".model"``.
    installed
        Its environment.
    settings
        Of the fit.
    training, validation
        Labelled frames.
    start
        What to go on from.
    given
        The file of a model to begin with; None: there is none.
    is_foundation
        Whether a fit without a start begins with trained weights.
    replay
        Frames on which the network is to stay as it is.
    """

    method: str
    suffix: str
    installed: Installed
    settings: NetworkSettings
    training: FrameSet
    validation: FrameSet
    start: PotentialDoc | None = None
    given: bytes | None = None
    is_foundation: bool = False
    replay: FrameSet = field(default_factory=FrameSet)

    def fit(self) -> Fit:
        """Return the networks, that of the potential first.

        Raises
        ------
        UnfinishedFitError
            If the queue job is about to end; what was trained is in the current folder.
        """
        species = elements_of(self.training, self.start.species if self.start is not None else ())
        alone = lone_atoms(self.training, species, self._kept())
        began = time.monotonic()

        def member(number: int) -> TaskEnd:
            left = self.settings.max_seconds - (time.monotonic() - began)
            return self._train(number, species, alone, max(left, 0.0))

        with ThreadPoolExecutor(self._at_once()) as pool:
            ends = list(pool.map(member, range(self.settings.members)))
        folder = self._folder(0).parent
        if any(end.ended == "walltime" for end in ends):
            raise UnfinishedFitError(
                f"the queue job was too short for the fit in {folder}; run it again"
            )
        names = [self.file(number) for number in range(self.settings.members)]
        out_of_time = any(end.ended == "time" for end in ends)
        return Fit(
            files={name: (self._folder(n) / name).read_bytes() for n, name in enumerate(names)},
            species=species,
            n_parameters=ends[0].result["parameters"],
            cpu_seconds=sum(end.cpu_seconds for end in ends),
            history=ends[0].history,
            ended="time" if out_of_time else ends[0].result["ended"],
            reference_energies_ev=ends[0].result["reference_energies"],
            versions=dict(self.installed.method_versions),
        )

    def file(self, number: int) -> str:
        """Return the name of the file of a member."""
        return member_file(self.method, self.suffix, number)

    @cached_property
    def _frames(self) -> dict[str, bytes]:
        return {
            "training.npz": frames_file(self.training),
            "validation.npz": frames_file(self.validation),
            "replay.npz": frames_file(self.replay),
        }

    @cached_property
    def _of_frames(self) -> list[list[float]]:
        return weights_of_frames(self.training, self.validation, self.settings)

    def _folder(self, number: int) -> Path:
        return Path.cwd() / self.method / f"member{number}"

    def _at_once(self) -> int:
        if self.settings.device != "cpu":
            return 1
        return max(1, len(os.sched_getaffinity(0)) // self.settings.threads)

    def _kept(self) -> Mapping[str, float]:
        return self.start.reference_energies_ev if self.start is not None else {}

    def _begin(self, number: int, species: list[str]) -> tuple[bytes | None, bool]:
        """Return the file that a member begins with, and whether it is a foundation model's.

        That of the start is taken if it has all elements.
        """
        if self.start is not None and self.start.species == species:
            held = self.start.files.get(self.file(number))
            if held is not None:
                return held, False
        return self.given, self.is_foundation

    def _train(
        self, number: int, species: list[str], alone: Mapping[str, float], max_seconds: float
    ) -> TaskEnd:
        settings = self.settings
        begin, is_foundation = self._begin(number, species)
        asked: dict[str, Any] = {
            **settings.model_dump(mode="json", exclude=_NOT_THE_TASKS),
            "method": self.method,
            "file": self.file(number),
            "species": species,
            "reference_energies": dict(alone),
            "seed": settings.seed + _SEEDS_APART * number,
            "start": "" if begin is None else "start",
            "is_foundation": is_foundation,
            "of_frames": self._of_frames,
        }
        files = self._frames if begin is None else {**self._frames, "start": begin}
        return run_task(
            self.installed,
            LOOP,
            "fit",
            self._folder(number),
            asked,
            files=files,
            max_seconds=max_seconds,
            note=f"epoch of network {number + 1} of {settings.members}",
            threads=settings.threads,
        )


def member_file(method: str, suffix: str, number: int) -> str:
    """Return the name of the file of a member.

    Parameters
    ----------
    method
        Name of the method.
    suffix
        Of its files.
    number
        Of the member; 0 is the potential itself.
    """
    return f"{method}{number}{suffix}"


def checked(training: FrameSet, validation: FrameSet, start: PotentialDoc | None) -> FrameSet:
    """Return the labelled validation frames, once all frames can be fitted.

    Parameters
    ----------
    training, validation, start
        As `LearnedBackend.fit` takes them.

    Raises
    ------
    InputError
        If training frames lack labels, or validation frames hold other elements.
    """
    require_labels(training)
    held_out = validation.labelled()
    check_elements(held_out, elements_of(training, start.species if start is not None else ()))
    return held_out


def require_same_model(start: PotentialDoc, settings: NetworkSettings, file: str) -> None:
    """Refuse a start of another model.

    Parameters
    ----------
    start
        The potential.
    settings
        Of the fit.
    file
        What the start has to hold.

    Raises
    ------
    InputError
        If it is no potential of this method, or one with another architecture.
    """
    if not isinstance(start.settings, type(settings)) or file not in start.files:
        raise InputError(f"the potential to start from has no {file}: it is of another method")
    for name in settings.architecture:
        old, new = getattr(start.settings, name), getattr(settings, name)
        if old != new:
            raise InputError(
                f"the potential to start from has another basis: its {name} is {old}, not {new}"
            )
