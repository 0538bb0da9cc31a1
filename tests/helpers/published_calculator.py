"""The published moment tensor potential as an ASE calculator."""

from __future__ import annotations

from ase.calculators.calculator import Calculator
from published import MGV2O5

from amorph_flows.potentials import get_backend, mtp_potential


def published() -> Calculator:
    """Return its calculator."""
    doc = mtp_potential(MGV2O5 / "pot.mtp", ["Mg", "V", "O"])
    return get_backend("mtp").calculator(doc)
