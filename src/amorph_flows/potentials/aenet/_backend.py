"""Atomic energy networks: trained and run by AENET's programs, graded by a committee."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from ase.calculators.calculator import Calculator
from ase.neighborlist import neighbor_list
from typing_extensions import override

from amorph_flows.datasets.frames import FrameSet
from amorph_flows.errors import InputError
from amorph_flows.hashes import sha256_of_files
from amorph_flows.potentials.aenet._calculator import AENETCalculator, Answered
from amorph_flows.potentials.aenet._input import network_name
from amorph_flows.potentials.aenet._training import train
from amorph_flows.potentials.base import register
from amorph_flows.potentials.committee import CommitteeBackend
from amorph_flows.potentials.learned import Fit, require_settings
from amorph_flows.potentials.requirements import check_aenet
from amorph_flows.potentials.stored import check_files
from amorph_flows.potentials.training_frames import (
    check_elements,
    elements_of,
    lone_atoms,
    require_all,
    require_labels,
)
from amorph_flows.schemas.fits import AENETSettings, FitSettings
from amorph_flows.schemas.potential import PotentialDoc

FOLDER = "aenet"
_NO_FRAMES_ERROR_EV_A = 0.3


@register
class AENETBackend(CommitteeBackend):
    """Atomic energy networks, trained on energies alone.

    Each member of the committee begins with other weights and sets other frames aside, as the clock
    has it: train.x takes no seed.
    """

    name: ClassVar[str] = "aenet"
    settings_type: ClassVar[type[FitSettings]] = AENETSettings
    licence: ClassVar[str] = "MPL-2.0"

    @override
    def check(self) -> None:
        check_aenet()

    @override
    def fit(
        self,
        training: FrameSet,
        validation: FrameSet,
        settings: FitSettings,
        start: PotentialDoc | None = None,
    ) -> Fit:
        """Train in the folder ``aenet`` of the current one; each fit starts anew."""
        asked = require_settings(settings, AENETSettings)
        require_labels(training)
        species = elements_of(training, start.species if start is not None else ())
        require_all(training, species)
        check_elements(validation, species)
        _require_distances(training, asked.min_distance)
        check_aenet()
        return train(training, lone_atoms(training, species), asked, Path.cwd() / FOLDER)

    @override
    def grade_files(self, fit: Fit, training: FrameSet, settings: FitSettings) -> dict[str, bytes]:
        """Return what the spread of forces means; training frames tell, whose forces are unused."""
        if not len(training):
            raise InputError("there are no frames; grades need training frames")
        return super().grade_files(fit, training, settings)

    @override
    def members(
        self,
        files: dict[str, bytes],
        species: list[str],
        settings: FitSettings,
        frames: FrameSet,
    ) -> list[Answered]:
        """Return the networks, which predict.x has asked about all frames at once."""
        return [Answered(member, frames) for member in _members(files, species)]

    @override
    def fingerprint(self, files: dict[str, bytes]) -> str:
        return sha256_of_files({name: files[name] for name in files if name.endswith(".nn")})

    @override
    def unlabelled_error_ev_a(self, settings: FitSettings) -> float:
        return _NO_FRAMES_ERROR_EV_A

    @override
    def calculator(self, doc: PotentialDoc) -> Calculator:
        """Return a calculator that asks predict.x."""
        check_files(doc)
        check_aenet()
        return _members(doc.files, doc.species)[0]


def _members(files: dict[str, bytes], species: list[str]) -> list[AENETCalculator]:
    members: list[AENETCalculator] = []
    while all(network_name(element, len(members)) in files for element in species):
        members.append(AENETCalculator(files, list(species), len(members)))
    if not members:
        raise InputError(
            f"the AENET potential lacks networks of {', '.join(species)}; it has only "
            f"{', '.join(files) or 'no file'}"
        )
    return members


def _require_distances(training: FrameSet, least: float) -> None:
    for index, frame in enumerate(training):
        distances = neighbor_list("d", frame.to_atoms(), least)
        if len(distances):
            raise InputError(
                f"training frame {index} has atoms {distances.min():.2f} Å apart, closer than "
                f"min_distance ({least} Å), which AENET cannot do; remove it or lower min_distance"
            )
