"""Moment tensor potentials fitted, graded and run by motep."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import numpy as np
from ase.calculators.calculator import Calculator
from typing_extensions import override

from amorph_flows.arrays import FloatArray
from amorph_flows.datasets import Frame, FrameSet
from amorph_flows.potentials.base import GradeSettings, PairStyle, register, require_elements
from amorph_flows.potentials.d_optimality import Gradients
from amorph_flows.potentials.mtp import MTPPotential
from amorph_flows.potentials.mtp._moment_tensor import (
    MomentTensorBackend,
    Trained,
    potential_of,
)
from amorph_flows.potentials.requirements import check_motep
from amorph_flows.schemas.fits import MTPSettings
from amorph_flows.schemas.potential import PotentialDoc


@register
class MotepBackend(MomentTensorBackend):
    """Moment tensor potentials by motep, engine ``cext``.

    LAMMPS has no pair style for it: runs go through the calculator.
    """

    name: ClassVar[str] = "motep"
    licence: ClassVar[str] = "MIT"
    packages: ClassVar[tuple[str, ...]] = ("motep",)

    @override
    def check(self) -> None:
        check_motep()

    @override
    def train(
        self,
        potential: MTPPotential,
        training: FrameSet,
        validation: FrameSet,
        settings: MTPSettings,
    ) -> Trained:
        from amorph_flows.potentials.mtp.motep._trainer import train

        return train(potential, training, validation, settings)

    @override
    def calculator(self, doc: PotentialDoc) -> Calculator:
        self.check()
        from amorph_flows.potentials.mtp.motep._calculator import MotepCalculator

        return MotepCalculator(potential_of(doc))

    @override
    def pair_style(
        self,
        doc: PotentialDoc,
        elements: list[str],
        directory: Path,
        grade: GradeSettings | None,
    ) -> PairStyle:
        """Return no commands: LAMMPS gets its forces from the calculator."""
        require_elements(doc.species, elements)
        return PairStyle(commands=[])

    @override
    def gradients(self, potential: MTPPotential) -> Gradients:
        self.check()
        from amorph_flows.potentials.mtp.motep._calculator import MotepCalculator

        def gradients(frame: Frame) -> FloatArray:
            atoms = frame.to_atoms()
            calculator = MotepCalculator(potential, train=True)
            calculator.calculate(atoms)
            return np.array(calculator.engine.jac_energies(atoms).parameters.T)

        return gradients
