"""Moment tensor potentials: one C++ kernel to fit, run and grade them."""

from __future__ import annotations

from amorph_flows.potentials.mtp.active_set import ActiveSet
from amorph_flows.potentials.mtp.calculator import MTPCalculator
from amorph_flows.potentials.mtp.extrapolation import active_set, atom_grades, grades
from amorph_flows.potentials.mtp.file import MTPPotential, parse_mtp, read_mtp
from amorph_flows.potentials.mtp.loss import TrainingErrors
from amorph_flows.potentials.mtp.plugin import build_plugin
from amorph_flows.potentials.mtp.settings import TrainingSettings
from amorph_flows.potentials.mtp.trainer import MTPTrainer, Progress, TrainingResult
from amorph_flows.potentials.mtp.untrained import add_species, untrained

__all__ = [
    "ActiveSet",
    "MTPCalculator",
    "MTPPotential",
    "MTPTrainer",
    "Progress",
    "TrainingErrors",
    "TrainingResult",
    "TrainingSettings",
    "active_set",
    "add_species",
    "atom_grades",
    "build_plugin",
    "grades",
    "parse_mtp",
    "read_mtp",
    "untrained",
]
