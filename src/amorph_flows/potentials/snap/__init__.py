"""SNAP and quadratic SNAP: bispectrum components by LAMMPS, own least squares, native MD.

Sources: A. Thompson et al., J. Comput. Phys. 285 (2015) 316; M. Wood and A. Thompson, J. Chem.
Phys. 148 (2018) 241721.
"""

from __future__ import annotations

from amorph_flows.potentials.snap._calculator import SnapCalculator
from amorph_flows.potentials.snap._fit import SnapFit, fit_snap
from amorph_flows.potentials.snap._potential import SnapPotential, parse_snap
from amorph_flows.schemas.fits import SnapSettings

__all__ = ["SnapCalculator", "SnapFit", "SnapPotential", "SnapSettings", "fit_snap", "parse_snap"]
