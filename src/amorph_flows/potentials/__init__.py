"""Machine-learned potentials: one contract, one folder a method."""

from __future__ import annotations

import shutil

from amorph_flows.potentials.base import (
    Fit,
    GradeSettings,
    PairStyle,
    PotentialBackend,
    get_backend,
    register,
)
from amorph_flows.potentials.mtp.backend import MTPBackend
from amorph_flows.potentials.mtp.motep.backend import MotepBackend
from amorph_flows.potentials.stored import load_calculator, write_lammps
from amorph_flows.settings import Settings

__all__ = [
    "Fit",
    "GradeSettings",
    "MTPBackend",
    "MotepBackend",
    "PairStyle",
    "PotentialBackend",
    "default_backend",
    "get_backend",
    "load_calculator",
    "register",
    "write_lammps",
]


def default_backend() -> str:
    """Return the backend to use here: ``"mtp"`` where there is a compiler, else ``"motep"``."""
    return "mtp" if shutil.which(Settings().compiler) else "motep"
