"""Moment tensor potentials: files, grades, and two trainers, a C++ kernel and motep."""

from __future__ import annotations

from amorph_flows.potentials.mtp.active_set import ActiveSet
from amorph_flows.potentials.mtp.calculator import MTPCalculator
from amorph_flows.potentials.mtp.file import MTPPotential, parse_mtp, read_mtp
from amorph_flows.potentials.mtp.plugin import build_plugin
from amorph_flows.potentials.mtp.selection import active_set
from amorph_flows.potentials.mtp.settings import TrainingSettings
from amorph_flows.potentials.mtp.trainer import MTPTrainer, Progress, TrainingResult
from amorph_flows.potentials.mtp.untrained import untrained

__all__ = [
    "ActiveSet",
    "MTPCalculator",
    "MTPPotential",
    "MTPTrainer",
    "Progress",
    "TrainingResult",
    "TrainingSettings",
    "active_set",
    "build_plugin",
    "parse_mtp",
    "read_mtp",
    "untrained",
]
