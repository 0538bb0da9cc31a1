"""ASE calculator of a SNAP potential."""

from __future__ import annotations

from amorph_flows.potentials.in_process import LammpsCalculator


class SnapCalculator(LammpsCalculator):
    """Energy, forces and stress of a `SnapPotential`, by one LAMMPS in this process."""
