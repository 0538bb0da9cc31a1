"""Potentials, machine-learned and classical: one interface, and a folder for each method."""

from typing import TYPE_CHECKING

from amorph_flows.lazy import lazy_names

if TYPE_CHECKING:
    from amorph_flows.potentials.ace._backend import ACEBackend
    from amorph_flows.potentials.ace.document import ace_potential
    from amorph_flows.potentials.aenet._backend import AENETBackend
    from amorph_flows.potentials.base import (
        GradeSettings,
        PairStyle,
        PotentialBackend,
        backend_names,
        get_backend,
        register,
    )
    from amorph_flows.potentials.classical import ClassicalBackend, classical_potential
    from amorph_flows.potentials.gap._backend import GAPBackend
    from amorph_flows.potentials.learned import Fit, LearnedBackend, get_learned_backend
    from amorph_flows.potentials.mace._backend import MACEBackend
    from amorph_flows.potentials.mtp._backend import MTPBackend
    from amorph_flows.potentials.mtp.document import mtp_potential
    from amorph_flows.potentials.mtp.motep._backend import MotepBackend
    from amorph_flows.potentials.nequip._backend import NequIPBackend
    from amorph_flows.potentials.pod._backend import PODBackend
    from amorph_flows.potentials.pretrained import pretrained_potential
    from amorph_flows.potentials.requirements import default_settings
    from amorph_flows.potentials.sevenn._backend import SevenNetBackend
    from amorph_flows.potentials.stored import load_calculator, write_lammps
else:
    __getattr__ = lazy_names(
        __name__,
        {
            "ace._backend": ("ACEBackend",),
            "ace.document": ("ace_potential",),
            "aenet._backend": ("AENETBackend",),
            "base": (
                *("GradeSettings", "PairStyle", "PotentialBackend"),
                *("backend_names", "get_backend", "register"),
            ),
            "classical": ("ClassicalBackend", "classical_potential"),
            "gap._backend": ("GAPBackend",),
            "learned": ("Fit", "LearnedBackend", "get_learned_backend"),
            "mace._backend": ("MACEBackend",),
            "mtp._backend": ("MTPBackend",),
            "mtp.document": ("mtp_potential",),
            "mtp.motep._backend": ("MotepBackend",),
            "nequip._backend": ("NequIPBackend",),
            "pod._backend": ("PODBackend",),
            "pretrained": ("pretrained_potential",),
            "requirements": ("default_settings",),
            "sevenn._backend": ("SevenNetBackend",),
            "stored": ("load_calculator", "write_lammps"),
        },
    )

__all__ = [
    "ACEBackend",
    "AENETBackend",
    "ClassicalBackend",
    "Fit",
    "GAPBackend",
    "GradeSettings",
    "LearnedBackend",
    "MACEBackend",
    "MTPBackend",
    "MotepBackend",
    "NequIPBackend",
    "PODBackend",
    "PairStyle",
    "PotentialBackend",
    "SevenNetBackend",
    "ace_potential",
    "backend_names",
    "classical_potential",
    "default_settings",
    "get_backend",
    "get_learned_backend",
    "load_calculator",
    "mtp_potential",
    "pretrained_potential",
    "register",
    "write_lammps",
]
