"""ASE calculator of a potential that LAMMPS in this process runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from ase import Atoms
from ase.calculators.calculator import Calculator, all_changes
from typing_extensions import override

from amorph_flows.errors import CalculationError
from amorph_flows.potentials.in_process._instance import InProcessLammps
from amorph_flows.potentials.in_process._potential import NativePotential


class LammpsCalculator(Calculator):
    """Energy, forces and stress of a potential, by one LAMMPS in this process.

    Any cell works: triclinic, narrower than the cutoff, open in some or all directions.

    Parameters
    ----------
    potential
        The potential.
    """

    implemented_properties: ClassVar[list[str]] = [
        "energy", "free_energy", "energies", "forces", "stress",
    ]  # fmt: skip

    def __init__(self, potential: NativePotential[Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.potential = potential
        basis = potential.basis
        self._lammps = InProcessLammps(basis.species, basis.cutoff, potential)

    @override
    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Sequence[str] = ("energy",),
        system_changes: Sequence[str] = tuple(all_changes),
    ) -> None:
        """Compute all properties at once.

        An element that is not among the species raises an `InputError`, a result that is not
        finite a `CalculationError`.
        """
        super().calculate(atoms, properties, system_changes)
        results = self._lammps.results(self.atoms)
        if not np.isfinite(results["energy"]) or not np.all(np.isfinite(results["forces"])):
            raise CalculationError(
                f"the potential gives no finite energy or forces for {self.atoms.symbols}; "
                "do two atoms coincide?"
            )
        if not (all(self.atoms.pbc) and self.atoms.cell.rank == 3):
            del results["stress"]
        self.results = results
