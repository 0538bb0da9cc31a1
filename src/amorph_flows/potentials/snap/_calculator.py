"""ASE calculator of a SNAP potential."""

from __future__ import annotations

from typing import Any

from amorph_flows.potentials.in_process import LammpsCalculator
from amorph_flows.potentials.snap._potential import SnapPotential


class SnapCalculator(LammpsCalculator):
    """Energy, forces and stress of a SNAP potential, by one LAMMPS in this process.

    Any cell works: triclinic, narrower than the cutoff, open in some or all directions.

    Parameters
    ----------
    potential
        The potential.
    """

    def __init__(self, potential: SnapPotential, **kwargs: Any) -> None:
        super().__init__(potential, potential.basis.species, potential.basis.cutoff, **kwargs)
        self.potential = potential
