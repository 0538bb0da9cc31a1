"""Classical potentials: charges, pair terms and angle terms with given parameters."""

from amorph_flows.potentials.classical._backend import ClassicalBackend
from amorph_flows.potentials.classical._document import CLASSICAL_NAMES, classical_potential
from amorph_flows.potentials.classical._forms import Buckingham, CoulombOnly, Pedone
from amorph_flows.potentials.classical._parameters import Angle, ClassicalParameters

__all__ = [
    "CLASSICAL_NAMES",
    "Angle",
    "Buckingham",
    "ClassicalBackend",
    "ClassicalParameters",
    "CoulombOnly",
    "Pedone",
    "classical_potential",
]
