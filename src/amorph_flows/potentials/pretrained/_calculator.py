"""The calculator of a pretrained potential: a model with its zero of energy moved."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from typing_extensions import override

from amorph_flows.potentials.base import require_elements


class ShiftedCalculator(Calculator):
    """Energy of another calculator plus a constant for each atom of an element.

    Parameters
    ----------
    model
        The calculator.
    species
        Element symbols that it is for.
    shifts_ev
        The constants, eV.
    """

    implemented_properties: ClassVar[list[str]] = ["energy", "forces", "stress"]

    def __init__(self, model: Calculator, species: list[str], shifts_ev: dict[str, float]) -> None:
        super().__init__()
        self.model = model
        self.species = species
        self.shifts_ev = shifts_ev

    @override
    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Any = None,
        system_changes: Any = all_changes,
    ) -> None:
        super().calculate(atoms, properties, system_changes)
        symbols = self.atoms.get_chemical_symbols()
        require_elements(self.species, symbols)
        known = self.model.implemented_properties
        wanted = {"energy", *(name for name in properties or () if name in known)}
        self.model.calculate(self.atoms.copy(), sorted(wanted), all_changes)
        shift = sum(self.shifts_ev.get(symbol, 0.0) for symbol in symbols)
        found: dict[str, Any] = dict(self.model.results)
        moved: dict[str, Any] = {"energy": found["energy"] + shift}
        moved |= {name: np.array(found[name]) for name in ("forces", "stress") if name in found}
        self.results = moved
