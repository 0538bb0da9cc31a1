"""Gaussian approximation potentials: fitted and run by QUIP, graded by their own variance."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from ase.calculators.calculator import Calculator
from typing_extensions import override

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets import FrameSet
from amorph_flows.errors import InputError, WalltimeError
from amorph_flows.hashes import sha256_of_files
from amorph_flows.potentials.base import GradeSettings, PairStyle, register, require_elements
from amorph_flows.potentials.committee import most_uncertain
from amorph_flows.potentials.environments.frames import frames_file
from amorph_flows.potentials.environments.installed import find_installed
from amorph_flows.potentials.environments.pins import GAP
from amorph_flows.potentials.environments.server import MethodServer, ServedCalculator
from amorph_flows.potentials.environments.task import run_task
from amorph_flows.potentials.learned import Fit, LearnedBackend, require_settings
from amorph_flows.potentials.requirements import check_gap
from amorph_flows.potentials.stored import check_files
from amorph_flows.potentials.training_frames import (
    check_elements,
    elements_of,
    lone_atoms,
    require_all,
    require_labels,
)
from amorph_flows.schemas.fits import FitSettings, GAPSettings
from amorph_flows.schemas.potential import PotentialDoc

METHOD = Path(__file__).with_name("_method.py")
FOLDER = "gap"
XML_FILE = "gap.xml"
EDGE_FILE = "edge_of_grades.json"
"""Has the standard deviation that a grade of 1 stands for, and the hash of its potential."""

_EDGE_FRAMES = 200
_EDGE_QUANTILE = 0.99


@register
class GAPBackend(LearnedBackend):
    """Gaussian approximation potentials of pair terms and SOAP kernels.

    The grade of an atom is the standard deviation that the Gaussian process gives its energy, over
    that of the most uncertain training atoms.
    """

    name: ClassVar[str] = "gap"
    settings_type: ClassVar[type[FitSettings]] = GAPSettings
    licence: ClassVar[str] = GAP.terms

    @override
    def check(self) -> None:
        check_gap()

    @override
    def fit(
        self,
        training: FrameSet,
        validation: FrameSet,
        settings: FitSettings,
        start: PotentialDoc | None = None,
    ) -> Fit:
        """Fit by gap_fit in the folder ``gap`` of the current one; each fit starts anew.

        Energies of lone atoms are constants fitted beforehand; they are in the potential's file.
        """
        asked = require_settings(settings, GAPSettings)
        require_labels(training)
        species = elements_of(training, start.species if start is not None else ())
        require_all(training, species)
        check_elements(validation, species)
        installed = find_installed(GAP)
        alone = lone_atoms(training, species)
        folder = Path.cwd() / FOLDER
        unused = {"max_seconds", "choose_on", "backend", "max_steps"}
        end = run_task(
            installed,
            METHOD,
            "fit",
            folder,
            {**asked.model_dump(exclude=unused), "reference_energies": alone},
            files={"training.npz": frames_file(training)},
            max_seconds=asked.max_seconds,
            note="gap_fit",
            threads=asked.threads,
        )
        if end.ended == "walltime":
            raise WalltimeError(
                "gap_fit was stopped before the queue job ends; it has no checkpoints, so give the "
                "job a longer walltime, fewer frames or n_sparse"
            )
        return Fit(
            files={name: (folder / name).read_bytes() for name in end.result["files"]},
            species=species,
            n_parameters=end.result["parameters"],
            cpu_seconds=end.cpu_seconds,
            history=end.history,
            reference_energies_ev=alone,
            versions=dict(installed.method_versions),
        )

    @override
    def grade_files(self, fit: Fit, training: FrameSet, settings: FitSettings) -> dict[str, bytes]:
        """Return the standard deviation of the most uncertain training atoms (0.99 quantile)."""
        if not len(training):
            raise InputError("there are no frames; grades need training frames")
        step = max(1, len(training) // _EDGE_FRAMES)
        asked = ServedCalculator(_server(fit.files, graded=True), fit.species)
        found = [asked.ask("sigmas", frame.to_atoms()) for frame in training[::step]]
        asked.close()
        edge = float(np.quantile(np.concatenate(found), _EDGE_QUANTILE))
        held = {"sigma_ev": edge, "potential": _digest(fit.files)}
        return {EDGE_FILE: json.dumps(held).encode()}

    @override
    def calculator(self, doc: PotentialDoc) -> Calculator:
        """Return QUIP's calculator, in a process of its own."""
        check_files(doc)
        return ServedCalculator(_server(doc.files, graded=False), doc.species)

    @override
    def pair_style(
        self, doc: PotentialDoc, elements: list[str], directory: Path, grade: GradeSettings | None
    ) -> PairStyle:
        """Return no commands: LAMMPS gets its forces and grades from QUIP."""
        require_elements(doc.species, elements)
        if grade is not None:
            _edge(doc)
        return PairStyle(commands=[])

    @override
    def grades(self, doc: PotentialDoc, frames: FrameSet) -> FloatArray:
        edge = _edge(doc)
        check_files(doc)
        files = tuple(sorted(_potential_files(doc.files).items()))
        asked = _grader(files, tuple(doc.species))
        return np.array([asked.ask("sigmas", frame.to_atoms()).max() for frame in frames]) / edge

    @override
    def select(
        self, doc: PotentialDoc, training: FrameSet, candidates: FrameSet, limit: int
    ) -> list[int]:
        """Return the candidates whose grade is above 1, largest first, alike ones once."""
        return most_uncertain(self.grades(doc, candidates), training, candidates, limit)


def _potential_files(files: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in files.items() if name.startswith(XML_FILE)}


def _server(files: dict[str, bytes], *, graded: bool) -> MethodServer:
    held = _potential_files(files)
    if XML_FILE not in held:
        raise InputError(f"the GAP has no {XML_FILE}, only {', '.join(files) or 'no file'}")
    return MethodServer(find_installed(GAP), METHOD, held, {"graded": graded})


def _digest(files: dict[str, bytes]) -> str:
    return sha256_of_files(_potential_files(files))


def _edge(doc: PotentialDoc) -> float:
    if EDGE_FILE not in doc.files:
        raise InputError(f"the GAP has no {EDGE_FILE}, so it has no grades; see `graded`")
    try:
        held: dict[str, Any] = json.loads(doc.files[EDGE_FILE])
        edge, origin = float(held["sigma_ev"]), held["potential"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{EDGE_FILE} of the GAP cannot be read: {error}") from error
    if origin != _digest(doc.files):
        raise InputError("the grades belong to another potential; compute them again")
    return edge


# a run that is graded as it goes asks for the same potential again and again
@lru_cache(maxsize=2)
def _grader(files: tuple[tuple[str, bytes], ...], species: tuple[str, ...]) -> ServedCalculator:
    return ServedCalculator(_server(dict(files), graded=True), species)
