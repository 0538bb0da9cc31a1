"""Moment tensor potentials fitted, graded and run by motep."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from ase.calculators.calculator import Calculator

from amorph_flows.datasets import Frame, FrameSet
from amorph_flows.errors import InputError, MissingDependencyError
from amorph_flows.potentials.base import Fit, GradeSettings, PairStyle, register
from amorph_flows.potentials.moment_tensor import Gradients, MomentTensorBackend, potential_of
from amorph_flows.potentials.mtp import MTPPotential
from amorph_flows.potentials.start import named_text, starting_potential
from amorph_flows.schemas.potential import FitSettings, PotentialDoc

FloatArray = npt.NDArray[np.float64]


@register
class MotepBackend(MomentTensorBackend):
    """Moment tensor potentials by motep, engine ``cext``.

    LAMMPS has no pair style for it: runs go through the calculator.
    """

    name: ClassVar[str] = "motep"

    def check(self) -> None:
        """Raise `MissingDependencyError` if motep is not installed."""
        if find_spec("motep") is None:
            raise MissingDependencyError("motep", extra="motep")

    def fit(
        self,
        training: FrameSet,
        validation: FrameSet,
        settings: FitSettings,
        start: str | None = None,
    ) -> Fit:
        """Fit a potential: linear least squares, then BFGS over all parameters.

        Parameters
        ----------
        training
            Labelled frames of one engine.
        validation
            Labelled frames that choose the snapshot; may be empty.
        settings
            Level, cutoff, weights and limits.
        start
            Text of the potential to start from; None starts anew. Species may be added.

        Raises
        ------
        InputError
            If there are no labelled frames, the validation frames hold other elements, or
            ``start`` does not fit.
        MissingDependencyError
            If motep is not installed.
        """
        self.check()
        from amorph_flows.potentials.motep.trainer import train

        potential = starting_potential(training, settings, start)
        labelled = validation.labelled()
        _check_elements(labelled, potential.species)
        result = train(potential, training, labelled, settings)
        return Fit(
            potential=named_text(result.potential),
            species=list(potential.species),
            n_parameters=potential.n_parameters,
            cpu_seconds=result.cpu_seconds,
            history=result.history,
        )

    def calculator(self, doc: PotentialDoc) -> Calculator:
        """Return an ASE calculator of energy, forces and stress.

        Parameters
        ----------
        doc
            The potential.
        """
        self.check()
        from amorph_flows.potentials.motep.convert import MotepCalculator

        return MotepCalculator(potential_of(doc))

    def pair_style(
        self,
        doc: PotentialDoc,
        elements: list[str],
        directory: Path,  # noqa: ARG002 part of the contract
        grade: GradeSettings | None,  # noqa: ARG002 part of the contract
    ) -> PairStyle:
        """Return no commands: LAMMPS gets its forces from the calculator.

        Parameters
        ----------
        doc
            The potential.
        elements
            Element symbol of each LAMMPS type, in order.
        directory, grade
            Not used.

        Raises
        ------
        InputError
            If the potential lacks an element.
        """
        if missing := sorted(set(elements) - set(doc.species)):
            raise InputError(
                f"the potential of {', '.join(doc.species)} lacks {', '.join(missing)}"
            )
        return PairStyle(commands=[], grades_in_lammps=False)

    def gradients(self, potential: MTPPotential) -> Gradients:
        """Return what gives the gradients of a frame's atomic energies by all parameters.

        Parameters
        ----------
        potential
            With its species.
        """
        self.check()
        from amorph_flows.potentials.motep.convert import MotepCalculator

        def gradients(frame: Frame) -> FloatArray:
            atoms = frame.to_atoms()
            calculator = MotepCalculator(potential, train=True)
            calculator.calculate(atoms)
            return np.array(calculator.engine.jac_energies(atoms).parameters.T)

        return gradients


def _check_elements(validation: FrameSet, species: tuple[str, ...]) -> None:
    held = {symbol for frame in validation for symbol in frame.to_atoms().get_chemical_symbols()}
    if foreign := sorted(held - set(species)):
        raise InputError(
            f"validation frames hold {', '.join(foreign)}, which no training frame has"
        )
