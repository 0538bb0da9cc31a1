"""Moment tensor potentials fitted, graded and run by the compiled kernel."""

from __future__ import annotations

import os
from collections.abc import Callable
from math import ceil
from pathlib import Path
from typing import ClassVar

from ase.calculators.calculator import Calculator
from typing_extensions import override

from amorph_flows.datasets import FrameSet
from amorph_flows.potentials.base import (
    GRADES_FILE,
    GradeSettings,
    PairStyle,
    register,
    require_elements,
)
from amorph_flows.potentials.d_optimality import ACTIVE_SET_FILE, Gradients
from amorph_flows.potentials.frame_weights import FrameWeights
from amorph_flows.potentials.mtp._calculator import MTPCalculator
from amorph_flows.potentials.mtp._file import MTPPotential
from amorph_flows.potentials.mtp._moment_tensor import (
    POTENTIAL_FILE,
    MomentTensorBackend,
    Trained,
    potential_of,
)
from amorph_flows.potentials.mtp._settings import TrainingSettings
from amorph_flows.potentials.mtp._trainer import MTPTrainer, Progress
from amorph_flows.potentials.mtp.motep._backend import MotepBackend
from amorph_flows.potentials.mtp.plugin import build_plugin
from amorph_flows.potentials.mtp.training_kernel import TrainingKernel
from amorph_flows.potentials.requirements import check_mtp, has_compiler
from amorph_flows.runtime.progress import report_progress
from amorph_flows.schemas.fits import MTPSettings
from amorph_flows.schemas.potential import PotentialDoc
from amorph_flows.settings import Settings

_NEVER = 1e100
_BLOCK_STEPS = 40


@register
class MTPBackend(MomentTensorBackend):
    """Moment tensor potentials by one C++ kernel, compiled on first use.

    Without a compiler nothing can be fitted, but a potential that is there runs by motep.
    """

    name: ClassVar[str] = "mtp"
    licence: ClassVar[str] = "BSD-3-Clause"
    packages: ClassVar[tuple[str, ...]] = ("amorph-flows",)

    @override
    def check(self) -> None:
        check_mtp()

    @override
    def train(
        self,
        potential: MTPPotential,
        training: FrameSet,
        validation: FrameSet,
        settings: MTPSettings,
    ) -> Trained:
        of_frames = FrameWeights(training, settings)
        trainer = MTPTrainer(
            potential,
            training.to_atoms(),
            _optimiser(settings),
            validation.to_atoms(),
            settings,
            (of_frames.of(training), of_frames.of(validation)),
        )
        result = trainer.train(settings.max_seconds, settings.seed, _reporter(settings))
        return Trained(result.potential, result.history, result.history[-1][0], result.ended)

    @override
    def calculator(self, doc: PotentialDoc) -> Calculator:
        if not has_compiler():
            return MotepBackend().calculator(doc)
        return MTPCalculator(potential_of(doc))

    @override
    def pair_style(
        self, doc: PotentialDoc, elements: list[str], directory: Path, grade: GradeSettings | None
    ) -> PairStyle:
        """Write the potential into a folder and return LAMMPS's input lines.

        There are none without a compiler and without a plugin in the settings: LAMMPS then gets its
        forces from the calculator.
        """
        require_elements(doc.species, elements)
        plugin = Settings().mtp_plugin
        if plugin is None and not has_compiler():
            return PairStyle(commands=[])
        plugin = plugin or build_plugin()
        (directory / POTENTIAL_FILE).write_bytes(doc.files[POTENTIAL_FILE])
        style = "pair_style mtp"
        if grade is not None:
            self.active_set(doc).write(directory / ACTIVE_SET_FILE)
            style = _graded_style(grade)
        numbers = " ".join(str(doc.species.index(element)) for element in elements)
        coefficients = f"pair_coeff * * {POTENTIAL_FILE} {numbers}"
        return PairStyle([f"plugin load {plugin}", style, coefficients])

    @override
    def gradients(self, potential: MTPPotential) -> Gradients:
        if not has_compiler():
            return MotepBackend().gradients(potential)
        return lambda frame: TrainingKernel(potential, [frame.to_atoms()]).atom_gradients(0)


def _graded_style(grade: GradeSettings) -> str:
    """Return the pair style that grades and writes the grades to `GRADES_FILE`."""
    save_file = grade.save_file if grade.save else os.devnull
    stop = _NEVER if grade.stop is None else min(grade.stop, _NEVER)
    return (
        f"pair_style mtp/extrapolation {ACTIVE_SET_FILE} {save_file} every {grade.every} "
        f"select {grade.select:.10g} break {stop:.10g} grades {GRADES_FILE}"
    )


def _optimiser(settings: MTPSettings) -> TrainingSettings:
    max_blocks = ceil(settings.max_steps / _BLOCK_STEPS)
    return TrainingSettings(
        block_steps=ceil(settings.max_steps / max_blocks), max_blocks=max_blocks
    )


def _reporter(settings: MTPSettings) -> Callable[[Progress], None]:
    def report(progress: Progress) -> None:
        share = max(progress.steps / settings.max_steps, progress.seconds / settings.max_seconds)
        report_progress(min(99, int(100 * share)), 100, f"fit, loss {progress.loss:.4g}")

    return report
