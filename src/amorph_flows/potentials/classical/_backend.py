"""Classical potentials: parameters that are given, run by LAMMPS's own pair styles."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from ase.calculators.calculator import Calculator
from typing_extensions import override

from amorph_flows.errors import InputError
from amorph_flows.potentials.base import (
    GradeSettings,
    PairStyle,
    PotentialBackend,
    register,
    require_elements,
)
from amorph_flows.potentials.classical._lammps import lammps_commands
from amorph_flows.potentials.classical._parameters import (
    PARAMETER_FILE,
    ClassicalParameters,
    parse_parameters,
)
from amorph_flows.potentials.requirements import check_lammps_package
from amorph_flows.schemas.potential import PotentialDoc


@register
class ClassicalBackend(PotentialBackend):
    """Charges, pair terms and angle terms; `classical_potential` makes the documents."""

    name: ClassVar[str] = "classical"

    @override
    def check(self) -> None:
        check_lammps_package()

    @override
    def calculator(self, doc: PotentialDoc) -> Calculator:
        self.check()
        from amorph_flows.potentials.classical._calculator import ClassicalCalculator

        return ClassicalCalculator(_parameters(doc))

    @override
    def pair_style(
        self, doc: PotentialDoc, elements: list[str], directory: Path, grade: GradeSettings | None
    ) -> PairStyle:
        if grade is not None:
            raise InputError(
                f"the classical potential {doc.engine.name!r} is not fitted and has no "
                "extrapolation grades; run it without (grade_every: 0)"
            )
        parameters = _parameters(doc)
        charges = dict(zip(parameters.elements.values(), parameters.charges.values(), strict=True))
        require_elements(charges, elements)
        return PairStyle(
            commands=lammps_commands(parameters, elements, directory),
            charges={element: charges[element] for element in elements},
        )


def _parameters(doc: PotentialDoc) -> ClassicalParameters:
    text = doc.files[PARAMETER_FILE].decode("utf-8")
    return parse_parameters(text, f"the potential {doc.engine.name!r}")
