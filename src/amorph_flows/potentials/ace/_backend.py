"""ACE potentials: fitted by pacemaker, graded by gamma, run by python-ace or by LAMMPS."""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from ase.calculators.calculator import Calculator
from typing_extensions import override

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets import FrameSet
from amorph_flows.datasets.selection import additions
from amorph_flows.errors import InputError
from amorph_flows.hashes import sha256_of
from amorph_flows.potentials.ace._file import (
    ACTIVE_SET_FILE,
    B_BASIS_FILE,
    ORIGIN_FILE,
    YACE_FILE,
)
from amorph_flows.potentials.ace._training import train
from amorph_flows.potentials.ace.plugin import find_plugin
from amorph_flows.potentials.base import GradeSettings, PairStyle, register, require_elements
from amorph_flows.potentials.environments.frames import frames_file
from amorph_flows.potentials.environments.installed import find_installed
from amorph_flows.potentials.environments.pins import ACE, ACE_EVALUATE
from amorph_flows.potentials.environments.server import MethodServer, ServedCalculator
from amorph_flows.potentials.environments.task import run_task
from amorph_flows.potentials.learned import Fit, LearnedBackend, require_settings
from amorph_flows.potentials.requirements import check_ace
from amorph_flows.potentials.stored import check_files
from amorph_flows.schemas.fits import ACESettings, FitSettings
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.settings import Settings

METHOD = Path(__file__).with_name("_method.py")


@register
class ACEBackend(LearnedBackend):
    """The atomic cluster expansion; python-ace's licence allows no commercial use.

    Fits need the environment ``ace``; evaluation and grades do with ``ace-evaluate``.
    """

    name: ClassVar[str] = "ace"
    settings_type: ClassVar[type[FitSettings]] = ACESettings
    licence: ClassVar[str] = ACE.terms

    @override
    def check(self) -> None:
        check_ace()

    @override
    def fit(
        self,
        training: FrameSet,
        validation: FrameSet,
        settings: FitSettings,
        start: PotentialDoc | None = None,
    ) -> Fit:
        """Fit by pacemaker in the folder ``ace`` of the current one.

        Energies of lone atoms are constants fitted beforehand; they are in the potential's file.
        """
        return train(training, validation, require_settings(settings, ACESettings), start, METHOD)

    @override
    def grade_files(self, fit: Fit, training: FrameSet, settings: FitSettings) -> dict[str, bytes]:
        """Return the active set, as python-ace and LAMMPS's ``pace/extrapolation`` read it."""
        content = fit.files.get(B_BASIS_FILE)
        if content is None:
            raise InputError(
                "the ACE potential came without its B-basis, so it has no grades; give the .yaml "
                "file that it was converted from to ace_potential"
            )
        if not len(training):
            raise InputError("there are no frames; an active set needs training frames")
        with tempfile.TemporaryDirectory(prefix="amorph-ace-") as name:
            folder = Path(name)
            files = {B_BASIS_FILE: content, "training.npz": frames_file(training)}
            run_task(_evaluator(), METHOD, "activate", folder, {}, files=files, note="active set")
            active = (folder / ACTIVE_SET_FILE).read_bytes()
        return {ACTIVE_SET_FILE: active, ORIGIN_FILE: sha256_of(content).encode()}

    @override
    def calculator(self, doc: PotentialDoc) -> Calculator:
        """Return python-ace's calculator, in a process of its own."""
        held = _file(doc, YACE_FILE)
        check_files(doc)
        server = MethodServer(_evaluator(), METHOD, {YACE_FILE: held}, {})
        return ServedCalculator(server, doc.species)

    @override
    def pair_style(
        self, doc: PotentialDoc, elements: list[str], directory: Path, grade: GradeSettings | None
    ) -> PairStyle:
        """Write the potential into a folder and return LAMMPS's input lines.

        There are none where LAMMPS has no pair style of ACE, neither its own nor our plugin: it
        then gets its forces and grades from python-ace, on one rank.
        """
        require_elements(doc.species, elements)
        if grade is not None:
            _require_active_set(doc)
        style = _style_of_commands() if grade is None else []
        if not style and (grade is not None or not Settings().lammps_command):
            plugin = find_plugin()
            style = _style(plugin) if plugin is not None else []
        if not style:
            return PairStyle(commands=[])
        (directory / YACE_FILE).write_bytes(_file(doc, YACE_FILE))
        coefficients = f"pair_coeff * * {YACE_FILE} {' '.join(elements)}"
        return PairStyle([*style, coefficients], is_watched=grade is not None)

    @override
    def grades(self, doc: PotentialDoc, frames: FrameSet) -> FloatArray:
        """Return gamma of each frame, the largest of its atoms."""
        asked = _grader(doc)
        return np.array([asked.ask("grades", frame.to_atoms()).max() for frame in frames])

    @override
    def select(
        self, doc: PotentialDoc, training: FrameSet, candidates: FrameSet, limit: int
    ) -> list[int]:
        """Return the candidates that MaxVol adds to the active set, most needed first."""
        asked = _grader(doc)
        known = {frame.content_hash for frame in training}
        offered = [i for i, frame in enumerate(candidates) if frame.content_hash not in known]
        rows = [asked.ask("coordinates", candidates[i].to_atoms()) for i in offered]
        if not rows:
            return []
        return [offered[i] for i in additions(np.eye(rows[0].shape[1]), rows, limit)]


def _style_of_commands() -> list[str]:
    """Return the pair style that the settings name for their own LAMMPS."""
    settings = Settings()
    if settings.ace_pair_style:
        return [f"pair_style {settings.ace_pair_style}"]
    return _style(settings.ace_plugin) if settings.ace_plugin is not None else []


def _style(plugin: Path) -> list[str]:
    return [f"plugin load {plugin}", "pair_style ace"]


def _evaluator() -> Any:
    return find_installed(ACE, ACE_EVALUATE)


def _file(doc: PotentialDoc, name: str) -> bytes:
    if name not in doc.files:
        held = ", ".join(doc.files) or "no file"
        raise InputError(f"the ACE potential has no {name}, only {held}")
    return doc.files[name]


def _require_active_set(doc: PotentialDoc) -> None:
    origin = _file(doc, ORIGIN_FILE).decode("ascii", errors="replace")
    if origin != sha256_of(_file(doc, B_BASIS_FILE)):
        raise InputError("the active set is that of another potential; compute it again")


def _grader(doc: PotentialDoc) -> ServedCalculator:
    _require_active_set(doc)
    check_files(doc)
    return _graders(_file(doc, B_BASIS_FILE), _file(doc, ACTIVE_SET_FILE), tuple(doc.species))


# a run that is graded as it goes asks for the same potential again and again
@lru_cache(maxsize=2)
def _graders(b_basis: bytes, active_set: bytes, species: tuple[str, ...]) -> ServedCalculator:
    files = {B_BASIS_FILE: b_basis, ACTIVE_SET_FILE: active_set}
    return ServedCalculator(MethodServer(_evaluator(), METHOD, files, {"graded": True}), species)
