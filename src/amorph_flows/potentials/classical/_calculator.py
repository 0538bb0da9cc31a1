"""The ASE calculator of a classical potential: LAMMPS in this process."""

from __future__ import annotations

import shutil
import weakref
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from ase import Atoms
from ase.calculators.calculator import all_changes
from ase.calculators.lammpslib import LAMMPSlib

from amorph_flows.errors import InputError
from amorph_flows.potentials.balance import require_neutral
from amorph_flows.potentials.base import require_elements
from amorph_flows.potentials.classical._lammps import lammps_commands
from amorph_flows.potentials.classical._parameters import ClassicalParameters
from amorph_flows.upstream.lammps import load_mpi


class ClassicalCalculator(LAMMPSlib):
    """Energy, forces and stress of cells that are periodic in three directions.

    Parameters
    ----------
    parameters
        The potential.
    """

    def __init__(self, parameters: ClassicalParameters) -> None:
        load_mpi()
        elements = list(parameters.elements.values())
        home = Path(mkdtemp(prefix="amorph-classical-"))
        weakref.finalize(self, shutil.rmtree, home, ignore_errors=True)
        self._charges = dict(zip(elements, parameters.charges.values(), strict=True))
        charges = enumerate(parameters.charges.values(), start=1)
        super().__init__(
            lmpcmds=lammps_commands(parameters, elements, home, prefix=f"{home}/"),
            atom_types={element: n for n, element in enumerate(elements, start=1)},
            lammps_header=[
                "units metal",
                "atom_style charge",
                "atom_modify map array sort 0 0",
                "box tilt large",
            ],
            amendments=[f"set type {n} charge {charge!r}" for n, charge in charges],
            keep_alive=True,
        )

    def calculate(
        self,
        atoms: Atoms | None = None,
        properties: Any = None,
        system_changes: Any = all_changes,
    ) -> None:
        """Compute everything.

        Raises
        ------
        InputError
            If the potential lacks an element, the charges do not balance, or the cell is not
            periodic.
        """
        atoms = self.atoms if atoms is None else atoms
        require_elements(self._charges, atoms.symbols)
        if not all(atoms.pbc):
            raise InputError(f"pbc is {atoms.pbc.tolist()}; classical potentials need [True] * 3")
        require_neutral(atoms.symbols, self._charges)
        super().calculate(atoms, properties, system_changes)
