"""What VASP tells of one configuration."""

from __future__ import annotations

from dataclasses import dataclass

from amorph_flows.arrays import FloatArray


@dataclass(frozen=True)
class IonicStep:
    """What VASP computed for one configuration.

    Parameters
    ----------
    cell
        Row vectors, Å, shape ``(3, 3)``.
    scaled
        Positions in the cell, shape ``(n_atoms, 3)``.
    free_ev, without_entropy_ev, sigma_zero_ev
        F, E and E₀, eV.
    forces
        eV/Å, shape ``(n_atoms, 3)``.
    stress_kb
        VASP's sign: positive when the cell wants to grow; None where it is not computed.
    electronic_steps
        How many.
    kinetic_ev
        Of ions, MD only.
    """

    cell: FloatArray
    scaled: FloatArray
    free_ev: float
    without_entropy_ev: float
    sigma_zero_ev: float
    forces: FloatArray
    stress_kb: FloatArray | None
    electronic_steps: int
    kinetic_ev: float | None = None
